"""A server's program, run for as long as a test session."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.waits import wait_until

HOST = "127.0.0.1"


class NotHere(Exception):
    """A server's program is not installed; the message names it and how it comes."""


class NotUp(Exception):
    """A server ended, or did not begin to answer; the message ends with its last words."""


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now, below those that the system gives to clients."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(10_240, 22_000)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


class Program:
    """A started program that ends with us: `signal` is sent to it when we die, and when it is stopped."""

    def __init__(self, command: Sequence[str | Path], place: Path, *, signal: str, user: str | None = None) -> None:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise NotHere("setpriv (Debian package util-linux)")
        become = ["--reuid", user, "--regid", user, "--init-groups"] if user else []
        self._words = place.with_name(f"{place.name}.words")
        with self._words.open("ab") as words:
            self._process = subprocess.Popen(
                [setpriv, "--pdeathsig", signal, *become, "--", *map(str, command)],
                cwd=place,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return once `ready()` holds. Raises NotUp if the program ends first, or takes too long."""
        with suppress(TimeoutError):
            wait_until(lambda: self._process.poll() is not None or ready())
        if self._process.poll() is not None or not ready():
            self.stop(9)
            raise NotUp(self._words.read_text(errors="replace")[-2000:])

    def stop(self, number: int) -> None:
        """Send the signal and return when the program has ended; kill it after 20 seconds."""
        self._process.send_signal(number)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
