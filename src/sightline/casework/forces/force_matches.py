"""The results of comparisons with other forces: the leads or subscribers of ours that another force has, too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sightline.ledger.append import encode_canonical
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import Verb
from sightline.storage.rows import Force, ForceMatches
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Change


@dataclass(frozen=True, slots=True, order=True)
class OtherForce:
    """That another force has a lead, too. `force`: its code; empty if an exchange answered, which does not name it.

    `what`: what both have, such as `addresses`. `as_of`: the month of the exchange's key, or the day of the comparison.
    """

    force: str
    what: str
    as_of: str

    def to_json(self) -> dict[str, str | None]:
        """Return it as JSON."""
        return {"force": self.force or None, "what": self.what, "as_of": self.as_of}

    def describe(self) -> str:
        """Return it in words."""
        thing = {"addresses": "address and day", "subscribers": "subscriber", "accounts": "account", "files": "file"}
        return f"{self.force or 'another force'} has the same {thing[self.what]} ({self.as_of})"


def record_matches(
    change: Change, force_id: str | None, period: str, what: str, matches: Mapping[str, Iterable[str]]
) -> ForceMatches:
    """Record the result of a comparison: our ids by pseudonym. An empty one says that nothing is shared any more."""
    listed = encode_canonical({pseudonym: sorted(ids) for pseudonym, ids in matches.items()})
    force_matches = ForceMatches(
        make_id(change.now), force_id, period, what, listed, change.now_us, change.signer.officer_id
    )
    change.add(Verb.FORCE_MATCHES_RECORDED, force_matches, what=what, both=len(matches))
    return force_matches


def list_matches(tables: Tables) -> dict[str, set[OtherForce]]:
    """Return the forces that have each lead or subscriber, by the newest comparison of each force, period and kind.

    An id is as it was when it was compared: a lead may have another one now.
    """
    codes = {force.force_id: force.code for force in tables[Force].select()}
    newest: dict[tuple[str, str, str], ForceMatches] = {}
    for force_matches in sorted(tables[ForceMatches].select(), key=lambda each: (each.recorded_at_us, each.matches_id)):
        newest[codes.get(force_matches.force_id or "", ""), force_matches.period, force_matches.what] = force_matches
    result: dict[str, set[OtherForce]] = {}
    for (code, period, what), force_matches in newest.items():
        other = OtherForce(code, what, period or f"{to_instant(force_matches.recorded_at_us):%Y-%m-%d}")
        for ids in json.loads(force_matches.matches_json).values():
            for id_ in ids:
                result.setdefault(id_, set()).add(other)
    return result
