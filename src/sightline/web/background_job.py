"""Long work that the room does in a thread of its own, one of a kind at a time, while pages go on.

The work is whole or not at all by its own transaction. A room that is closed asks it to stop, waits a moment, and goes:
a mark in the workspace then says to whoever opens the room next that it was cut short.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fastapi import Request

from sightline.errors import Interrupted, SightlineError, UsageError, writing

LOCK = threading.Lock()
Told = Callable[[int, int | None, int], None]
"""Is told how much is done, of how much where that is known, and what was found, now and then."""


@dataclass(slots=True)
class Job:
    """How far the work is; `failed` says why the last came to nothing, `is_cut` that a room was closed before its end.

    `mark`: a file that is there, and locked, while the work is done.
    """

    mark: Path
    begun: datetime | None = None
    done: int = 0
    whole: int | None = None
    failed: str | None = None
    is_cut: bool = False
    _thread: threading.Thread | None = field(default=None, repr=False)
    _over: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def is_running(self) -> bool:
        """Whether it is being done."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, at: datetime, work: Callable[[Told], object]) -> None:
        """Begin. Raises UsageError where the same is being done already, OutputUnwritable."""
        with LOCK:
            if self.is_running:
                raise UsageError("this is being done already", hint="wait until it is done")
            held = _held(self.mark, at)
            self.begun, self.done, self.whole, self.failed = at, 0, None, "it stopped without a word"
            self.is_cut = False
            # Whoever closes the room does not wait for the end of the work.
            self._thread = threading.Thread(target=self._do, args=(work, held), name="job", daemon=True)
            self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait until it is done, but no longer than that."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stop(self) -> None:
        """Ask it to end where it tells next how far it is: nothing of it is kept then."""
        self._over.set()

    def _do(self, work: Callable[[Told], object], held: int) -> None:
        try:
            work(self._told)
            self.failed = None
        except SightlineError as why:
            self.failed, self.is_cut = str(why), self._over.is_set()
        finally:
            if not self.is_cut:
                self.mark.unlink(missing_ok=True)
            os.close(held)

    def _told(self, done: int, whole: int | None, _found: int) -> None:
        if self._over.is_set():
            raise Interrupted("the room was closed before it was done")
        self.done, self.whole = done, whole


def _held(mark: Path, at: datetime) -> int:
    """The mark, written and locked for as long as it is open."""
    with writing(mark):
        held = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise UsageError("this is being done already, by another server", hint="wait until it is done") from None
        os.ftruncate(held, 0)
        os.write(held, at.isoformat().encode())
    return held


def find_job(mark: Path) -> Job:
    """The work of a kind as it stands when a room is opened: cut short where a mark is there that nobody holds."""
    with suppress(OSError, ValueError), mark.open(encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return Job(mark, begun=datetime.fromisoformat(held.read()), is_cut=True)
    return Job(mark)


def job_of(request: Request, kind: str) -> Job:
    """The one of a kind of this server."""
    state = request.app.state
    jobs: dict[str, Job] = state.jobs
    with LOCK:
        if kind not in jobs:
            jobs[kind] = find_job(state.config.workspace.folder / f".job-{kind}")
        return jobs[kind]
