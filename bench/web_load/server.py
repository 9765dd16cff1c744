"""A real `sightline serve`, and the processor time of programs, read from the system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers.program import free_ports

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Served:
    """A web app that is open: its port, the links that sign in, its process, and the file of what it complained of."""

    port: int
    links: tuple[str, ...]
    pid: int
    complaints: Path

    def processor_s(self) -> float:
        """What it and its workers took of processors until now, in seconds."""
        return _seconds(self.pid) + sum(_seconds(one) for one in _below(self.pid))

    def thread_processor_s(self) -> float:
        """What its threads took of processors until now, in seconds, to the nanosecond; without workers."""
        found = 0
        for path in Path(f"/proc/{self.pid}/task").glob("*/schedstat"):
            with suppress(OSError):
                found += int(path.read_text("ascii").split()[0])
        return found / 1e9


@contextmanager
def serving(workspace: Path, keys: Path, officers: int, workers: int = 1) -> Iterator[Served]:
    """`sightline serve` on a workspace, closed at the end. Raises RuntimeError where it does not open."""
    (port,) = free_ports(1)
    complaints = workspace.parent / "serve.stderr"
    command = [sys.executable, "-P", "-m", "sightline", "serve", "--workspace", workspace, "--keys", keys]
    command += ["--workers", workers]
    with complaints.open("w", encoding="utf-8") as stream:
        app_server = subprocess.Popen(
            [*map(str, command), "--port", str(port)], stdout=subprocess.PIPE, stderr=stream, text=True
        )
    watch = threading.Timer(120, app_server.kill)
    watch.start()
    try:
        assert app_server.stdout is not None
        links = [app_server.stdout.readline().split(" ")[0] for _ in range(officers)]
        if not all(links):
            raise RuntimeError(complaints.read_text(encoding="utf-8"))
        paths = tuple(link.partition(f":{port}")[2] for link in links)
        watch.cancel()
        yield Served(port, paths, app_server.pid, complaints)
    finally:
        watch.cancel()
        app_server.send_signal(signal.SIGINT)
        try:
            app_server.wait(20)
        except subprocess.TimeoutExpired:
            app_server.kill()
            app_server.wait()


def processor_of(program: str, below: int) -> float:
    """What a program that another process began, and all that it began, took of processors until now, in seconds."""
    found = [pid for pid, (name, parent) in _processes().items() if name == program and parent == below]
    return sum(_seconds(pid) + sum(_seconds(one) for one in _below(pid)) for pid in found)


def _below(pid: int) -> list[int]:
    return [one for one, (_, parent) in _processes().items() if parent == pid]


def _processes() -> dict[int, tuple[str, int]]:
    """Name and parent of each process."""
    found: dict[int, tuple[str, int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text("utf-8", errors="replace").partition("(")[2].rpartition(")")
        except OSError:
            continue
        found[int(path.parent.name)] = name, int(rest.split()[1])
    return found


def _seconds(pid: int) -> float:
    """User, system, and that of children who ended; 0 for a process that ended."""
    try:
        rest = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, rest[11:15])) / TICKS
