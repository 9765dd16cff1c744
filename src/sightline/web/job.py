"""Long work that the room does in a thread of its own, one of a kind at a time, while pages go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request

from sightline.errors import SightlineError, UsageError

LOCK = threading.Lock()
Told = Callable[[int, int | None, int], None]
"""Is told how much is done, of how much where that is known, and what was found, now and then."""


@dataclass(slots=True)
class Job:
    """How far the work is; `failed` says why the last one came to nothing."""

    begun: datetime | None = None
    done: int = 0
    whole: int | None = None
    failed: str | None = None
    _thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def is_running(self) -> bool:
        """Whether it is being done."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, at: datetime, work: Callable[[Told], object]) -> None:
        """Begin. Raises UsageError where the same is being done already."""
        with LOCK:
            if self.is_running:
                raise UsageError("this is being done already", hint="wait until it is done")
            self.begun, self.done, self.whole, self.failed = at, 0, None, "it stopped without a word"
            self._thread = threading.Thread(target=self._do, args=(work,), name="job")
            self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait until it is done, but no longer than that."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _do(self, work: Callable[[Told], object]) -> None:
        try:
            work(self._told)
            self.failed = None
        except SightlineError as why:
            self.failed = str(why)

    def _told(self, done: int, whole: int | None, _found: int) -> None:
        self.done, self.whole = done, whole


def job_of(request: Request, kind: str) -> Job:
    """The one of a kind of this server."""
    jobs: dict[str, Job] = request.app.state.jobs
    with LOCK:
        return jobs.setdefault(kind, Job())
