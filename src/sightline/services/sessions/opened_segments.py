"""Open segments when they are first read: of most segments of a feed, everything is remembered."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sightline.workspace.workspace import Workspace


@dataclass(slots=True)
class OpenedSegments:
    """Segments of a workspace that were opened. They stay open until `stack` closes."""

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
