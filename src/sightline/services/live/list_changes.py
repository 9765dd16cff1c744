"""The lists that a feed was read with, and the parts from which others took effect."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from sightline.storage.rows import FeedPart, ListSignature, RunList
from sightline.storage.table import Tables

CHANGES = 100
"""Most changes of a feed that are shown, the newest."""


@dataclass(slots=True)
class ListChanges:
    """The changes of one feed, oldest first, in words. The first is that of its first part."""

    changes: deque[str] = field(default_factory=lambda: deque(maxlen=CHANGES))
    _signatures: tuple[str | None, ...] = ()

    def add(self, part: FeedPart, lists: Sequence[RunList], known: Mapping[str, ListSignature]) -> str | None:
        """Take the lists of the next part. Return the change, if they are other ones than those before."""
        result = tuple(run_list.signature_id for run_list in lists)
        if result == self._signatures:
            return None
        self._signatures = result
        names = [_describe(run_list, known) for run_list in lists]
        unit = "position" if "://" in part.file else "byte"
        place = f"{unit} {part.first_offset} of {PurePath(part.file).name}"
        change = f"from part {part.number} on ({place}): {', '.join(names)}"
        self.changes.append(change)
        return change


def group_lists_by_run(tables: Tables, run_ids: Sequence[str]) -> dict[str, list[RunList]]:
    """Return the lists of runs by the id of the run, in the order of each run."""
    result: dict[str, list[RunList]] = {run_id: [] for run_id in run_ids}
    for run_list in tables[RunList].within("run_id", sorted(set(run_ids))):
        result[run_list.run_id].append(run_list)
    return {run_id: sorted(lists, key=lambda one: one.position) for run_id, lists in result.items()}


def read_known_signatures(tables: Tables) -> dict[str, ListSignature]:
    """Return the signatures of lists by their id."""
    return {signature.signature_id: signature for signature in tables[ListSignature].where()}


def _describe(run_list: RunList, known: Mapping[str, ListSignature]) -> str:
    signature = known.get(run_list.signature_id or "")
    version = f" {signature.version}" if signature is not None and signature.version else ""
    return f"{run_list.issuer}{version} ({run_list.list_id[:12]})"
