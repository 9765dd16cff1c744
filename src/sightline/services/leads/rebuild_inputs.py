"""Inputs of a rebuild: current runs, data sets and rules. They determine the generation's id."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import sightline
from sightline.casework.reference_data import datasets
from sightline.model import Stamp
from sightline.services.outcomes.dataset_weights import measure_weights
from sightline.services.sessions.current_runs import CurrentRun
from sightline.services.sessions.remembered_runs import REMEMBERED_RUNS
from sightline.stages.enrich.weights import UNMEASURED, Weights
from sightline.stages.leads.rules import RULES
from sightline.storage.generation_inputs import encode_inputs
from sightline.storage.rows import Dataset, Generation
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RebuildInputs:
    """Inputs of a rebuild. `weights`: the measured precision of place data sets.

    `current_runs`: current runs with hits, without the texts of their manifests and accounts. `other_runs`: the ids of
    the other runs of exhibits with hits.
    """

    current_runs: tuple[CurrentRun, ...]
    datasets: tuple[Dataset, ...]
    is_exercise: bool
    previous: Generation | None
    weights: Weights = UNMEASURED
    other_runs: tuple[str, ...] = ()

    def format_inputs(self) -> str:
        """Return everything that determines the rows of the generation, as it states them."""
        inputs_json = {
            "datasets": [dataset.dataset_id for dataset in self.datasets],
            "rules": {rule.id: rule.version for rule in RULES.values()},
            "version": sightline.__version__,
            "exercise": self.is_exercise,
        }
        weighed = {"mutes": self.weights.mutes, "independent": self.weights.pairs}
        inputs_json |= {name: [list(row) for row in rows] for name, rows in weighed.items() if rows}
        return encode_inputs(
            inputs_json, [run.run.run_id if run.lists is None else run.as_inputs() for run in self.current_runs]
        )

    def derive_generation_id(self) -> str:
        """Return the id of the generation."""
        return identify_inputs(self.format_inputs())


def identify_inputs(text: str) -> str:
    """Return the id of the generation of inputs: the digest of their text."""
    return hashlib.sha256(text.encode()).hexdigest()


def load_inputs(workspace: Workspace) -> RebuildInputs:
    """Return the current inputs."""
    with workspace.read() as tables:
        stamp = tables[WorkspaceRow].select()[0].stamp
        current_runs, other_runs = REMEMBERED_RUNS.list_current_and_others(workspace, tables)
        sets = datasets.list_current_datasets(tables)
        rests_on = RebuildInputs(
            tuple(current_runs),
            tuple(sets),
            stamp is Stamp.EXERCISE,
            find_current_generation(tables),
            other_runs=tuple(other_runs),
        )
    return replace(rests_on, weights=measure_weights(workspace))


def find_current_generation(tables: Tables) -> Generation | None:
    """Return the generation that readers use, or None."""
    return tables[Generation].find_last("number")
