"""Long work in a thread of its own, one job of each kind at a time, while pages are served.

A job's transaction makes it complete or not done at all. A server that stops asks the job to stop, waits a moment and
exits. A mark file in the workspace then shows the next server that the job was interrupted.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fastapi import Request

from sightline.errors import Interrupted, SightlineError, UsageError, name_output_on_error
from sightline.model.progress import Progress

LOCK = threading.Lock()
LOOK_S = 0.5
"""How often a running job looks whether an officer stopped it through another process."""


@dataclass(slots=True)
class BackgroundJob:
    """Progress of a job. `failed` is the reason of the last failure, `error` the failure; `result` what it returned.

    `is_cut` means that a server stopped before its end, `is_cancelled` that an officer stopped it.

    `mark`: a file that exists and is locked while the job runs. `is_elsewhere`: another process of the web app runs it,
    whose progress is not known here.
    """

    mark: Path
    begun: datetime | None = None
    done: int = 0
    whole: int | None = None
    failed: str | None = None
    error: SightlineError | None = None
    result: object = None
    is_cut: bool = False
    is_cancelled: bool = False
    is_elsewhere: bool = False
    _thread: threading.Thread | None = field(default=None, repr=False)
    _over: threading.Event = field(default_factory=threading.Event, repr=False)
    _looked: float = field(default=0.0, repr=False)

    @property
    def is_running(self) -> bool:
        """Return whether the job runs."""
        return self.is_elsewhere or (self._thread is not None and self._thread.is_alive())

    def begin(self, at: datetime, work: Callable[[Progress], object]) -> None:
        """Start the job. Raises UsageError if the same job runs already, and OutputUnwritable."""
        with LOCK:
            if self.is_running:
                raise UsageError("this is running already", hint="wait until it has finished")
            lock_file = _lock_mark(self.mark, at)
            self._stop_file.unlink(missing_ok=True)
            self.begun, self.done, self.whole, self.failed = at, 0, None, "it stopped without a word"
            self.is_cut, self.is_cancelled, self.error, self.result = False, False, None, None
            self._over.clear()
            # A server that stops does not wait for the end of the job.
            self._thread = threading.Thread(target=self._do, args=(work, lock_file), name="job", daemon=True)
            self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait until the job ends, but not longer than `seconds`."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stop(self) -> None:
        """Ask the job to end at its next progress report. Its work is then discarded."""
        self._over.set()

    def cancel(self) -> bool:
        """Stop the job for an officer, at its next progress report, also in another process. Returns whether it runs.

        Raises OutputUnwritable.
        """
        with LOCK:
            if self.is_elsewhere:
                with name_output_on_error(self._stop_file):
                    self._stop_file.touch(mode=0o600)
                return True
            self.is_cancelled = self.is_running
            if self.is_cancelled:
                self._over.set()
            return self.is_cancelled

    @property
    def _stop_file(self) -> Path:
        """Return the file by which another process asks the job to stop."""
        return self.mark.with_name(f"{self.mark.name}.stop")

    def _do(self, work: Callable[[Progress], object], lock_file: int) -> None:
        try:
            self.result = work(self._report)
            self.failed = None
        except SightlineError as error:
            if self.is_cancelled and isinstance(error, Interrupted):
                self.failed = None
            else:
                self.failed, self.error, self.is_cut = str(error), error, self._over.is_set()
        finally:
            self._stop_file.unlink(missing_ok=True)
            if not self.is_cut:
                self.mark.unlink(missing_ok=True)
            os.close(lock_file)

    def _report(self, done: int, whole: int | None, _found: int = 0, _step: str = "", /) -> None:
        if time.monotonic() - self._looked >= LOOK_S:
            self._looked = time.monotonic()
            if self._stop_file.exists():
                self.is_cancelled = True
                self._over.set()
        if self._over.is_set():
            raise Interrupted("it was stopped" if self.is_cancelled else "the web app was closed before it was done")
        self.done, self.whole = done, whole


def _lock_mark(mark: Path, at: datetime) -> int:
    """Write and lock the mark. Returns a file descriptor; the lock lasts until it is closed."""
    with name_output_on_error(mark):
        lock_file = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock_file)
            raise UsageError("this is running already, by another server", hint="wait until it has finished") from None
        os.ftruncate(lock_file, 0)
        os.write(lock_file, at.isoformat().encode())
    return lock_file


def find_job(mark: Path) -> BackgroundJob:
    """Return the job of a kind when a server starts; it is interrupted if its mark exists and no process holds it."""
    with suppress(OSError, ValueError), mark.open(encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return BackgroundJob(mark, begun=datetime.fromisoformat(stream.read()), is_elsewhere=True)
        return BackgroundJob(mark, begun=datetime.fromisoformat(stream.read()), is_cut=True)
    return BackgroundJob(mark)


def get_job(request: Request, kind: str) -> BackgroundJob:
    """Return the job of a kind: this process's, or the one that another process runs now."""
    state = request.app.state
    jobs: dict[str, BackgroundJob] = state.jobs
    with LOCK:
        if kind not in jobs or not jobs[kind].is_running or jobs[kind].is_elsewhere:
            job = find_job(state.config.workspace.folder / f".job-{kind}")
            if kind not in jobs or job.is_elsewhere or jobs[kind].is_elsewhere:
                jobs[kind] = job
        return jobs[kind]
