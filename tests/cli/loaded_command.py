"""The command, run in forks of a process that has loaded its modules: hundreds of tests run it, and loading takes longest.

A fork is a process like any other: it has the arguments, files, folder and environment that it was given, and it ends as
an interpreter ends. Polars starts threads when it is loaded, which a fork would lack: each command loads it for itself.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MOST_BYTES = 1 << 20
"""Bytes of a request: arguments and environment."""
OF_START = ("PYTHON", "LC_", "LANG", "MALLOC", "RUST_BACKTRACE", "POLARS_")
"""Beginnings of variables that an interpreter reads when it starts, or a library when it is loaded."""
MOST_S = 600


class LoadedCommand:
    """A process that has the command's modules loaded, under one environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._of_start = of_start(environment)
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_BYTES)
        with other:
            command = [sys.executable, "-m", "tests.cli.loaded_command", str(other.fileno())]
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=dict(environment), pass_fds=[other.fileno()], stdin=subprocess.DEVNULL
            )

    def serves(self, environment: Mapping[str, str]) -> bool:
        """Whether a command with this environment may be a fork of this process."""
        return of_start(environment) == self._of_start

    def run(
        self, words: Sequence[str], *, stdin: bytes | None, cwd: Path | None, environment: Mapping[str, str]
    ) -> tuple[int, bytes, bytes]:
        """Run the command; its exit code (negative where a signal ended it), standard output and standard error."""
        out, err, told = os.pipe(), os.pipe(), os.pipe()
        given = os.pipe() if stdin is not None else (os.open(os.devnull, os.O_RDONLY), None)
        request = json.dumps({"words": list(words), "cwd": str(cwd or Path.cwd()), "environment": dict(environment)})
        socket.send_fds(self._socket, [request.encode()], [given[0], out[1], err[1], told[1]])
        for one in (given[0], out[1], err[1], told[1]):
            os.close(one)
        with ThreadPoolExecutor(4) as each:
            if given[1] is not None:
                each.submit(_give, given[1], stdin or b"")
            both = [each.submit(_take, one) for one in (out[0], err[0])]
            code = each.submit(_take, told[0]).result(MOST_S)
            return int(code), both[0].result(MOST_S), both[1].result(MOST_S)


def of_start(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of an environment that cannot be changed once a process has begun."""
    return {name: value for name, value in environment.items() if name.startswith(OF_START)}


def _give(number: int, content: bytes) -> None:
    with os.fdopen(number, "wb", buffering=0) as file:
        try:
            file.write(content)
        except BrokenPipeError:
            return


def _take(number: int) -> bytes:
    with os.fdopen(number, "rb") as file:
        return file.read()


def load() -> None:
    """Import the command's modules but those that need Polars."""
    import sightline

    sys.modules["polars"] = None  # type: ignore[assignment]
    for one in pkgutil.walk_packages(sightline.__path__, "sightline."):
        if not one.name.startswith(("sightline.web", "sightline.storage.migrations", "sightline.__main__")):
            try:
                importlib.import_module(one.name)
            except ImportError:
                continue
    del sys.modules["polars"]
    # What is loaded stays as it is: no fork copies its memory to count it or to free it.
    gc.freeze()
    assert len([*Path("/proc/self/task").iterdir()]) == 1, "a thread was started, which a fork would lack"


def serve(requests: socket.socket) -> list[str]:
    """Fork for each request. Returns in a fork, with its arguments."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, numbers, _, _ = socket.recv_fds(requests, MOST_BYTES, 4)
        if not message:
            raise SystemExit(0)
        if os.fork() == 0:
            break
        for one in numbers:
            os.close(one)
    requests.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *standard, told = numbers
    if (child := os.fork()) != 0:
        for one in standard:
            os.close(one)
        _, status = os.waitpid(child, 0)
        os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    os.close(told)
    request = json.loads(message)
    for number, one in enumerate(standard):
        os.dup2(one, number)
        os.close(one)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    return [str(one) for one in request["words"]]


if __name__ == "__main__":
    load()
    sys.argv[1:] = serve(socket.socket(fileno=int(sys.argv[1])))
    sys.path[0] = str(Path.cwd())
    runpy.run_module("sightline", run_name="__main__", alter_sys=True)
