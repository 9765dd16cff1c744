"""The lists that a feed was read with, and the parts from which others took effect."""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from sightline.casework.reference_data.list_series import is_same_series
from sightline.errors import UntrustedList
from sightline.storage.rows import FeedPart, IssuerKey, ListSignature, RunList
from sightline.storage.table import Tables

CHANGES = 100
"""Most changes of a feed that are shown, the newest."""


class RevokedMeanwhile(UntrustedList):
    """The key of a list was revoked after the list was opened, and before the part was registered."""


@dataclass(frozen=True, slots=True)
class ListChange:
    """The lists that count from a part of a feed on, in words.

    `without`: those whose key was revoked before it. `expired`: those that expired before it, without a newer version.
    `is_newer`: whether a list is among them that was not, so that earlier lines were not compared with it.
    """

    part: int
    is_position: bool
    offset: int
    file: str
    lists: tuple[str, ...]
    without: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    is_newer: bool = False

    def format_text(self) -> str:
        """Return the change as one text."""
        unit = "position" if self.is_position else "byte"
        text = f"from part {self.part} on ({unit} {self.offset} of {self.file}): {', '.join(self.lists)}"
        if self.without:
            text += f"; without {', '.join(self.without)}, because the key of its issuer was revoked"
        if self.expired:
            text += f"; without {', '.join(self.expired)}, because it has expired: ask its issuer for a newer one"
        return text


@dataclass(frozen=True, slots=True)
class KnownLists:
    """The signatures of lists by their id, and when the keys of issuers were revoked, by the id of the key."""

    signatures: Mapping[str, ListSignature] = field(default_factory=dict)
    revoked_us: Mapping[str, int] = field(default_factory=dict)

    def is_revoked(self, run_list: RunList, by_us: int) -> bool:
        """Return whether the key that signed a list was revoked by then."""
        signature = self.signatures.get(run_list.signature_id or "")
        return signature is not None and self.revoked_us.get(signature.key_id, by_us + 1) <= by_us

    def is_expired(self, run_list: RunList, by_us: int, lists: Sequence[RunList]) -> bool:
        """Return whether a list expired by then, and no other version of its series is among `lists`."""
        signature = self.signatures.get(run_list.signature_id or "")
        if signature is None or signature.valid_until_us > by_us or self.is_revoked(run_list, by_us):
            return False
        others = [other for each in lists if (other := self.signatures.get(each.signature_id or "")) is not None]
        return not any(is_same_series(signature, other) for other in others)


@dataclass(slots=True)
class ListChanges:
    """The changes of one feed, oldest first. The first is that of its first part."""

    changes: deque[ListChange] = field(default_factory=lambda: deque(maxlen=CHANGES))
    _lists: tuple[RunList, ...] = ()

    def add(self, part: FeedPart, lists: Sequence[RunList], known: KnownLists) -> ListChange | None:
        """Take the lists of the next part. Return the change, if they are other ones than those before."""
        was, self._lists = self._lists, tuple(lists)
        signatures = [run_list.signature_id for run_list in lists]
        if signatures == [run_list.signature_id for run_list in was]:
            return None
        gone = [run_list for run_list in was if run_list.signature_id not in signatures]
        at_us = part.registered_at_us
        change = ListChange(
            part.number,
            "://" in part.file,
            part.first_offset,
            PurePath(part.file).name,
            tuple(_describe(run_list, known) for run_list in lists),
            tuple(_describe(run_list, known) for run_list in gone if known.is_revoked(run_list, at_us)),
            tuple(_describe(run_list, known) for run_list in gone if known.is_expired(run_list, at_us, lists)),
            bool(was) and any(run_list.list_id not in {each.list_id for each in was} for run_list in lists),
        )
        self.changes.append(change)
        return change


def format_rescan_command(folder: str, source: str, authority: str, more: Sequence[str] = ()) -> str:
    """Return the command that reads the retained parts of a feed again, for a shell. `more`: further options."""
    return shlex.join(["sightline", "scan", folder, "--source", source, "--authority", authority, *more])


def group_lists_by_run(tables: Tables, run_ids: Sequence[str]) -> dict[str, list[RunList]]:
    """Return the lists of runs by the id of the run, in the order of each run."""
    result: dict[str, list[RunList]] = {run_id: [] for run_id in run_ids}
    for run_list in tables[RunList].select_within("run_id", sorted(set(run_ids))):
        result[run_list.run_id].append(run_list)
    return {run_id: sorted(lists, key=lambda one: one.position) for run_id, lists in result.items()}


def read_known_lists(tables: Tables) -> KnownLists:
    """Return the signatures of lists, and the keys that were revoked."""
    keys = tables[IssuerKey].select()
    return KnownLists(
        {signature.signature_id: signature for signature in tables[ListSignature].select()},
        {key.key_id: key.revoked_at_us for key in keys if key.revoked_at_us is not None},
    )


def require_keys_in_force(tables: Tables, run_id: str) -> None:
    """Raise RevokedMeanwhile if a list of a run was signed with a key that is revoked now."""
    known = read_known_lists(tables)
    for run_list in tables[RunList].select(run_id=run_id):
        signature = known.signatures.get(run_list.signature_id or "")
        if signature is None or signature.key_id in known.revoked_us:
            raise RevokedMeanwhile(
                f"the list {run_list.list_id[:12]} of {run_list.issuer}: its key was revoked while a part was read",
                hint="the part was not registered with it; start the watch again with lists of trusted issuers",
            )


def _describe(run_list: RunList, known: KnownLists) -> str:
    signature = known.signatures.get(run_list.signature_id or "")
    version = f" {signature.version}" if signature is not None and signature.version else ""
    return f"{run_list.issuer}{version} ({run_list.list_id[:12]})"
