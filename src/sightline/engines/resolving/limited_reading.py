"""Replies are read in a child process with limits of processor time and memory.

A file that came from outside may be made to hang or to fill the memory. Then its child ends, the reply is refused in
words, and whoever serves others goes on. The child gives its rows back as Arrow streams, never as pickles.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import polars as pl

from sightline import errors
from sightline.errors import DamagedInput, ProgramFault, SightlineError, fault_of
from sightline.records import NoticeKind
from sightline.stages.resolve.model import Batch, Declared
from sightline.stages.resolve.reading import Opened, opened

FRAMES = ("assigned", "subscribers", "rejects", "inside")
PASSED_ON = ("Refused", "UnknownFormat", "TimeUndeclared", "DamagedInput", "UsageError")
"""The errors of reading that a child hands to its parent, by name."""
AHEAD = 2
"""How many batches a child reads before its parent takes them."""
Reader = Callable[[Path, NoticeKind, Declared], Opened]
OPENED: Reader = opened
"""What a child reads with."""
Progress = Callable[[int, int | None], object]
"""Is told bytes read, and bytes in all where that is known."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What one child may take: processor seconds, bytes of address space, and seconds without any sign of life."""

    cpu_s: int
    memory_bytes: int
    silence_s: float = 600.0

    @classmethod
    def for_size(cls, size_bytes: int) -> ReadLimits:
        """Return the limits for a file: a minute, and two seconds a megabyte; 4 GiB, and 16 bytes a byte."""
        return cls(60 + 2 * size_bytes // (1 << 20), (4 << 30) + 16 * size_bytes)


@dataclass(frozen=True, slots=True)
class LimitedReply:
    """A reply that a child reads: its layout, why that one, and its batches in order, each given once."""

    layout: str
    why: str
    batches: Iterator[Batch]


@contextmanager
def limited_reply(
    path: Path, kind: NoticeKind, declared: Declared, progress: Progress, limits: ReadLimits | None = None
) -> Iterator[LimitedReply]:
    """Yield a reply whose rows a child process reads; it ends with the block.

    Raises what `opened` raises; DamagedInput where the child met a limit or ended; ProgramFault for a bug in it.
    """
    allowed = limits or ReadLimits.for_size(path.stat().st_size)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    mine, theirs = context.Pipe(duplex=True)
    child = context.Process(target=_read, args=(theirs, OPENED, str(path), kind.value, declared, allowed), daemon=True)
    child.start()
    theirs.close()
    try:
        yield _begun(_Messages(mine, child, path, allowed), progress)
    finally:
        mine.close()
        child.kill()
        child.join()
        child.close()


class _Messages:
    """What a child sends: JSON, each frame of a batch after the message that announces it."""

    def __init__(self, connection: Connection, child: Any, path: Path, limits: ReadLimits) -> None:  # noqa: ANN401
        self._connection, self._child, self._path, self._limits = connection, child, path, limits

    def next(self) -> dict[str, Any]:
        """Return the next message. Raises the child's error, or DamagedInput where it ended or went silent."""
        told: dict[str, Any] = json.loads(self.bytes())
        if "error" in told:
            kind = getattr(errors, told["error"])
            raise kind(told["what"], hint=told["hint"], details=told["details"])
        if "fault" in told:
            raise ProgramFault(told["fault"])
        if "memory" in told:
            raise self._over("it took more memory than a reply of its size needs")
        return told

    def bytes(self) -> bytes:
        """Return the next bytes that the child sent."""
        try:
            if not self._connection.poll(self._limits.silence_s):
                raise self._over(f"no result came for {self._limits.silence_s:,.0f} seconds")
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            self._child.join(5)
            if self._child.exitcode == -signal.SIGXCPU:
                raise self._over(f"it took more than {self._limits.cpu_s:,} seconds of processor time") from None
            raise self._over(f"the process that read it ended ({self._child.exitcode})") from None

    def take_one(self) -> None:
        """Let the child read on."""
        try:
            self._connection.send_bytes(b"")
        except OSError:
            return  # it ended; what it sent before is still there to be read

    def _over(self, what: str) -> DamagedInput:
        return DamagedInput(
            f"{self._path.name} could not be read: {what}",
            hint="nothing of it was kept; ask the licensee for it as plain CSV, in smaller files",
        )


def _begun(messages: _Messages, progress: Progress) -> LimitedReply:
    head = messages.next()
    return LimitedReply(head["layout"], head["why"], _batches(messages, progress))


def _batches(messages: _Messages, progress: Progress) -> Iterator[Batch]:
    while (told := messages.next()).get("is_batch"):
        frames = {name: pl.read_ipc_stream(io.BytesIO(messages.bytes())) for name in FRAMES}
        messages.take_one()
        progress(told["done"], told["size"])
        yield Batch(**frames)


def _read(connection: Connection, reader: Reader, path: str, kind: str, declared: Declared, limits: ReadLimits) -> None:
    """Read a reply, as a child: what it finds goes to the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    try:
        _send_all(connection, reader(Path(path), NoticeKind(kind), declared))
    except SightlineError as error:
        _send(connection, _told(error))
    except MemoryError:
        _send(connection, {"memory": True})
    except RuntimeError as error:
        # What Python says where the stack of a thread finds no memory.
        no_thread = str(error) == "can't start new thread"
        _send(connection, {"memory": True} if no_thread else {"fault": fault_of(error)})
    except (BrokenPipeError, EOFError):
        return  # the parent has left
    except Exception as fault:  # the edge of the child: a bug is handed on without data
        _send(connection, {"fault": fault_of(fault)})


def _told(error: SightlineError) -> dict[str, object]:
    kind = next((one.__name__ for one in type(error).__mro__ if one.__name__ in PASSED_ON), None)
    if kind is None:
        return {"fault": fault_of(error)}
    return {"error": kind, "what": str(error), "hint": error.hint, "details": list(error.details)}


def _send_all(connection: Connection, reply: Opened) -> None:
    _send(connection, {"layout": reply.layout, "why": reply.why})
    at: list[int | None] = [0, None]

    def reached(done: int, size: int | None) -> None:
        at[:] = [done, size]

    for number, batch in enumerate(reply.batches(reached)):
        if number >= AHEAD:
            connection.recv_bytes()
        _send(connection, {"is_batch": True, "done": at[0], "size": at[1]})
        for name in FRAMES:
            stream = io.BytesIO()
            getattr(batch, name).write_ipc_stream(stream)
            connection.send_bytes(stream.getvalue())
    _send(connection, {"is_batch": False})


def _send(connection: Connection, told: dict[str, object]) -> None:
    connection.send_bytes(json.dumps(told).encode())
