"""A real rsyslog, with the configuration of the documentation, writes a feed that is rotated while it is watched."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.office import combined_log
from tests.servers.fixtures import missing
from tests.servers.program import NotHere
from tests.services.live.unit import LiveOffice

ROOT = Path(__file__).parents[3]
CONFIGURATION = ROOT / "demo" / "rsyslog.conf"
DEADLINE_S = 60.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def rsyslog(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The running server and its port. It writes into the folder `log`."""
    program = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        missing(NotHere("rsyslogd"))
    port, at = free_port(), tmp_path / "rsyslog"
    at.mkdir()
    text = CONFIGURATION.read_text().replace("/var/log/feed", str(tmp_path / "log")).replace("10514", str(port))
    (at / "rsyslog.conf").write_text(f'{text}global(workDirectory="{at}")\n')
    command = [str(program), "-n", "-f", str(at / "rsyslog.conf"), "-i", str(at / "pid")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        yield process, port
        process.terminate()


def send(port: int, lines: list[str]) -> None:
    until = time.monotonic() + DEADLINE_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                head = "<134>1 2026-03-01T12:00:00Z web1 nginx - - - "
                connection.sendall("".join(f"{head}{line}" for line in lines).encode())
            return
        except ConnectionRefusedError:
            assert time.monotonic() < until, "rsyslogd does not listen"
            time.sleep(0.05)


def wait_for_lines(log: Path, count: int) -> None:
    until = time.monotonic() + DEADLINE_S
    while not log.exists() or log.read_bytes().count(b"\n") < count:
        assert time.monotonic() < until, "rsyslogd did not write all lines"
        time.sleep(0.05)


def test_the_documented_configuration_feeds_a_watch_through_rotation(
    tmp_path: Path, rsyslog: tuple[subprocess.Popen[bytes], int]
) -> None:
    live, (process, port) = LiveOffice.found(tmp_path), rsyslog
    lines = combined_log(90, hits_every=5).splitlines(keepends=True)
    send(port, lines[:30])
    wait_for_lines(live.log, 30)
    live.watch_once()
    live.log.rename(live.log.with_name("access.log.1"))
    send(port, lines[30:60])
    wait_for_lines(live.log.with_name("access.log.1"), 60)
    process.send_signal(signal.SIGHUP)
    send(port, lines[60:])
    until = time.monotonic() + DEADLINE_S
    while sum(one.read_bytes().count(b"\n") for one in live.log.parent.iterdir()) < 90:
        assert time.monotonic() < until, "rsyslogd did not write all lines"
        time.sleep(0.05)
    assert live.watch_once().gaps == []
    live.require_whole("".join(lines))


def test_the_documentation_shows_the_configuration_that_is_tested() -> None:
    assert CONFIGURATION.read_text() in (ROOT / "docs" / "how-to" / "live.md").read_text()
