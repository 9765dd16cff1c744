"""Write the files of a generation: places, indicators, leads part by part, joined leads and aliases."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sightline.model.progress import Progress
from sightline.services.artifacts.aliases import aliases
from sightline.services.artifacts.parquet_files import damage
from sightline.services.leads.join_spill import SessionSpill
from sightline.services.leads.rebuild_inputs import RebuildInputs
from sightline.services.leads.session_memory import SessionMemory
from sightline.services.sessions.datasets import open_datasets
from sightline.services.sessions.exhibit_samples import find_invented_exhibits, sizes
from sightline.services.sessions.segment_memory import SegmentFile, SegmentMemory
from sightline.services.sessions.segment_reader import ReadContext, forget_others, read_ahead, read_hits
from sightline.stages.enrich.model import DataSet, in_order
from sightline.stages.leads import session_join
from sightline.stages.leads.verdicts import judge_sessions
from sightline.storage.rows import Generation
from sightline.workspace.workspace import Workspace

GROUP = 1 << 11
"""Rows of a row group of leads. A page reads whole groups, so they are small and not compressed.

Files are a quarter larger than with compressed groups of 1 << 18 rows; a page of fifty leads takes a seventh of the
time.
"""


_MEMBERS: SegmentMemory[pl.DataFrame] = SegmentMemory()
_INDICATORS: SegmentMemory[pl.DataFrame] = SegmentMemory()


@dataclass(slots=True)
class Account:
    """The counts of a rebuild."""

    leads: int = 0
    sessions: int = 0
    visits: int = 0
    without_address: int = 0
    ceilings: dict[str, int] = field(default_factory=dict)

    def add(self, leads: pl.DataFrame) -> None:
        """Add leads to the counts."""
        self.leads += len(leads)
        self.sessions += int(leads["sessions"].sum())
        self.visits += int(leads["visits"].sum())
        for ceiling, count in leads.group_by("ceiling").len().sort("ceiling").iter_rows():
            self.ceilings[ceiling] = self.ceilings.get(ceiling, 0) + count


def make(workspace: Workspace, inputs: RebuildInputs, folder: Path, progress: Progress, rows: int) -> Account:
    """Write all files of the generation into a folder, and return the counts. `rows`: approximate hits per part."""
    with ExitStack() as stack:
        sets = sets_of(workspace, inputs, stack)
        segments = readable(workspace, inputs, stack)
        for memory in (_MEMBERS, _INDICATORS):
            memory.forget_others(runs := {one.standing.run.run_id for one in segments})
        forget_others(runs)
        places = places_of(segments)
        places.write_parquet(folder / "places.parquet")
        known, seed = indicators_of(segments)
        known.write_parquet(folder / "indicators.parquet")
        looking = looking_of(places, sets, seed, segments)
        account, waiting = Account(), SessionSpill(folder, stack)
        session_memory = SessionMemory(inputs, sets, places, seed)
        whole, read = sum(one.rows for one in segments), [0]

        def count_visits(more: int) -> None:
            read[0] += more
            progress(read[0], whole, account.leads)

        for number, hits in enumerate(read_ahead(read_hits(segments, looking, rows, count_visits))):
            found = session_memory.sessions(hits)
            waiting.add(found.filter(session_join.IS_JOINABLE))
            _keep(
                judge_sessions(_single(found.filter(~session_join.IS_JOINABLE))),
                folder / f"leads-{number:06}.parquet",
                account,
            )
        session_memory.close()
        for number, (leads, beside) in enumerate(waiting.read_joined()):
            _keep(leads, folder / f"leads-joined-{number:03}.parquet", account)
            if len(beside):
                _order_leads(beside).write_parquet(folder / f"sessions-{number:03}.parquet")
        account.without_address = looking.without_address
    moved = aliases(workspace, _find_intact_generation(workspace, inputs.standing_before), folder)
    if len(moved):
        moved.write_parquet(folder / "aliases.parquet")
    return account


def looking_of(
    places: pl.DataFrame, sets: Sequence[DataSet], seed: int, segments: Sequence[SegmentFile]
) -> ReadContext:
    """Return what is needed to read hits of segments as a rebuild does. `places`: from `places_of`."""
    ordinals = places.select(pl.col("exhibit").alias("exhibit_id"), "member", pl.col("ordinal").alias("exhibit"))
    return ReadContext(ordinals, sets, seed, find_invented_exhibits(segments), sizes(segments, ordinals))


def sets_of(workspace: Workspace, inputs: RebuildInputs, stack: ExitStack) -> list[DataSet]:
    """Return the data sets. Their tables stay open until `stack` closes."""
    sets = open_datasets(workspace, inputs.datasets, stack)
    assert sets == in_order(sets)
    return sets


def _single(found: pl.DataFrame) -> pl.DataFrame:
    """Return the sessions that are a lead each."""
    return found.with_columns(pl.lit(1, pl.UInt32).alias("sessions"), pl.lit(None, pl.String).alias("joined_by"))


def _find_intact_generation(workspace: Workspace, before: Sequence[Generation]) -> Generation | None:
    """Return the newest generation whose files are all intact. Ids of leads are followed from there."""
    return next((one for one in reversed(before) if damage(workspace, one) is None), None)


def _keep(leads: pl.DataFrame, path: Path, account: Account) -> None:
    if len(leads):
        account.add(leads)
        write(leads, path)


def write(leads: pl.DataFrame, path: Path) -> None:
    """Write leads as a generation stores them: sorted by address, columns by name."""
    ordered = _order_leads(leads.select(sorted(leads.columns)))
    ordered.write_parquet(path, compression="uncompressed", statistics=False, row_group_size=GROUP)


def _order_leads(leads: pl.DataFrame) -> pl.DataFrame:
    by = "lead_id" if "session_id" not in leads.columns else "session_id"
    return leads.drop("session", "rank", strict=False).sort("hi", "lo", "first_us", by)


def readable(workspace: Workspace, inputs: RebuildInputs, stack: ExitStack) -> list[SegmentFile]:
    """Return the segment files of the current runs. They stay open until `stack` closes."""
    sources = {one.source.source_id: 0 for one in inputs.standing}
    ordinals = {source_id: ordinal for ordinal, source_id in enumerate(sorted(sources))}
    return [
        SegmentFile(
            one,
            stack.enter_context(workspace.segments.local_path(segment.file)),
            segment.rows,
            ordinals[one.source.source_id],
            segment.number,
        )
        for one in inputs.standing
        for segment in one.segments
    ]


def _remembered(
    segments: Sequence[SegmentFile],
    memory: SegmentMemory[pl.DataFrame],
    find: Callable[[SegmentFile], pl.LazyFrame],
) -> list[pl.LazyFrame]:
    """Return what is found in each segment. That of small ones is remembered, and comes as one frame."""
    small = [memory.get(one.key, 1, find(one).collect) for one in segments if one.is_small]
    once = [pl.concat(small).unique().lazy()] if small else []
    return [*once, *(find(one) for one in segments if not one.is_small)]


def places_of(segments: Sequence[SegmentFile]) -> pl.DataFrame:
    """Return `ordinal exhibit member` of every member that contains a hit."""
    empty = pl.LazyFrame(schema={"exhibit": pl.String, "member": pl.String})

    def find(one: SegmentFile) -> pl.LazyFrame:
        exhibit = pl.lit(one.standing.run.exhibit_id).alias("exhibit")
        return pl.scan_parquet(one.path).select(exhibit, pl.col("member").unique())

    known = (
        pl.concat([empty, *_remembered(segments, _MEMBERS, find)])
        .unique()
        .sort("exhibit", "member", nulls_last=False)
        .collect()
    )
    return known.with_row_index("ordinal")


def indicators_of(segments: Sequence[SegmentFile]) -> tuple[pl.DataFrame, int]:
    """Return `key indicator_id indicator_kind` of every indicator with a hit, and the seed of the keys."""
    columns = ("indicator_id", "indicator_kind")

    def find(one: SegmentFile) -> pl.LazyFrame:
        return pl.scan_parquet(one.path).select(columns).unique()

    empty = pl.LazyFrame(schema=dict.fromkeys(columns, pl.String))
    known = pl.concat([empty, *_remembered(segments, _INDICATORS, find)]).unique().sort("indicator_id").collect()
    seed = next(seed for seed in itertools.count() if known["indicator_id"].hash(seed).is_unique().all())
    return known.with_columns(pl.col("indicator_id").hash(seed).alias("key")), seed
