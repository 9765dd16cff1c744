"""Compare a run with those that it supersedes: which visits became hits, and which no longer are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.casework.reference_data.list_series import Pair, find_list_signatures, is_same_series
from sightline.services.sessions.current_runs import is_of_lists
from sightline.storage.rows import RunList, Segment
from sightline.workspace.workspace import Workspace

if TYPE_CHECKING:
    import polars

PLACE = ("indicator_kind", "indicator", "member", "byte_offset")


@dataclass(frozen=True, slots=True)
class HitDifference:
    """Hits that a run adds and drops, by indicator (`kind value`). A hit is its indicator and its place."""

    run_id: str
    superseded: tuple[str, ...]
    added: Mapping[str, int]
    dropped: Mapping[str, int]


def compare_hits(workspace: Workspace, run_id: str, superseded: Sequence[str]) -> HitDifference:
    """Return the difference between a run and those it supersedes or repeats, by lists of the same series."""
    with workspace.read() as tables:
        used = tables[RunList].select_within("run_id", [run_id, *superseded])
        signatures = find_list_signatures(tables, used)
        own_signatures = [
            signatures[run_list.run_id, run_list.position] for run_list in used if run_list.run_id == run_id
        ]
        lists = {
            (run_list.issuer, run_list.list_id)
            for run_list in used
            if any(is_same_series(signatures[run_list.run_id, run_list.position], each) for each in own_signatures)
        }
        new = tables[Segment].select(run_id=run_id)
        old = tables[Segment].select_within("run_id", superseded)
    with ExitStack() as stack:
        now, before = (_read_places(workspace, stack, files, lists) for files in (new, old))
        added = _count_places(now.join(before, on=PLACE, how="anti", nulls_equal=True))
        dropped = _count_places(before.join(now, on=PLACE, how="anti", nulls_equal=True))
    return HitDifference(run_id, tuple(superseded), added, dropped)


def _read_places(
    workspace: Workspace, stack: ExitStack, files: Sequence[Segment], lists: set[Pair]
) -> polars.LazyFrame:
    import polars  # noqa: PLC0415  - takes a while to load

    if not files:
        types = {name: polars.String() for name in PLACE} | {"byte_offset": polars.Int64()}
        return polars.LazyFrame(schema=types)
    paths = [stack.enter_context(workspace.segments.open_local(segment.file)) for segment in files]
    return polars.scan_parquet(paths).filter(is_of_lists(sorted(lists))).select(PLACE).unique()


def _count_places(places: polars.LazyFrame) -> dict[str, int]:
    import polars  # noqa: PLC0415

    named = polars.format("{} {}", "indicator_kind", "indicator").alias("name")
    rows = places.group_by(named).len().sort("len", "name", descending=[True, False]).collect()
    return dict(rows.iter_rows())
