"""Count hits that no lead uses, by reason, so that a missing lead is not taken for a missing visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path

import polars as pl

from sightline.casework.cases.declarations import list_clocks
from sightline.casework.exhibits.tip_runs import is_tip
from sightline.model import ListUse, Opinion
from sightline.services.sessions.current_runs import (
    CurrentRun,
    build_proxy_test,
    build_times_test,
    build_trust_test,
    has_clock,
    is_of_lists,
    is_rerun,
    runs_of_exhibits_with_hits,
)
from sightline.services.sessions.segment_cache import SegmentMemory
from sightline.storage.rows import RunList, Source
from sightline.storage.table import Tables
from sightline.workspace.run_members import members_of
from sightline.workspace.workspace import Workspace

BLOCKING = (Opinion.CLEARED.value, Opinion.DISPUTED.value)


class UnusedReason(StrEnum):
    """Reasons why hits are not used, in the words of the command line."""

    LIST = "their lists are signed for statistics (lists sign --use leads)"
    SOURCE = "their sources are declared for statistics"
    REPEATED = "of runs that repeat an old one, as of its date"
    CLOCK = "read by a clock, times or proxies that are declared otherwise now: scan again"
    REVOKED = "the key that signed their lists was revoked"
    SUPERSEDED = "a newer run took the place of theirs"
    CLEARED = "a list clears or disputes what was visited"
    LATER = "listed only after the visit, and not said to have been flagged before"
    NO_ADDRESS = "without an address"


def unused_hits(workspace: Workspace, stands: Sequence[CurrentRun], without_address: int) -> dict[str, int]:
    """Return the number of hits that no lead uses, by reason. Purged exhibits have no hits any more."""
    found: Counter[str] = Counter({UnusedReason.NO_ADDRESS: without_address})
    _BY_CAUSE.forget_others(stand.run.run_id for stand in stands)
    with workspace.reading() as tables, ExitStack() as stack:
        found.update(_of_runs(tables, stands))
        for stand in stands:
            if not stand.segments:
                continue
            key = stand.run.run_id, -1
            by_cause = _BY_CAUSE.find(key, stand.lists)
            if by_cause is None:
                paths = [stack.enter_context(workspace.segments.local_path(segment.file)) for segment in stand.segments]
                by_cause = _count_by_cause(stand, paths)
                _BY_CAUSE.put(key, stand.lists, 1, by_cause)
            found.update(by_cause)
    return {why.value: found[why] for why in UnusedReason if found[why]}


_BY_CAUSE: SegmentMemory[dict[str, int]] = SegmentMemory()


def _count_by_cause(one: CurrentRun, paths: Sequence[Path]) -> dict[str, int]:
    """Count the hits of a run that no lead uses. Its segments never change."""
    mine = pl.lit(value=True) if one.lists is None else is_of_lists(one.lists)
    is_blocked = pl.col("opinion").cast(pl.String).is_in(BLOCKING)
    by_cause = (
        pl.scan_parquet(list(paths))
        .select("issuer", "list_id", "opinion", "vouched")
        .select(
            (~mine).sum().alias(UnusedReason.SUPERSEDED),
            (mine & is_blocked).sum().alias(UnusedReason.CLEARED),
            (mine & ~is_blocked & ~pl.col("vouched")).sum().alias(UnusedReason.LATER),
        )
        .collect()
    )
    return {
        why: int(by_cause[why.value][0]) for why in (UnusedReason.SUPERSEDED, UnusedReason.CLEARED, UnusedReason.LATER)
    }


def _of_runs(tables: Tables, stands: Iterable[CurrentRun]) -> Counter[str]:
    """Count hits of whole runs that no lead uses. Of runs for statistics, each exhibit's newest one is counted."""
    standing = {stand.run.run_id for stand in stands}
    is_trusted, clocks = build_trust_test(tables), list_clocks(tables)
    has_proxies, has_times = build_proxy_test(tables), build_times_test(tables)
    counted = {source.source_id for source in tables[Source].where() if source.use is not ListUse.LEADS}
    lists: dict[str, list[RunList]] = {}
    runs = [run for run in runs_of_exhibits_with_hits(tables) if run.run_id not in standing and run.row_key is not None]
    for one in tables[RunList].within("run_id", [run.run_id for run in runs]):
        lists.setdefault(one.run_id, []).append(one)
    statistics: dict[tuple[str, str | None, UnusedReason], int] = {}
    found: Counter[str] = Counter()
    for run in sorted(runs, key=lambda each: each.registered_at_us):
        if run.use is not ListUse.LEADS or run.source_id in counted:
            why = UnusedReason.SOURCE if run.source_id in counted else UnusedReason.LIST
            statistics[run.exhibit_id, members_of(run), why] = run.hits
        elif is_rerun(run):
            found[UnusedReason.REPEATED] += run.hits
        elif not (has_clock(run, clocks.get(run.exhibit_id)) and has_proxies(run) and has_times(run)):
            found[UnusedReason.CLOCK] += run.hits
        elif not is_tip(run) and not any(map(is_trusted, lists.get(run.run_id, ()))):
            found[UnusedReason.REVOKED] += run.hits
        else:
            found[UnusedReason.SUPERSEDED] += run.hits
    for (_, _, why), hits in statistics.items():
        found[why] += hits
    return found
