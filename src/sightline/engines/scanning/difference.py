"""What a run changes against those that it supersedes: which visits are hits now, and which are no longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.record.store.rows import RunList, Segment
from sightline.record.workspace import Workspace

if TYPE_CHECKING:
    import polars

PLACE = ("indicator_kind", "indicator", "member", "byte_offset")


@dataclass(frozen=True, slots=True)
class Difference:
    """Hits that a run adds and drops, by indicator (`kind value`); a hit is its indicator and its place."""

    run_id: str
    superseded: tuple[str, ...]
    added: Mapping[str, int]
    dropped: Mapping[str, int]


def difference(workspace: Workspace, run_id: str, superseded: Sequence[str]) -> Difference:
    """The difference of a run to what it supersedes, by issuers that both have lists of."""
    with workspace.reading() as shelves:
        issuers = {one.issuer for one in shelves[RunList].where(run_id=run_id)}
        new = shelves[Segment].where(run_id=run_id)
        old = shelves[Segment].within("run_id", superseded)
    with ExitStack() as stack:
        now, before = (_places(workspace, stack, files, issuers) for files in (new, old))
        added = _counted(now.join(before, on=PLACE, how="anti", nulls_equal=True))
        dropped = _counted(before.join(now, on=PLACE, how="anti", nulls_equal=True))
    return Difference(run_id, tuple(superseded), added, dropped)


def _places(workspace: Workspace, stack: ExitStack, files: Sequence[Segment], issuers: set[str]) -> polars.LazyFrame:
    import polars  # noqa: PLC0415  - takes a while to load

    if not files:
        types = {name: polars.String() for name in PLACE} | {"byte_offset": polars.Int64()}
        return polars.LazyFrame(schema=types)
    paths = [stack.enter_context(workspace.segments.local_path(one.file)) for one in files]
    wanted = polars.col("issuer").is_in(sorted(issuers))
    return polars.scan_parquet(paths).filter(wanted).select(PLACE).unique()


def _counted(places: polars.LazyFrame) -> dict[str, int]:
    import polars  # noqa: PLC0415

    named = polars.format("{} {}", "indicator_kind", "indicator").alias("name")
    rows = places.group_by(named).len().sort("len", "name", descending=[True, False]).collect()
    return dict(rows.iter_rows())
