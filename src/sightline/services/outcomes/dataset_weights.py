"""Weights of place data sets from measurements: which are not trusted, and which two are independent."""

from __future__ import annotations

import json

import polars as pl

from sightline.services.outcomes.place_precision import measure_places
from sightline.stages.enrich.independence import DataSetPair
from sightline.stages.enrich.muted_datasets import LEVELS, Mute
from sightline.stages.enrich.weights import Weights
from sightline.stages.measure.place_accuracy import (
    count_agreements,
    find_mutes,
    measure_accuracy,
    select_independent_pairs,
)
from sightline.storage.rows import Generation
from sightline.workspace.workspace import Workspace


def measure_weights(workspace: Workspace) -> Weights:
    """Return the current measured weights, or those of the newest generation if they cannot be measured."""
    rows = measure_places(workspace)
    return read_current_weights(workspace) if rows is None else compute_weights(rows)


def compute_weights(rows: pl.DataFrame) -> Weights:
    """Return the weights that measurements (MEASURED) give: none for no measurements."""
    if rows.is_empty():
        return Weights()
    return Weights(find_mutes(measure_accuracy(rows)), select_independent_pairs(count_agreements(rows)))


def read_current_weights(workspace: Workspace) -> Weights:
    """Return the weights that the newest generation used."""
    with workspace.read() as tables:
        newest = tables[Generation].find_last("number")
    inputs = json.loads(newest.inputs_json) if newest else {}
    return Weights(
        tuple(Mute(*mute) for mute in inputs.get("mutes", []) if mute[-1] in LEVELS),
        tuple(DataSetPair(*pair) for pair in inputs.get("independent", []) if pair[-1] in LEVELS),
    )
