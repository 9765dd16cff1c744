"""A cluster of processes of its own on the loopback interface, as `sightline cluster` starts them."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@dataclass
class LocalCluster:
    """A scheduler and workers of one core. `keys`: the folder of keys, for TLS."""

    read: Path
    write: Path
    keys: Path | None = None
    port: int = field(default_factory=free_port)
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{'tls' if self.keys else 'tcp'}://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        self.scheduler = self._start("scheduler")

    def start_worker(self, name: str, *, patch: str = "") -> None:
        words = ("--read", str(self.read), "--write", str(self.write), "--cores", "1", "--name", name)
        self.workers.append(self._start("worker", *words, patch=patch))

    def _start(self, verb: str, *words: str, patch: str = "") -> subprocess.Popen[bytes]:
        """Start a process, and wait until it is ready. `patch`: Python that it runs first."""
        code = f"{patch}\nimport sys\nfrom sightline.cli import main\nsys.exit(main())"
        keys = ("--keys", str(self.keys)) if self.keys else ()
        log = self.write / f"{verb}-{len(self.workers)}-{time.monotonic_ns()}.log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [sys.executable, "-c", code, "cluster", verb, self.address, *words, *keys],
                stderr=errors,
                stdout=subprocess.DEVNULL,
            )
        while process.poll() is None:
            text = log.read_text()
            if "is ready" in text or "listens" in text:
                return process
            time.sleep(0.05)
        raise AssertionError(f"{verb} ended with {process.returncode}: {log.read_text()}")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process is not None and process.poll() is None:
                self.kill(process)


@contextmanager
def local_cluster(read: Path, write: Path, workers: int = 2, keys: Path | None = None) -> Iterator[LocalCluster]:
    """Yield a running cluster, and end its processes."""
    cluster = LocalCluster(read, write, keys)
    try:
        cluster.start_scheduler()
        for number in range(workers):
            cluster.start_worker(f"worker-{number}")
        yield cluster
    finally:
        cluster.stop()
