"""A backup that the room makes: one at a time, in a thread of its own, for it may take minutes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fastapi import Request

from sightline.casework.acting import Desk
from sightline.casework.backups import back_up
from sightline.errors import SightlineError, UsageError

LOCK = threading.Lock()


@dataclass(slots=True)
class Backing:
    """How far the backup is; `failed` says why the last one came to nothing."""

    begun: datetime | None = None
    done_bytes: int = 0
    all_bytes: int | None = None
    failed: str | None = None
    _thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def is_running(self) -> bool:
        """Whether one is being made."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, desk: Desk, folder: Path) -> None:
        """Begin one. Raises UsageError where one is being made."""
        with LOCK:
            if self.is_running:
                raise UsageError("a backup is being made already", hint="wait until it is there")
            now = desk.clock()
            self.begun, self.done_bytes, self.all_bytes, self.failed = now, 0, None, None
            out = folder / f"sightline-{now:%Y-%m-%d-%H%M%S}.tar"
            self._thread = threading.Thread(target=self._make, args=(desk, out), name="backup")
            self._thread.start()

    def _make(self, desk: Desk, out: Path) -> None:
        try:
            back_up(desk, out, self._told)
        except SightlineError as why:
            self.failed = str(why)

    def _told(self, done_bytes: int, all_bytes: int | None, _files: int) -> None:
        self.done_bytes, self.all_bytes = done_bytes, all_bytes


def backing_of(request: Request) -> Backing:
    """The one of this server."""
    state = request.app.state
    with LOCK:
        if not hasattr(state, "backing"):
            state.backing = Backing()
    made: Backing = state.backing
    return made
