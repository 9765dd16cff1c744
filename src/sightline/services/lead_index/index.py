"""Keep the leads of a workspace in memory for all requests of a server, and reload them when their inputs change."""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import polars as pl

from sightline.model import DatasetKind, ResolutionVerdict
from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.foundations import find_fallen
from sightline.services.artifacts.lead_files import Leads, open_generation
from sightline.services.lead_index import sort_orders
from sightline.services.lead_index.lead_columns import LeadColumns, read_columns
from sightline.services.lead_index.lead_rows import LeadRows
from sightline.services.lead_index.lead_view import CountColumn, DistrictCentre, View
from sightline.services.outcomes.outcomes import find_current_ids
from sightline.stages.report import tiles
from sightline.stages.resolve.corroboration import SubscriberStanding
from sightline.storage import generations
from sightline.storage.rows import Dataset, Generation, LeadMark, Resolving, Run
from sightline.workspace.cache import WORK
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Pointer:
    """The state that a view shows: generation, resolution, marks (when lifted), and every run that was purged.

    `fell`: what of the resolving does not stand any more.
    """

    generation: int | None
    resolution: int | None
    marks: frozenset[tuple[str, int | None]]
    is_fallen: bool
    fell: str
    purged: frozenset[str] = field(compare=False)


@dataclass(frozen=True)
class _Base:
    """A generation loaded, without marks: what every view of it shares. Its files are at hand as long as it is held."""

    columns: LeadColumns
    ranks: Mapping[str, pl.Series]
    rows: LeadRows
    counts: Mapping[CountColumn, pl.DataFrame]
    middles: Mapping[str, DistrictCentre]
    frames: int


@dataclass(frozen=True, slots=True)
class _IndexState:
    """A view, and what it is of."""

    pointer: Pointer
    view: View
    base: _Base

    def rests_on(self, purged: frozenset[str]) -> bool:
        """Return whether the view uses a run that was purged."""
        return not purged.isdisjoint(generations.list_generation_runs(self.view.read.generation))


class LeadIndex:
    """The current view of a workspace. One serves all threads of a server.

    Where the workspace moved on, the first caller makes the new view. Others get the one before meanwhile;
    an older one is freed when the last of its requests is answered. What rests on a purged exhibit is served to nobody.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._held: _IndexState | None = None

    def open_view(self, as_of: int | None = None) -> View:
        """The leads as they stand: now, or since a version of the workspace that was seen a moment ago.

        Raises UsageError where there are none, DamagedInput where they are damaged.
        """
        index_state, pointer = self._held, self._workspace.get_cached("pointer", self._find_pointer, as_of, WORK)
        if index_state is not None and index_state.pointer == pointer:
            return index_state.view
        may_wait = index_state is None or index_state.rests_on(pointer.purged) or index_state.pointer.generation is None
        # A name that fell is shown to nobody, not even while the next view is made.
        may_wait = may_wait or (index_state is not None and index_state.pointer.fell != pointer.fell)
        if not self._lock.acquire(blocking=may_wait):
            assert index_state is not None
            return index_state.view
        try:
            if self._held is None or self._held.pointer != pointer:
                self._held = self._make_state(pointer, self._held)
            return self._held.view
        finally:
            self._lock.release()

    def _find_pointer(self) -> Pointer:
        with self._workspace.read() as tables:
            generation, resolution = tables[Generation].find_last("number"), tables[Resolving].find_last("number")
            marks = frozenset((lead_mark.lead_id, lead_mark.lifted_at_us) for lead_mark in tables[LeadMark].select())
            purged = frozenset(generations.list_purged_runs(tables))
        first = None if generation is None else generation.number
        last = None if resolution is None else resolution.number
        is_fallen = generation is not None and not purged.isdisjoint(generations.list_generation_runs(generation))
        fell = "" if resolution is None else find_fallen(self._workspace, resolution).derive_key()
        return Pointer(first, last, marks, is_fallen, fell, purged)

    def _make_state(self, pointer: Pointer, before: _IndexState | None) -> _IndexState:
        if before is not None and replace(before.pointer, marks=pointer.marks) == pointer:
            base = before.base
        else:
            if before is not None and before.rests_on(pointer.purged):
                self._held = None
            with ExitStack() as stack:
                base = _load_columns(self._workspace, stack.enter_context(open_generation(self._workspace)))
                weakref.finalize(base, stack.pop_all().close)
        return _IndexState(pointer, _build_view(self._workspace, base), base)


def _load_columns(workspace: Workspace, leads: Leads) -> _Base:
    columns = read_columns(workspace, leads, list_corroborated(workspace, leads))
    counts = {by: columns.rows.group_by(by).len() for by in CountColumn}
    middles, frames = _find_middles(workspace, leads, columns), _count_frames(workspace, leads)
    return _Base(columns, sort_orders.rank_leads(columns), LeadRows(workspace, leads), counts, middles, frames)


def _build_view(workspace: Workspace, base: _Base) -> View:
    """The view with the marks that stand now: priorities change, and nothing else."""
    with workspace.read() as tables:
        marks = {lead_mark.lead_id: lead_mark for lead_mark in tables[LeadMark].select(lifted_at_us=None)}
        answered = base.rows.read.list_answered(tables)
    leads = base.rows.read
    current = {leads.find_current_id(lead_id): mark for lead_id, mark in marks.items()}
    urgent = base.columns.find_rows(current)
    calm = base.columns.with_answered(leads, answered)
    calm_ranks = sort_orders.rank_leads(calm) if answered else base.ranks
    known = calm.with_urgent(urgent)
    moved = {name: sort_orders.rank_urgent_first(calm, name, calm_ranks[name], urgent) for name in sort_orders.BY_BAND}
    ranks = dict(calm_ranks) | moved
    counts = dict(base.counts) | {
        by: known.rows.group_by(by).len() for by in (CountColumn.PRIORITY, CountColumn.REASON)
    }
    rows = base.rows.with_leads(replace(leads, marks=current, answered=answered))
    return View(known, ranks, rows, counts, middles=base.middles, frames=base.frames, base_view=base)


def list_corroborated(workspace: Workspace, leads: Leads) -> list[str]:
    """Return the ids of leads with a corroborated subscriber, by the newest resolution."""
    with workspace.read() as tables:
        newest = tables[Resolving].find_last("number")
    if newest is None:
        return []
    stands = resolution_files.read_table(workspace, newest, "subscribers", ["subscriber", "standing"])
    carried = stands.filter(pl.col("standing") == SubscriberStanding.CORROBORATED.value)["subscriber"]
    sessions = resolution_files.read_table(workspace, newest, "sessions", ["lead_id", "verdict", "subscribers"])
    is_named = pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value
    named = sessions.filter(is_named & pl.col("subscribers").list.first().is_in(carried.implode()))
    return sorted(set(find_current_ids(leads, named["lead_id"]).values()))


def _count_frames(workspace: Workspace, leads: Leads) -> int:
    """Return how many frames the exhibits of a generation have: of several runs of one, those that were read last."""
    with workspace.read() as tables:
        runs = tables[Run].select_within("run_id", sorted(generations.list_generation_runs(leads.generation)))
    newest = {run.exhibit_id: run for run in sorted(runs, key=lambda one: (one.registered_at_us, one.run_id))}
    return sum(int(json.loads(run.account_json).get("frames", 0)) for run in newest.values())


def _find_middles(workspace: Workspace, leads: Leads, known: LeadColumns) -> dict[str, DistrictCentre]:
    """The middle of each district by the newest data set of each name that places addresses in it."""
    wanted_rows = pl.LazyFrame({"district": known.words["district"]}, schema={"district": pl.String})
    newest = {
        dataset.name: dataset
        for dataset in sorted(leads.datasets, key=_make_dataset_key)
        if dataset.kind is DatasetKind.CITY
    }
    points = []
    with ExitStack() as stack:
        for dataset in newest.values():
            path = stack.enter_context(workspace.segments.open_local(dataset.file))
            state = pl.col("state").cast(pl.String).replace(dict(tiles.load_codes()))
            rows = pl.scan_parquet(path).select(
                pl.format("{}/{}", state, "district").alias("district"), "latitude", "longitude"
            )
            points.append(rows.drop_nulls().unique().join(wanted_rows, on="district", how="semi").collect())
    if not points:
        return {}
    result = (
        pl.concat(points, how="vertical_relaxed").group_by("district").agg(pl.col("latitude", "longitude").median())
    )
    return {name: DistrictCentre(lat, long, known.radius_km.get(name)) for name, lat, long in result.iter_rows()}


def _make_dataset_key(dataset: Dataset) -> tuple[int, str]:
    return dataset.dated_us, dataset.dataset_id
