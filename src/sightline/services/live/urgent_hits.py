"""Find hits whose leads may not wait for a rebuild: those of leads in danger or in an open operation."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from sightline.errors import UsageError
from sightline.ledger.verbs import Verb
from sightline.services.artifacts.lead_files import Leads, open_generation
from sightline.services.inbox.new_visits import list_watched
from sightline.storage.rows import LedgerRow, Segment
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

ACTS = frozenset(
    {
        Verb.LEADS_REBUILT,
        Verb.LEAD_MARKED,
        Verb.LEAD_UNMARKED,
        Verb.OPERATION_ADDED,
        Verb.OPERATION_TAKEN_OUT,
        Verb.OPERATION_CLOSED,
        Verb.LEADS_CLOSED,
        Verb.LEADS_REOPENED,
    }
)
"""Acts that change which leads are urgent, or what their addresses are."""
WHO = ("source_ip", "user")


@dataclass(slots=True)
class UrgentHits:
    """The runs whose hits are in no lead yet, and whether any of them is of an address or account of an urgent lead.

    A later visit of such an address may begin a lead of its own: it does not wait either.
    """

    workspace: Workspace
    _runs: list[str] = field(default_factory=list)
    _new: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict.fromkeys(WHO, pl.String)))
    _looked: int | None = None
    _wanted: pl.DataFrame | None = None
    _is_urgent: bool = False

    def add(self, run_id: str) -> None:
        """Take a run that was registered and has hits."""
        self._runs.append(run_id)

    def clear(self) -> None:
        """Forget the runs: their hits are in leads now."""
        self._runs, self._new, self._is_urgent = [], self._new.clear(), False

    def has_any(self) -> bool:
        """Return whether any hit is urgent. Reads only runs and acts of officers that are new since the last call."""
        with self.workspace.read() as tables:
            is_changed = self._is_changed(tables)
            if not is_changed and not self._runs:
                return self._is_urgent
            urgent = list_watched(tables, has_assigned=False) if is_changed else set()
            segments = tables[Segment].select_within("run_id", sorted(self._runs))
        if is_changed:
            self._wanted = _find_addresses(self.workspace, urgent)
        self._new = pl.concat([self._new, *map(self._read, segments)]).unique()
        self._runs = []
        wanted = self._wanted
        self._is_urgent = wanted is not None and any(
            self._new[name].is_in(wanted[name].drop_nulls().implode()).any() for name in WHO
        )
        return self._is_urgent

    def _is_changed(self, tables: Tables) -> bool:
        """Return whether an act since the last call may have changed which leads are urgent, or their addresses."""
        last, looked = tables[LedgerRow].find_last("seq"), self._looked
        self._looked = last.seq if last else -1
        return looked is None or not ACTS.isdisjoint(
            tables[LedgerRow].list_values("verb", tables[LedgerRow].get_column("seq") > looked)
        )

    def _read(self, segment: Segment) -> pl.DataFrame:
        with self.workspace.segments.open_local(segment.file) as path:
            return pl.scan_parquet(path).select(pl.col(WHO).cast(pl.String)).unique().collect()


def _find_addresses(workspace: Workspace, urgent: set[str]) -> pl.DataFrame | None:
    """Return `source_ip user` of all sessions of leads, under their current or earlier ids. None if there are none."""
    if not urgent:
        return None
    try:
        with open_generation(workspace, with_replies=False) as leads:
            return _read_addresses(leads, urgent)
    except UsageError:
        return None  # there are no leads yet, or they went with an exhibit that was purged


def _read_addresses(leads: Leads, urgent: set[str]) -> pl.DataFrame:
    ids = sorted({leads.find_current_id(lead_id) for lead_id in urgent})
    paths = [*leads.files["leads"], *leads.files["sessions"]]
    is_of_them = pl.col("lead_id").is_in(ids)
    empty = pl.DataFrame(schema=dict.fromkeys(WHO, pl.String))
    frames = [pl.scan_parquet(path).filter(is_of_them).select(pl.col(WHO).cast(pl.String)).collect() for path in paths]
    return pl.concat([empty, *frames]).unique()
