"""How addresses and identities leave the record: masked, unless an officer opens them for a reason.

One rule for every way out, on the command line, in the web app, in files and reports:

- `open_addresses` and `open_identities` open one by one: the journal has each with its reason first, and an officer
  opens at most so many on a day.
- A file or a stream with several is an export: two officers, for exactly these (`require_export`). The journal then
  keeps which they are, how many, and the digest of what left (`record_export`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sightline.casework import approvals
from sightline.casework.access import Action
from sightline.casework.input_checks import require_reason
from sightline.casework.officer_session import OfficerSession
from sightline.errors import NotAllowed
from sightline.ledger.instants import microseconds
from sightline.ledger.sealing import ToSee
from sightline.ledger.verbs import Seen, Verb
from sightline.storage.rows import Approval
from sightline.storage.rows import Seen as JournalRow
from sightline.storage.table import Tables

A_DAY: Mapping[Seen, int] = {Seen.VIEW_ADDRESS: 100, Seen.VIEW_IDENTITY: 20}
"""How many addresses, and how many identities, an officer may open on one day, in UTC."""
CALLED: Mapping[Seen, str] = {Seen.VIEW_ADDRESS: "addresses", Seen.VIEW_IDENTITY: "identities"}
DAY_US = 86_400_000_000
MOST_NAMED = 200
"""How many ids the journal names; of more it keeps the digest, the choice and the generation, which give them."""
OPEN_MANY: Mapping[Seen, Action] = {
    Seen.VIEW_ADDRESS: Action.ADDRESS_EXPORT,
    Seen.VIEW_IDENTITY: Action.IDENTITY_EXPORT,
}


EXPORTED: Mapping[Seen, Verb] = {
    Seen.VIEW_ADDRESS: Verb.ADDRESSES_EXPORTED,
    Seen.VIEW_IDENTITY: Verb.IDENTITIES_EXPORTED,
}


@dataclass(frozen=True, slots=True)
class Export:
    """What leaves whole: `kind` of `ids` (leads, subscribers), chosen by `query`, out of `origin` (a generation)."""

    thing: str
    kind: str
    ids: Sequence[str]
    query: str
    origin: str

    @property
    def request(self) -> approvals.Request:
        """What exactly two officers agree to."""
        return {
            "of": self.thing,
            self.kind: len(self.ids),
            "ids_sha256": ids_digest(self.ids),
            "query": self.query or "all",
            "origin": self.origin,
        }


def ids_digest(ids: Sequence[str]) -> str:
    """SHA-256 over ids in their order of letters, each with a line feed."""
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(ids)).encode()).hexdigest()


def open_addresses(officer_session: OfficerSession, things: Sequence[str], why: str) -> str:
    """Let an officer see the addresses of things (`lead:ID`): the journal has each first. Gives the reason.

    Raises UsageError for no reason, and NotAllowed above the maximum of a day.
    """
    return _open(officer_session, Action.ADDRESS_OPEN, Seen.VIEW_ADDRESS, things, why)


def open_identities(officer_session: OfficerSession, things: Sequence[str], why: str) -> str:
    """The same of identities (`subscriber:ID`)."""
    return _open(officer_session, Action.IDENTITY_OPEN, Seen.VIEW_IDENTITY, things, why)


def require_export(officer_session: OfficerSession, seen: Seen, export: Export, why: str) -> Approval | None:
    """Let an officer write out whole addresses (`view:address`) or identities; what two officers agreed to.

    A single one is opened, and None is given. Raises UsageError, and NotAllowed until a second officer agreed.
    """
    action, said = OPEN_MANY[seen], require_reason(why, "--why")
    if len(export.ids) <= 1:
        single = {Seen.VIEW_ADDRESS: open_addresses, Seen.VIEW_IDENTITY: open_identities}[seen]
        single(officer_session, [f"{export.kind.removesuffix('s')}:{one}" for one in export.ids], said)
        return None
    officer_session.require(action, export.thing)
    return approvals.require_given(officer_session, action, export.thing, export.request, said)


def record_export(
    officer_session: OfficerSession, seen: Seen, export: Export, why: str, sha256: str | None, by: Approval | None
) -> None:
    """Use what two officers agreed to, and tell the journal what leaves, before it does.

    `sha256`: of the file, or None for standard output. Raises NotAllowed where the approval was used meanwhile.
    """
    if by is not None:
        facts: dict[str, str | int] = {"ids_sha256": ids_digest(export.ids), "count": len(export.ids)}
        facts |= {} if sha256 is None else {"sha256": sha256}
        with officer_session.change(OPEN_MANY[seen], export.thing) as change:
            approvals.use(change, by)
            change.ledger.append(EXPORTED[seen], change.signer, export.thing, facts=facts, tells={"why": why})
    named = f": {' '.join(export.ids)}" if 0 < len(export.ids) <= MOST_NAMED else ""
    digest = f"SHA-256 {sha256}" if sha256 else "to standard output"
    approved = f"; approval {by.approval_id}" if by is not None else ""
    text = (
        f"{why}; {len(export.ids)} {export.kind} of {export.query or 'all'}, {export.origin}, whole, {digest}; "
        f"ids SHA-256 {ids_digest(export.ids)}{named}{approved}"
    )
    officer_session.workspace.see(
        officer_session.officer.officer_id, Seen.EXPORT_LEADS, export.thing, text, officer_session.clock()
    )


def record_masked(officer_session: OfficerSession, export: Export, why: str | None, sha256: str | None) -> None:
    """Tell the journal what leaves masked, before it does."""
    reason = f"{why}; " if why else ""
    digest = f", SHA-256 {sha256}" if sha256 else ", to standard output"
    text = f"{reason}{len(export.ids)} {export.kind} of {export.query or 'all'}, {export.origin}, masked{digest}"
    officer_session.workspace.see(
        officer_session.officer.officer_id, Seen.EXPORT_LEADS, export.thing, text, officer_session.clock()
    )


def opened_today(officer_session: OfficerSession, seen: Seen = Seen.VIEW_IDENTITY) -> int:
    """How many addresses or identities the journal has as opened by the officer today, in UTC."""
    with officer_session.workspace.reading() as tables:
        return len(_opened(tables, seen, officer_session.officer.officer_id, microseconds(officer_session.clock())))


def _open(officer_session: OfficerSession, action: Action, seen: Seen, things: Sequence[str], why: str) -> str:
    said = require_reason(why, "--why")
    about = things[0] if len(things) == 1 else f"{things[0].partition(':')[0]}:many" if things else "record:all"
    officer_session.require(action, about)
    at_us, who = microseconds(officer_session.clock()), officer_session.officer.officer_id
    rows = [ToSee(at_us, who, seen.value, one, said) for one in dict.fromkeys(things)]

    def require_below_maximum(tables: Tables) -> None:
        before, most = _opened(tables, seen, who, at_us), A_DAY[seen]
        if len(before | {one.thing for one in rows}) > most:
            what = CALLED[seen]
            raise NotAllowed(
                f"{officer_session.officer.name} opened {len(before)} {what} today and asks for {len(rows)}: "
                f"{most} are the most",
                hint="another officer of the case opens it, or you tomorrow; many at once take two officers",
            )

    with officer_session.keeping_refusals(Seen.REFUSED_CAP, about):
        officer_session.workspace.see_all_if(rows, require_below_maximum)
    return said


def _opened(tables: Tables, seen: Seen, officer_id: str, now_us: int) -> set[str]:
    """The things that an officer opened on the day of an instant, in UTC."""
    rows = tables[JournalRow]
    found = rows.each(
        rows.column("actor") == officer_id,
        rows.column("verb") == seen.value,
        rows.column("at_us") >= now_us - now_us % DAY_US,
    )
    # A purge of what another force referred empties rows by its thing: each opening of one of its leads counts.
    return {f"{one.thing}/{one.seq}" if one.thing.startswith("incoming:") else one.thing for one in found}
