"""The board of an operation: leads by stage, events by kind and place, outcomes and measured precision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from sightline.casework.leads import outcomes
from sightline.casework.operations import operations
from sightline.model import LeadStatus, OperationEventKind, OutcomeKind, ResolutionVerdict
from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.lead_files import Leads
from sightline.services.lead_status.status import STATUS, derive_statuses, read_current_work, with_status
from sightline.services.outcomes.outcomes import find_current_ids, list_outcome_inputs
from sightline.stages.measure.precision import compute_precision
from sightline.stages.report.totals import Totals, count_totals
from sightline.storage.rows import Operation, OperationEvent, Outcome, Resolving
from sightline.workspace.workspace import Workspace

MEMBERS: dict[str, pl.DataType] = {**STATUS, "is_named": pl.Boolean()}
"""A lead of an operation: STATUS, and whether replies name one subscriber for one of its sessions."""


@dataclass(frozen=True, slots=True)
class Board:
    """An operation as it stands. `members`: MEMBERS of leads that are there; `lost`: how many are not any more.

    `happened`: how many of each kind, and by state and kind; `precision`: as `stages/measure` has it, of its outcomes.
    """

    operation: Operation
    members: pl.DataFrame
    lost: int
    events: Sequence[OperationEvent]
    outcomes: Sequence[Outcome]
    precision: pl.DataFrame
    totals: Totals

    @property
    def leads(self) -> int:
        """Return the number of its leads, including lost ones."""
        return len(self.members) + self.lost

    @property
    def stages(self) -> Mapping[LeadStatus, int]:
        """Return the number of leads at each stage, in order."""
        result = dict(self.members.group_by("status").len().iter_rows())
        return {lead_status: result.get(lead_status.value, 0) for lead_status in LeadStatus}

    @property
    def named_count(self) -> int:
        """Return the number of leads for which replies name one subscriber."""
        return int(self.members["is_named"].sum())

    @property
    def closed_for(self) -> Mapping[str, int]:
        """Return why leads are closed, most frequent first."""
        reasons = self.members["reason"].drop_nulls()
        return dict(Counter(reasons.to_list()).most_common())

    @property
    def happened(self) -> Mapping[OperationEventKind, int]:
        """Return the count of each kind of event, in order."""
        result: Counter[OperationEventKind] = Counter()
        for event in self.events:
            result[event.kind] += event.count
        return {kind: result[kind] for kind in OperationEventKind}

    @property
    def happened_in(self) -> Mapping[str, Mapping[OperationEventKind, int]]:
        """Return the count of each kind of event by state code, largest first."""
        result: dict[str, Counter[OperationEventKind]] = {}
        for event in self.events:
            result.setdefault(event.state, Counter())[event.kind] += event.count
        return dict(sorted(result.items(), key=lambda pair: (-pair[1].total(), pair[0])))

    @property
    def outcome_counts(self) -> Mapping[OutcomeKind, int]:
        """Return the number of outcomes of each kind, in order."""
        counts = Counter(outcome.kind for outcome in self.outcomes)
        return {kind: counts[kind] for kind in OutcomeKind}


def build_board(workspace: Workspace, lead_files: Leads, text: str) -> Board:
    """Return the board of an operation, over the leads of a generation.

    Raises UsageError if there is no such operation.
    """
    with workspace.read() as tables:
        operation = operations.find_operation(tables, text)
        events = operations.list_events(tables, operation.operation_id)
        lead_ids = sorted(
            one
            for one, stands in read_current_work(tables, lead_files).items()
            if operation.operation_id in stands.operations
        )
        every = outcomes.list_current_outcomes(tables)
        resolution = tables[Resolving].find_last("number")
    ids = pl.DataFrame({"lead_id": lead_ids}, schema={"lead_id": pl.String})
    now = find_current_ids(lead_files, (outcome.lead_id for outcome in every))
    of_these = set(lead_ids)
    lead_outcomes = [outcome for outcome in every if now[outcome.lead_id] in of_these]
    rests, _ = list_outcome_inputs(workspace, lead_files, lead_outcomes)
    leads = lead_files.open_frame().join(ids.lazy(), on="lead_id", how="semi")
    members = _build_members(workspace, lead_files, ids, resolution)
    kinds = pl.DataFrame(
        [(outcome.outcome_id, outcome.kind.value) for outcome in lead_outcomes],
        schema={"outcome": pl.String, "kind": pl.String},
        orient="row",
    )
    lost = len(lead_ids) - len(members)
    return Board(operation, members, lost, events, lead_outcomes, compute_precision(kinds, rests), count_totals(leads))


def _build_members(workspace: Workspace, leads: Leads, ids: pl.DataFrame, resolution: Resolving | None) -> pl.DataFrame:
    """MEMBERS of those of the leads that are there, by id."""
    there = leads.open_frame().select("lead_id").join(ids.lazy(), on="lead_id", how="semi")
    rows = with_status(there, derive_statuses(workspace, leads)).collect()
    named = _count_named(workspace, leads, resolution)
    whole = rows.with_columns(pl.col("lead_id").is_in(named).alias("is_named"))
    return whole.select(pl.col(name).cast(kind) for name, kind in MEMBERS.items()).sort("lead_id")


def _count_named(workspace: Workspace, leads: Leads, resolution: Resolving | None) -> list[str]:
    if resolution is None:
        return []
    sessions = resolution_files.read_table(workspace, resolution, "sessions", ["lead_id", "verdict"])
    ids = sessions.filter(pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value)["lead_id"].unique().sort()
    return sorted(set(find_current_ids(leads, ids).values()))
