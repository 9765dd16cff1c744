"""Measurements for `outcomes show-precision`: leads by what they rest on, place data sets, notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from sightline.casework.leads.outcomes import list_current_outcomes
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.outcomes.dataset_weights import compute_weights, read_current_weights
from sightline.services.outcomes.outcomes import list_outcome_inputs
from sightline.services.outcomes.place_precision import measure_places
from sightline.stages.measure import place_accuracy
from sightline.stages.measure.precision import RESTS, compute_precision
from sightline.storage.rows import Outcome
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Measures:
    """`precision`, `places` and `agreements`, the tables of `stages/measure`; and `notes` in words."""

    precision: pl.DataFrame
    places: pl.DataFrame
    agreements: pl.DataFrame
    notes: tuple[str, ...]


def measure_precision(workspace: Workspace) -> Measures:
    """Return what outcomes and replies measure now. Raises UsageError if there are outcomes and no leads."""
    with workspace.read() as tables:
        outcomes = list_current_outcomes(tables)
    rests, lost = pl.DataFrame(schema=RESTS), 0
    if outcomes:
        with open_generation(workspace) as leads:
            rests, lost = list_outcome_inputs(workspace, leads, outcomes)
    measured = measure_places(workspace)
    notes = tuple(_list_notes(workspace, lost, measured))
    rows = pl.DataFrame(schema=place_accuracy.MEASURED) if measured is None else measured
    return Measures(
        compute_precision(_build_frame(outcomes), rests),
        place_accuracy.measure_accuracy(rows),
        place_accuracy.count_agreements(rows),
        notes,
    )


def _build_frame(outcomes: list[Outcome]) -> pl.DataFrame:
    rows = [(outcome.outcome_id, outcome.kind.value) for outcome in outcomes]
    return pl.DataFrame(rows, schema={"outcome": pl.String, "kind": pl.String}, orient="row")


def _list_notes(workspace: Workspace, lost: int, measured: pl.DataFrame | None) -> Iterator[str]:
    if lost:
        yield f"outcomes of leads that are not there any more: {lost:,}; they count in all, and for nothing else"
    if measured is None:
        yield "places cannot be measured: the leads of the newest resolution are gone; run sightline resolve"
    elif compute_weights(measured) != read_current_weights(workspace):
        yield "the leads do not go by these measurements of places yet: sightline leads rebuild"
