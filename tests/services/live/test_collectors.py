"""Real collectors, with the configurations of the documentation, write a feed that is rotated while it is watched."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.office import combined_log
from tests.servers.fixtures import missing
from tests.servers.program import NotHere
from tests.services.live.unit import LiveOffice
from tests.waits import wait_until

ROOT = Path(__file__).parents[3]
PATHS = "/usr/sbin:/usr/bin:/sbin:/bin"
PROGRAMS = {"rsyslog.conf": "rsyslogd", "syslog-ng.conf": "syslog-ng"}
"""The programs of configurations of `demo/`. Debian installs only one of them at a time."""


@dataclass(frozen=True)
class Collector:
    """A running collector, and the port on which it listens. It writes into the folder `log`."""

    process: subprocess.Popen[bytes]
    port: int


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def find_program(configuration: str) -> str:
    """Return the path of the collector, or skip where the other one is installed."""
    found = {name: shutil.which(program, path=PATHS) for name, program in PROGRAMS.items()}
    program = found[configuration]
    if program is None:
        if any(found.values()):
            pytest.skip(f"{PROGRAMS[configuration]} is not installed, and cannot be beside the other collector")
        missing(NotHere(PROGRAMS[configuration]))
    return str(program)


@pytest.fixture(params=PROGRAMS)
def collector(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Collector]:
    program, port, at = find_program(request.param), free_port(), tmp_path / "collector"
    at.mkdir()
    text = (ROOT / "demo" / request.param).read_text()
    text = text.replace("/var/log/feed", str(tmp_path / "log")).replace("10514", str(port))
    command: Sequence[str]
    if request.param == "rsyslog.conf":
        text += f'global(workDirectory="{at}")\n'
        command = [program, "-n", "-f", str(at / "conf"), "-i", str(at / "pid")]
    else:
        state = [f"--{name}={at / name}" for name in ("persist-file", "pidfile", "control")]
        command = [program, "--foreground", "--no-caps", f"--cfgfile={at / 'conf'}", *state]
    (at / "conf").write_text(text)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        yield Collector(process, port)
        process.terminate()


def send(port: int, lines: list[str]) -> None:
    def is_sent() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                head = "<134>1 2026-03-01T12:00:00Z web1 nginx - - - "
                connection.sendall("".join(f"{head}{line}" for line in lines).encode())
        except ConnectionRefusedError:
            return False
        return True

    wait_until(is_sent, "the collector listens")


def wait_for_lines(log: Path, count: int) -> None:
    wait_until(lambda: log.exists() and log.read_bytes().count(b"\n") >= count, "the collector writes all lines")


def test_the_documented_configuration_feeds_a_watch_through_rotation(tmp_path: Path, collector: Collector) -> None:
    live = LiveOffice.found(tmp_path)
    lines = combined_log(90, hits_every=5).splitlines(keepends=True)
    send(collector.port, lines[:30])
    wait_for_lines(live.log, 30)
    live.watch_once()
    live.log.rename(live.log.with_name("access.log.1"))
    send(collector.port, lines[30:60])
    wait_for_lines(live.log.with_name("access.log.1"), 60)
    collector.process.send_signal(signal.SIGHUP)
    send(collector.port, lines[60:])
    wait_until(
        lambda: sum(path.read_bytes().count(b"\n") for path in live.log.parent.iterdir()) >= 90,
        "the collector writes all lines",
    )
    assert live.watch_once().gaps == []
    live.require_whole("".join(lines))


@pytest.mark.parametrize("name", [*PROGRAMS, "vector.toml", "fluent-bit.conf"])
def test_the_documentation_shows_the_configuration(name: str) -> None:
    assert (ROOT / "demo" / name).read_text() in (ROOT / "docs" / "how-to" / "live.md").read_text()
