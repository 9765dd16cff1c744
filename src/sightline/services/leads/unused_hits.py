"""Count hits that no lead uses, by reason, so that a missing lead is not taken for a missing visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from enum import StrEnum

import polars as pl

from sightline.casework.cases.declarations import list_clocks
from sightline.casework.exhibits.tip_runs import is_tip
from sightline.casework.reference_data.list_series import Pair
from sightline.model import ListUse, Opinion
from sightline.services.sessions.current_runs import (
    CurrentRun,
    build_proxy_test,
    build_times_test,
    build_trust_test,
    has_clock,
    is_of_lists,
    is_rerun,
)
from sightline.services.sessions.opened_files import OpenedSegments
from sightline.services.sessions.segment_cache import SegmentFile, SegmentMemory
from sightline.services.sessions.small_segments import SmallSegments, read_together
from sightline.storage.rows import Run, RunList, Source
from sightline.storage.table import Tables
from sightline.workspace.run_members import read_members_of_run
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


def count_unused_hits(
    workspace: Workspace, stands: Sequence[CurrentRun], others: Sequence[str], without_address: int
) -> dict[str, int]:
    """Return the number of hits that no lead uses, by reason. Purged exhibits have no hits any more.

    `stands`: the current runs with hits; `others`: the ids of the other runs of exhibits with hits.
    """
    counts_by_reason: Counter[str] = Counter({UnusedReason.NO_ADDRESS: without_address})
    _BY_CAUSE.forget_others({stand.run.run_id for stand in stands})
    with workspace.read() as tables:
        counts_by_reason.update(_count_of_runs(tables, others))
    with ExitStack() as stack:
        opened = OpenedSegments(workspace, stack)
        segments = [
            SegmentFile(stand, segment.file, segment.rows, 0, segment.number, opened.open_path)
            for stand in stands
            for segment in stand.segments
        ]
        small = [segment_file for segment_file in segments if segment_file.is_small]
        if small:
            keys = [segment_file.current_run.lists for segment_file in small]
            counts = _BY_CAUSE.collect(small, _count_in_small, keys).select(pl.col(BY_CAUSE).sum())
            counts_by_reason.update({why: int(count) for why, count in counts.row(0, named=True).items()})
        for segment_file in segments:
            if not segment_file.is_small:
                counts_by_reason.update(_count_in_large(segment_file))
    return {why.value: counts_by_reason[why] for why in UnusedReason if counts_by_reason[why]}


BY_CAUSE = [UnusedReason.SUPERSEDED.value, UnusedReason.CLEARED.value, UnusedReason.LATER.value]
READ = ("issuer", "list_id", "opinion", "vouched")
_BY_CAUSE = SmallSegments()
_OF_LARGE: SegmentMemory[dict[str, int]] = SegmentMemory()


def _count_by_cause(lists: Sequence[Pair] | None) -> list[pl.Expr]:
    """Return the counts of hits that no lead uses. `lists`: of which lists hits count, None for all."""
    mine = pl.lit(value=True) if lists is None else is_of_lists(lists)
    is_blocked = pl.col("opinion").cast(pl.String).is_in(BLOCKING)
    return [
        (~mine).sum().alias(UnusedReason.SUPERSEDED),
        (mine & is_blocked).sum().alias(UnusedReason.CLEARED),
        (mine & ~is_blocked & ~pl.col("vouched")).sum().alias(UnusedReason.LATER),
    ]


def _count_in_small(segments: Sequence[SegmentFile]) -> pl.DataFrame:
    """Return the counts of those segments that have any, with `of`."""
    rows = read_together(segments, READ)
    alike: dict[tuple[Pair, ...] | None, list[int]] = {}
    for at, segment_file in enumerate(segments):
        alike.setdefault(segment_file.current_run.lists, []).append(at)
    counts = [
        rows.filter(pl.col("of").is_in(places)).group_by("of").agg(_count_by_cause(lists))
        for lists, places in alike.items()
    ]
    return pl.concat(counts).filter(pl.any_horizontal(pl.col(BY_CAUSE) > 0))


def _count_in_large(segment: SegmentFile) -> dict[str, int]:
    lists = segment.current_run.lists
    known = _OF_LARGE.find(segment.key, lists)
    if known is None:
        counts = pl.scan_parquet(segment.path).select(READ).select(_count_by_cause(lists)).collect()
        known = {str(why): int(count) for why, count in counts.row(0, named=True).items()}
        _OF_LARGE.put(segment.key, lists, 1, known)
    return known


def _count_of_runs(tables: Tables, others: Sequence[str]) -> Counter[str]:
    """Count hits of whole runs that no lead uses. Of runs for statistics, each exhibit's newest one is counted."""
    is_trusted, clocks = build_trust_test(tables), list_clocks(tables)
    has_proxies, has_times = build_proxy_test(tables), build_times_test(tables)
    counted = {source.source_id for source in tables[Source].select() if source.use is not ListUse.LEADS}
    lists: dict[str, list[RunList]] = {}
    runs = [run for run in tables[Run].select_within("run_id", others) if run.row_key is not None]
    for run_list in tables[RunList].select_within("run_id", [run.run_id for run in runs]):
        lists.setdefault(run_list.run_id, []).append(run_list)
    statistics: dict[tuple[str, str | None, UnusedReason], int] = {}
    counts_by_reason: Counter[str] = Counter()
    for run in sorted(runs, key=lambda each: each.registered_at_us):
        if run.use is not ListUse.LEADS or run.source_id in counted:
            why = UnusedReason.SOURCE if run.source_id in counted else UnusedReason.LIST
            statistics[run.exhibit_id, read_members_of_run(run), why] = run.hits
        elif is_rerun(run):
            counts_by_reason[UnusedReason.REPEATED] += run.hits
        elif not (has_clock(run, clocks.get(run.exhibit_id)) and has_proxies(run) and has_times(run)):
            counts_by_reason[UnusedReason.CLOCK] += run.hits
        elif not is_tip(run) and not any(map(is_trusted, lists.get(run.run_id, ()))):
            counts_by_reason[UnusedReason.REVOKED] += run.hits
        else:
            counts_by_reason[UnusedReason.SUPERSEDED] += run.hits
    for (_, _, why), hits in statistics.items():
        counts_by_reason[why] += hits
    return counts_by_reason
