"""Start and stop one program; wait for what it must do first."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from .install import PATH

ZONE = "Asia/Kolkata"
_PATIENCE_S = 20.0


def this_year() -> str:
    """The year in ZONE now, for layouts that do not write it."""
    return str(datetime.now(ZoneInfo(ZONE)).year)


def wait_for(what: str, ready: Callable[[], bool], patience_s: float = _PATIENCE_S) -> None:
    """Return once `ready()` holds; raise TimeoutError that names what was awaited."""
    end = time.monotonic() + patience_s
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {patience_s:g} s in vain for {what}")
        time.sleep(0.05)


def listens(address: str, port: int) -> bool:
    """Whether something accepts TCP connections there."""
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def running(
    command: list[str], place: Path, ready: Callable[[], bool], more: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The program, started in the foreground and ready; terminated at the end, and killed if it stays.

    `more` is for its environment.
    """
    output, words = (place / f"{Path(command[0]).name}.{kind}" for kind in ("output", "words"))
    with output.open("ab") as sink, words.open("ab") as talk:
        environment = {"TZ": ZONE, "PATH": PATH, "LC_ALL": "C", **(more or {})}
        process = subprocess.Popen(
            command, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=talk
        )
        try:
            wait_for(f"{command[0]} (its words: {words})", lambda: _alive(process, words) and ready())
            yield process
        finally:
            stop(process)


def _alive(process: subprocess.Popen[bytes], words: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}: {words.read_text(errors='replace')}")
    return True


def stop(process: subprocess.Popen[bytes]) -> None:
    """Terminate the process; kill it after ten seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
