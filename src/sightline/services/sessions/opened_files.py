"""Open files of the workspace for the stages that read them: data sets, and segments when they are first read."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

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


@dataclass(slots=True)
class OpenedSegments:
    """Segments of a workspace that were opened. They stay open until `stack` closes.

    Of most segments of a feed, everything is remembered, so that they are never opened.
    """

    workspace: Workspace
    stack: ExitStack
    _paths: dict[str, Path] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open_path(self, file: str) -> Path:
        """Return the path of a segment. Raises DamagedInput if the store has none of that name."""
        with self._lock:
            if file not in self._paths:
                self._paths[file] = self.stack.enter_context(self.workspace.segments.open_local(file))
            return self._paths[file]
