"""Open the workspace's data sets for the stages that query them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack

from sightline.stages.enrich.model import DataSet
from sightline.storage.rows import Dataset
from sightline.workspace.workspace import Workspace


def open_datasets(workspace: Workspace, datasets: Sequence[Dataset], stack: ExitStack) -> list[DataSet]:
    """Return data sets with their tables, open until `stack` closes, in the given order."""
    return [
        DataSet(
            dataset.name,
            dataset.kind,
            dataset.dated_us,
            dataset.dataset_id,
            stack.enter_context(workspace.segments.open_local(dataset.file)),
            dataset.speaks_for_days,
            json.loads(dataset.notes_json),
        )
        for dataset in datasets
    ]
