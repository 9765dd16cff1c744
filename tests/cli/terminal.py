"""A person at a terminal: a real one (pty), which echoes what is typed unless it is told not to."""

from __future__ import annotations

import os
import pty
import select
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cli.conftest import environment
from tests.waits import HUNG_S, delay


@dataclass(frozen=True)
class Talk:
    code: int
    screen: str


def talk(
    words: Sequence[object], answers: Sequence[tuple[str, str]], folder: Path, more: Mapping[str, str] | None = None
) -> Talk:
    """Run the command on a terminal; type each answer once its question stands there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        command = [sys.executable, "-m", "sightline", *map(str, words)]
        os.execve(sys.executable, command, environment() | dict(more or {}))
    screen, seen = "", 0
    for question, answer in answers:
        while question not in screen[seen:]:
            got = _read(terminal)
            assert got is not None, f"{question!r} was never asked: {screen!r}"
            screen += got
        seen = screen.index(question, seen) + len(question)
        # The echo is turned off after the question was written.
        delay(0.1)
        os.write(terminal, f"{answer}\n".encode())
    while (got := _read(terminal)) is not None:
        screen += got
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return Talk(os.waitstatus_to_exitcode(status), screen)


def _read(terminal: int) -> str | None:
    """What comes next on the screen; None where the program ended."""
    ready, _, _ = select.select([terminal], [], [], HUNG_S)
    assert ready, "nothing came"
    try:
        got = os.read(terminal, 4096)
    except OSError:
        return None
    return got.decode(errors="replace") if got else None
