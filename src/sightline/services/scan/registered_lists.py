"""Compare registered lists, and list the rows that could not be read.

Flagged sites appear by id alone, never by name or address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sightline.errors import DamagedInput, UsageError
from sightline.model import IndicatorKind, ListId, RowCode
from sightline.stages.lists import load
from sightline.stages.lists.diff import Aspect, ChangeKind, StatementChange, compare_lists
from sightline.stages.lists.model import FlagList, Indicator, Statement
from sightline.storage.rows import FlagListRow
from sightline.workspace.workspace import Workspace

MOST_BYTES = 64 << 20
"""Maximum size of a list that is read while an officer waits."""


@dataclass(frozen=True, slots=True)
class IndicatorChange:
    """A change of one indicator. `was` and `is_now` are its statements in the two lists."""

    kind: ChangeKind
    indicator_id: str
    indicator_kind: IndicatorKind
    aspects: tuple[Aspect, ...]
    was: tuple[Statement, ...]
    is_now: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """The difference of two versions: indicators added, removed, changed and unchanged, and the first that differ."""

    counts: Mapping[ChangeKind, int]
    changes: tuple[IndicatorChange, ...]


@dataclass(frozen=True, slots=True)
class ListRejects:
    """The rows of a list that could not be read: counts by reason, and the positions of the first ones."""

    counts: Mapping[RowCode, int]
    first: tuple[tuple[str, RowCode], ...]


def compare_versions(
    workspace: Workspace, old: FlagListRow, new: FlagListRow, now: datetime, most: int
) -> VersionDifference:
    """Return what changed from one list to another. Raises UsageError if one is too large, or compiled."""
    counts: Counter[ChangeKind] = Counter(dict.fromkeys(ChangeKind, 0))
    changes: list[IndicatorChange] = []
    was, is_now = open_list(workspace, old, now), open_list(workspace, new, now)
    for change in compare_lists(was.indicators, is_now.indicators):
        counts[change.kind] += 1
        if change.kind is not ChangeKind.SAME and len(changes) < most:
            changes.append(_describe_change(change, was.list_id, is_now.list_id))
    return VersionDifference(counts, tuple(changes))


def _describe_change(change: StatementChange, old: ListId, new: ListId) -> IndicatorChange:
    indicator = change.indicator
    indicator_id = indicator.derive_id(new if change.new is not None else old)
    return IndicatorChange(
        change.kind,
        indicator_id,
        indicator.kind,
        change.aspects,
        _list_statements(change.old),
        _list_statements(change.new),
    )


def _list_statements(indicator: Indicator | None) -> tuple[Statement, ...]:
    return indicator.statements if indicator else ()


def list_rejects(workspace: Workspace, row: FlagListRow, now: datetime, most: int) -> ListRejects:
    """Return the rows of a list that could not be read, by codes alone: a reason may quote what is flagged."""
    rejects: Sequence[tuple[str, RowCode]] = [
        (row_reject.where, row_reject.code) for row_reject in open_list(workspace, row, now).rejects
    ]
    return ListRejects(Counter(code for _, code in rejects), tuple(rejects[:most]))


def open_list(workspace: Workspace, row: FlagListRow, now: datetime) -> FlagList:
    """Read a registered list again. Raises DamagedInput if its bytes are not those registered."""
    if row.sha256 != row.list_id:
        raise UsageError("it was registered compiled: its rows cannot be shown", hint="ask its issuer for the source")
    if row.size_bytes > MOST_BYTES:
        raise UsageError(
            "it is too large to be read while you wait", hint="compare the files on the machine that has them"
        )
    with workspace.segments.open_local(row.file) as path:
        flag_list = load.load_list(path, None, now)
    if flag_list.list_id != row.list_id:
        raise DamagedInput(f"the list {row.list_id} is not the file that was registered", hint="verify the record")
    return flag_list
