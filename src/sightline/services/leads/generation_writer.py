"""Write the files of a generation: places, indicators, leads part by part, joined leads and aliases."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from sightline.model.progress import Progress
from sightline.services.artifacts.aliases import read_aliases
from sightline.services.artifacts.parquet_files import find_damage
from sightline.services.leads.join_spill import SessionSpill
from sightline.services.leads.part_files import PartCounts, divide_leads, write_beside
from sightline.services.leads.rebuild_inputs import RebuildInputs
from sightline.services.leads.session_cache import SessionMemory
from sightline.services.sessions.exhibit_copies import find_contradicting_copies
from sightline.services.sessions.exhibit_samples import find_invented_exhibits, measure_sizes
from sightline.services.sessions.hit_examination import ReadContext
from sightline.services.sessions.opened_files import OpenedSegments, open_datasets
from sightline.services.sessions.row_groups import divide_addresses
from sightline.services.sessions.segment_cache import SegmentFile
from sightline.services.sessions.segment_reader import forget_others, read_ahead, read_hits
from sightline.services.sessions.small_segments import SmallSegments, read_together
from sightline.stages.enrich.model import DataSet, sort_datasets
from sightline.storage import generations
from sightline.storage.rows import Generation
from sightline.workspace.workspace import Workspace

if TYPE_CHECKING:
    from sightline.services.cluster.addresses import ClusterAccess

NAMES = ("member", "indicator_id", "indicator_kind")
_NAMES = SmallSegments()
"""The members and indicators of small segments."""


def write_generation(
    workspace: Workspace,
    inputs: RebuildInputs,
    folder: Path,
    progress: Progress,
    rows: int,
    cluster: ClusterAccess | None = None,
) -> PartCounts:
    """Write all files of the generation into a folder, and return the counts. `rows`: approximate hits per part.

    With `cluster`, its workers read the hits and make the leads.
    """
    with ExitStack() as stack:
        sets = open_sets(workspace, inputs, stack)
        segments = open_segments(workspace, inputs, stack)
        runs = {segment.current_run.run.run_id for segment in segments}
        _NAMES.forget_others(runs)
        forget_others(runs)
        names = list(_names_of(segments))
        places = list_hit_places(segments, names)
        places.write_parquet(folder / "places.parquet")
        known_rows, seed = list_hit_indicators(segments, names)
        known_rows.write_parquet(folder / "indicators.parquet")
        read_context = make_read_context(places, sets, seed, segments)
        account, spill = PartCounts(), SessionSpill(folder, stack)
        whole, read = sum(segment.rows for segment in segments), [0]

        def count_visits(more: int) -> None:
            read[0] += more
            progress(read[0], whole, account.leads)

        if cluster is not None and segments:
            _make_on_cluster(
                cluster, inputs, LeadInputs(segments, places, read_context), account, spill, rows, count_visits
            )
        else:
            hits = read_ahead(read_hits(segments, read_context, rows, count_visits))
            _make_here(SessionMemory(inputs, sets, places, seed), hits, account, spill, folder)
            account.without_address = read_context.without_address
    moved = read_aliases(workspace, _find_intact_generation(workspace, inputs.previous), folder)
    if len(moved):
        moved.write_parquet(folder / "aliases.parquet")
    return account


@dataclass(frozen=True, slots=True)
class LeadInputs:
    """The runs, hits and data sets that leads are made of."""

    segments: Sequence[SegmentFile]
    places: pl.DataFrame
    read_context: ReadContext


def _make_here(
    session_memory: SessionMemory,
    parts: Iterator[pl.DataFrame],
    account: PartCounts,
    spill: SessionSpill,
    folder: Path,
) -> None:
    for number, hits in enumerate(parts):
        leads, joinable = divide_leads(session_memory.make_sessions(hits))
        spill.add(joinable)
        account.keep(leads, folder / f"leads-{number:06}.parquet")
    session_memory.close()
    for number, (leads, beside) in enumerate(spill.read_joined()):
        account.keep(leads, folder / f"leads-joined-{number:03}.parquet")
        write_beside(beside, folder / f"sessions-{number:03}.parquet")


def _make_on_cluster(
    cluster: ClusterAccess,
    inputs: RebuildInputs,
    lead_inputs: LeadInputs,
    account: PartCounts,
    spill: SessionSpill,
    rows: int,
    tell: Callable[[int], None],
) -> None:
    from sightline.services.leads.cluster_leads import open_cluster_leads  # noqa: PLC0415  - few need a cluster
    from sightline.services.leads.worker_inputs import PartInputs  # noqa: PLC0415

    division = divide_addresses(lead_inputs.segments, rows, has_ends=True)
    of_parts = PartInputs(
        lead_inputs.segments, lead_inputs.read_context, lead_inputs.places, division, inputs.is_exercise, inputs.weights
    )
    with open_cluster_leads(cluster, spill.folder.parent, tell) as leads:
        account.without_address = leads.make_parts(of_parts, account, spill)
        leads.join(account, spill)


def make_read_context(
    places: pl.DataFrame, sets: Sequence[DataSet], seed: int, segments: Sequence[SegmentFile]
) -> ReadContext:
    """Return what is needed to read hits of segments as a rebuild does. `places`: from `list_hit_places`."""
    ordinals = places.select(pl.col("exhibit").alias("exhibit_id"), "member", pl.col("ordinal").alias("exhibit"))
    limits = measure_sizes(segments, ordinals)
    moved_copies = find_contradicting_copies(segments)
    return ReadContext(ordinals, sets, seed, find_invented_exhibits(segments), limits, moved_copies=moved_copies)


def open_sets(workspace: Workspace, inputs: RebuildInputs, stack: ExitStack) -> list[DataSet]:
    """Return the data sets. Their tables stay open until `stack` closes."""
    sets = open_datasets(workspace, inputs.datasets, stack)
    assert sets == sort_datasets(sets)
    return sets


def _find_intact_generation(workspace: Workspace, previous: Generation | None) -> Generation | None:
    """Return the newest generation, up to a previous one, whose files are all intact. Ids of leads are followed from
    there.
    """
    if previous is None:
        return None
    with workspace.read() as tables:
        candidates = generations.list_newest_current(tables, previous.number)
        return next((generation for generation in candidates if find_damage(workspace, generation) is None), None)


def open_segments(workspace: Workspace, inputs: RebuildInputs, stack: ExitStack) -> list[SegmentFile]:
    """Return the segment files of the current runs. Those that are read stay open until `stack` closes."""
    sources = {run.source.source_id: 0 for run in inputs.current_runs}
    ordinals = {source_id: ordinal for ordinal, source_id in enumerate(sorted(sources))}
    opened = OpenedSegments(workspace, stack)
    return [
        SegmentFile(run, segment.file, segment.rows, ordinals[run.source.source_id], segment.number, opened.open_path)
        for run in inputs.current_runs
        for segment in run.segments
    ]


def _names_of(segments: Sequence[SegmentFile]) -> Iterator[pl.LazyFrame]:
    """Yield the distinct `exhibit member indicator_id indicator_kind` of segments. Those of small ones come first."""
    small = [segment_file for segment_file in segments if segment_file.is_small]
    if small:
        exhibits = pl.Series([segment_file.current_run.run.exhibit_id for segment_file in small])
        rows = _NAMES.collect(small, lambda some: read_together(some, NAMES).unique(maintain_order=True))
        yield rows.select(exhibits.gather(rows["at"]).alias("exhibit"), *NAMES).lazy()
    for segment_file in segments:
        if not segment_file.is_small:
            exhibit = pl.lit(segment_file.current_run.run.exhibit_id).alias("exhibit")
            yield pl.scan_parquet(segment_file.path).select(exhibit, *NAMES)


def list_hit_places(segments: Sequence[SegmentFile], names: Sequence[pl.LazyFrame] | None = None) -> pl.DataFrame:
    """Return `ordinal exhibit member` of every member that contains a hit."""
    empty = pl.LazyFrame(schema={"exhibit": pl.String, "member": pl.String})
    frames = [rows.select("exhibit", "member").unique() for rows in names or _names_of(segments)]
    rows = pl.concat([empty, *frames]).unique().sort("exhibit", "member", nulls_last=False).collect()
    return rows.with_row_index("ordinal")


def list_hit_indicators(
    segments: Sequence[SegmentFile], names: Sequence[pl.LazyFrame] | None = None
) -> tuple[pl.DataFrame, int]:
    """Return `key indicator_id indicator_kind` of every indicator with a hit, and the seed of the keys."""
    columns = ("indicator_id", "indicator_kind")
    empty = pl.LazyFrame(schema=dict.fromkeys(columns, pl.String))
    frames = [rows.select(columns).unique() for rows in names or _names_of(segments)]
    rows = pl.concat([empty, *frames]).unique().sort("indicator_id").collect()
    seed = next(seed for seed in itertools.count() if rows["indicator_id"].hash(seed).is_unique().all())
    return rows.with_columns(pl.col("indicator_id").hash(seed).alias("key")), seed
