"""A watch that is killed at any statement or file operation, and goes on: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.services.live.watch import watch
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.workspace.workspace import open_workspace
from tests.office import combined_log, now
from tests.services.live.unit import LiveOffice, UntilIdle

FILE_EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
QUIET = lambda *_: None  # noqa: E731


def kill_at(number: int, live: LiveOffice) -> bool:
    """Watch in a process of its own that kills itself at that event. Whether it came so far."""
    live.office.workspace.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            _watch_until(number, live)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in (0, -signal.SIGKILL)
    return ended != 0


def _watch_until(number: int, live: LiveOffice) -> None:
    workspace = open_workspace(live.office.workspace.folder)
    left = [number]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for what in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(workspace.engine, what, count)
    sys.addaudithook(lambda name, _: count() if name in FILE_EVENTS else None)
    io = live.office.io
    watch(OfficerSession(workspace, io.signer, io.officer, now), live.request, QUIET, UntilIdle())


def grow(live: LiveOffice, text: str, number: int) -> None:
    """Append to the log; every third time it is rotated first."""
    if number % 3 == 2:
        live.log.rename(live.log.with_name(f"access.log.{900 - number}"))
    with live.log.open("a") as stream:
        stream.write(text)


def fill(live: LiveOffice, text: str, number: int) -> None:
    """Move a closed file into the spool folder."""
    (beside := live.log.parent / f".{number}").write_text(text)
    beside.rename(live.log.parent / f"{number:06}.log")


@pytest.mark.parametrize(
    ("kind", "is_spool", "rounds"), [("sqlite", False, 16), ("sqlite", True, 8), ("postgresql", False, 5)]
)
def test_a_killed_watch_resumes(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, *, is_spool: bool, rounds: int
) -> None:
    database = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    inputs = (tmp_path / "log",) if is_spool else ()
    live = LiveOffice.found(tmp_path, *inputs, database=database)
    add: Callable[[LiveOffice, str, int], None] = fill if is_spool else grow
    dice, texts, killed = random.Random(rounds), [], 0
    for number in range(rounds):
        texts.append(combined_log(60, start=1000 * number, hits_every=5))
        add(live, texts[-1], number)
        killed += kill_at(dice.randrange(30, 330), live)
    assert live.watch_once().gaps == []
    live.require_whole(*texts)
    assert killed > rounds // 2
    if is_spool:
        assert list(live.log.parent.iterdir()) == [], "what is registered is destroyed"
    assert verify_workspace(live.office.workspace, VerifyRequest(), QUIET).findings == []
