"""The command, run in forks of a process that has loaded its modules: hundreds of tests run it,
and loading takes longest.

A fork is a process like any other: it has the arguments, files, folder and environment that it was given, and it ends
as an interpreter ends. It lacks the threads that Polars starts when it is loaded, which only tidy up: those that
compute start with the first computation, so in the fork. The product's own children that read hostile files are forked
in the same way.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import socket
import subprocess
import sys
import threading
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
TIDYING = ("jemalloc_bg_thd", "polars-ooc-clea")
"""Threads of a loaded Polars, by the names that the system cuts off: they give memory back and delete spilled files."""


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
        out, err, exit_pipe = os.pipe(), os.pipe(), os.pipe()
        given = os.pipe() if stdin is not None else (os.open(os.devnull, os.O_RDONLY), None)
        request = json.dumps({"words": list(words), "cwd": str(cwd or Path.cwd()), "environment": dict(environment)})
        socket.send_fds(self._socket, [request.encode()], [given[0], out[1], err[1], exit_pipe[1]])
        for one in (given[0], out[1], err[1], exit_pipe[1]):
            os.close(one)
        with ThreadPoolExecutor(4) as thread_pool_executor:
            if given[1] is not None:
                thread_pool_executor.submit(_give, given[1], stdin or b"")
            both = [thread_pool_executor.submit(_take, one) for one in (out[0], err[0])]
            code = thread_pool_executor.submit(_take, exit_pipe[0]).result(MOST_S)
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
    """Import the command's modules."""
    import sightline

    for package in pkgutil.walk_packages(sightline.__path__, "sightline."):
        if not package.name.startswith(("sightline.web", "sightline.storage.migrations", "sightline.__main__")):
            importlib.import_module(package.name)
    # What is loaded stays as it is: no fork copies its memory to count it or to free it.
    gc.freeze()
    threads = {(path / "comm").read_text().strip() for path in Path("/proc/self/task").iterdir()}
    assert threads <= {Path("/proc/self/comm").read_text().strip(), *TIDYING}, "a thread started that a fork would lack"


def serve(requests: socket.socket) -> list[str]:
    """Fork for each request. Returns in a fork, with its arguments."""
    forks: set[int] = set()
    while True:
        message, numbers, _, _ = socket.recv_fds(requests, MOST_BYTES, 4)
        if not message:
            raise SystemExit(0)
        # Those that ended are waited for, so that their processor time is counted as this process's.
        forks = {one for one in forks if os.waitpid(one, os.WNOHANG) == (0, 0)}
        if (fork := os.fork()) == 0:
            break
        forks.add(fork)
        for one in numbers:
            os.close(one)
    requests.close()
    *standard, exit_pipe = numbers
    if (child := os.fork()) != 0:
        for one in standard:
            os.close(one)
        _, status = os.waitpid(child, 0)
        os.write(exit_pipe, str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    os.close(exit_pipe)
    request = json.loads(message)
    for number, one in enumerate(standard):
        os.dup2(one, number)
        os.close(one)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    return [str(word) for word in request["words"]]


def end(code: object) -> None:
    """End this process as an interpreter does, but without freeing what was loaded: that would copy all of it first.

    Returns where only the interpreter can say how it ends: a code that is a text, an output that nobody reads any more.
    """
    if code is not None and not isinstance(code, int):
        return
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    os._exit((code or 0) & 0xFF)


if __name__ == "__main__":
    load()
    sys.argv[1:] = serve(socket.socket(fileno=int(sys.argv[1])))
    sys.path[0] = str(Path.cwd())
    try:
        runpy.run_module("sightline", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        end(ended.code)
        raise
