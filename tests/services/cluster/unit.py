"""A cluster of processes of its own on the loopback interface, as `sightline cluster` starts them."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sightline.file_digests import compute_sha256
from sightline.model import IntentState
from sightline.services.scan.request import ScanRequest
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.workspace.workspace import Workspace
from tests.office import Office, signed_list
from tests.waits import wait_until

QUIET = lambda *_: None  # noqa: E731
FLAGS = "kind,value,category\ndomain,board.example,csam\n"


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
    _starts: Iterator[int] = field(default_factory=count)

    @property
    def address(self) -> str:
        return f"{'tls' if self.keys else 'tcp'}://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        self.scheduler = self._start("run-scheduler")

    def start_worker(self, name: str, *, patch: str = "", wait: bool = True) -> None:
        words = ("--read", str(self.read), "--write", str(self.write), "--cores", "1", "--name", name)
        self.workers.append(self._start("run-worker", *words, patch=patch, wait=wait))

    def _start(self, verb: str, *words: str, patch: str = "", wait: bool = True) -> subprocess.Popen[bytes]:
        """Start a process, and wait until it is ready. `patch`: Python that it runs first."""
        code = f"{patch}\nimport sys\nfrom sightline.cli import main\nsys.exit(main())"
        keys = ("--keys", str(self.keys)) if self.keys else ()
        log = self.write / f"{verb}-{next(self._starts)}.log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [sys.executable, "-c", code, "cluster", verb, self.address, *words, *keys],
                stderr=errors,
                stdout=subprocess.DEVNULL,
            )
        if wait:
            wait_until(
                lambda: process.poll() is not None or re.search("is ready|listens", log.read_text()), f"{verb} is ready"
            )
            assert process.poll() is None, f"{verb} ended with {process.returncode}: {log.read_text()}"
        return process

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


def make_request(office: Office, logs: Path, folder: Path, **more: object) -> ScanRequest:
    lists = (signed_list(folder, FLAGS),)
    return ScanRequest((logs,), office.source.name, office.authority.number, lists, **more)  # type: ignore[arg-type]


def contents(workspace: Workspace) -> dict[str, object]:
    """What a scan leaves of each run, without what is random in every scan: row keys and what follows of them."""
    found: dict[str, object] = {}
    with workspace.read() as tables:
        for run in tables[rows.Run].select():
            segments = sorted(tables[rows.Segment].select(run_id=run.run_id), key=lambda one: one.number)
            files = []
            for segment in segments:
                with workspace.segments.open_local(segment.file) as path:
                    assert compute_sha256(path) == segment.sha256
                    files.append((path.read_bytes(), segment.rows, segment.first_us, segment.last_us))
            manifest = json.loads(run.manifest_json)
            same = {name: manifest[name] for name in ("exhibit", "lists", "format", "options", "account", "versions")}
            found[run.run_id] = (run.exhibit_id, run.hits, run.account_json, same, files)
    return found


def require_whole(office: Office) -> None:
    assert verify_workspace(office.workspace, VerifyRequest(rows=True), QUIET).findings == []
    with office.workspace.read() as tables:
        states = {intent.state for intent in tables[rows.Intent].select()}
        used = {segment.file for segment in tables[rows.Segment].select()}
    assert states <= {IntentState.REGISTERED, IntentState.SWEPT}
    assert {name.name for name in office.workspace.segments.names() if name.name.endswith(".parquet")} == used
