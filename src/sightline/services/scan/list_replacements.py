"""Show what changes when a newer version replaces a list that was used, and ask before it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sightline.casework.reference_data import list_series
from sightline.errors import DamagedInput, UsageError
from sightline.model import ListId, ListUse
from sightline.services.scan import registered_lists
from sightline.stages.lists import load
from sightline.stages.lists.diff import ChangeKind, compare_lists
from sightline.stages.scan.opened_list import OpenList
from sightline.storage.rows import FlagListRow, ListSignature
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Replacement:
    """A list that a newer version replaces.

    `counts`: what becomes of its indicators; None for compiled or very large lists. `leads`: current leads that rest on
    removed indicators alone. `partly`: leads that also rest on others. Both are None if there are no leads, or `counts`
    is None.
    """

    path: str
    old: ListSignature
    new: ListSignature
    counts: dict[str, int] | None
    leads: int | None = None
    partly: int | None = None

    @property
    def is_no_longer_for_leads(self) -> bool:
        """Return whether the newer list is signed for another use, so that no lead may rest on the older one."""
        return self.old.use is ListUse.LEADS and self.new.use is not ListUse.LEADS

    @property
    def takes_away(self) -> bool:
        """Return whether known indicators are removed or changed, or the list's use changes."""
        if self.counts is None or (self.old.use, self.old.category) != (self.new.use, self.new.category):
            return True
        return bool(self.counts[ChangeKind.REMOVED] or self.counts[ChangeKind.CHANGED])


Agree = Callable[[Sequence[Replacement]], bool]
"""Callback that decides whether newer lists may replace these."""


@dataclass(frozen=True, slots=True)
class _ChangedIndicators:
    counts: Counter[str]
    removed: list[str] = field(default_factory=list)


def find_replacements(
    workspace: Workspace,
    lists: Sequence[OpenList[Any]],
    signatures: Sequence[ListSignature],
    list_signatures: Sequence[ListSignature],
    now: datetime,
) -> list[Replacement]:
    """Return the lists that a scan's lists replace: the newest of each series, if its bytes, use or category differ."""
    current = list_series.list_newest_versions(list_signatures)
    new_replacements = []
    for open_list, mine in zip(lists, signatures, strict=True):
        for old in current:
            is_other = (old.list_id, old.use, old.category) != (mine.list_id, mine.use, mine.category)
            if is_other and list_series.is_same_series(mine, old):
                no_leads = old.use is ListUse.LEADS is not mine.use
                changed = _compare_lists(workspace, old, Path(open_list.path), now, are_all_removed=no_leads)
                if changed is None:
                    new_replacements.append(Replacement(open_list.path, old, mine, None))
                    continue
                leads, partly = _count_leads(workspace, changed.removed)
                new_replacements.append(Replacement(open_list.path, old, mine, dict(changed.counts), leads, partly))
    return new_replacements


def _compare_lists(
    workspace: Workspace, old: ListSignature, path: Path, now: datetime, *, are_all_removed: bool
) -> _ChangedIndicators | None:
    """Return what became of each indicator, with the old list's ids of those on which no lead may rest any longer.

    `are_all_removed`: the newer list is not for leads.
    """
    with workspace.read() as tables:
        row = tables[FlagListRow].get(old.list_id)
    assert row is not None
    if path.stat().st_size > registered_lists.MOST_BYTES:
        return None
    try:
        was, is_now = registered_lists.open_list(workspace, row, now), load.load_list(path, None, now)
    except (UsageError, DamagedInput):
        # The list is compiled or too large, so the question is asked without numbers.
        return None
    changed_indicators = _ChangedIndicators(Counter(dict.fromkeys(ChangeKind, 0)))
    for change in compare_lists(was.indicators, is_now.indicators):
        changed_indicators.counts[change.kind] += 1
        if change.old is not None and (are_all_removed or change.kind is ChangeKind.REMOVED):
            changed_indicators.removed.append(change.old.derive_id(ListId(old.list_id)))
    return changed_indicators


def _count_leads(workspace: Workspace, removed: Sequence[str]) -> tuple[int | None, int | None]:
    """Return how many current leads rest on these indicators alone, and how many also on others."""
    import polars as pl  # noqa: PLC0415  - takes a while to load

    from sightline.services.artifacts import lead_files  # noqa: PLC0415

    if not removed:
        return 0, 0
    try:
        with lead_files.open_generation(workspace, with_replies=False) as leads:
            gone = set(removed)
            keys = [key for key, (indicator_id, _) in leads.indicators.items() if indicator_id in gone]
            wanted = pl.Series("key", keys, dtype=pl.UInt64)
            met = pl.col("indicators").list.eval(pl.element().is_in(wanted.implode()))
            questions = leads.open_frame().select(met.list.all().alias("all"), met.list.any().alias("any")).collect()
    except (UsageError, DamagedInput):
        # There are no leads, or they must be rebuilt.
        return None, None
    alone = int(questions["all"].sum())
    return alone, int(questions["any"].sum()) - alone
