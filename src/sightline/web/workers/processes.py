"""Start worker processes, start them again if they end, and stop them."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

BACKLOG = 1_024
ENDS_S = 5.0
"""Seconds that workers have to end before they are killed."""


@dataclass(slots=True)
class _ServerWorker:
    listener: socket.socket
    process: subprocess.Popen[bytes] | None = None


@dataclass(slots=True)
class WorkerProcesses:
    """Worker processes, numbered from 0.

    `command`: the command of a worker, which is given the number of its listening socket as its last word.
    `settings`: returns what a worker reads as one line of JSON from its standard input. It ends when that is closed.
    """

    command: Sequence[str]
    count: int
    settings: Callable[[int], Mapping[str, object]]
    _folder: Path | None = None
    _workers: list[_ServerWorker] = field(default_factory=list)
    _is_stopped: bool = False

    def address(self, number: int) -> str:
        """Return the path of the socket on which a worker answers. Only this user can reach it."""
        return str(self._root / f"{number}.socket")

    @property
    def _root(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="sightline-"))
        return self._folder

    def start(self) -> None:
        """Start all workers. A request that comes before a worker listens waits in its socket."""
        for number in range(self.count):
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(self.address(number))
            listener.listen(BACKLOG)
            self._workers.append(_ServerWorker(listener))
            self._begin(number)

    def restart_ended(self) -> list[int]:
        """Start every worker again that ended, and return their numbers."""
        if self._is_stopped:
            return []
        ended = [
            number
            for number, worker in enumerate(self._workers)
            if worker.process is not None and worker.process.poll() is not None
        ]
        for number in ended:
            self._begin(number)
        return ended

    def stop(self) -> None:
        """Ask all workers to end."""
        self._is_stopped = True
        for worker in self._workers:
            if worker.process is not None:
                worker.process.terminate()

    def close(self) -> None:
        """Stop all workers and wait for their end."""
        self.stop()
        for worker in self._workers:
            worker.listener.close()
            if worker.process is None:
                continue
            try:
                worker.process.wait(ENDS_S)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            if worker.process.stdin is not None:
                with suppress(BrokenPipeError):
                    worker.process.stdin.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _begin(self, number: int) -> None:
        worker = self._workers[number]
        handle = worker.listener.fileno()
        # Ctrl-C reaches the process in front only, which then ends its workers.
        command = [*self.command, str(handle)]
        worker.process = subprocess.Popen(  # noqa: S603  - our own command
            command, stdin=subprocess.PIPE, pass_fds=[handle], start_new_session=True
        )
        assert worker.process.stdin is not None
        with suppress(BrokenPipeError):
            worker.process.stdin.write(json.dumps(self.settings(number)).encode() + b"\n")
            worker.process.stdin.flush()
