"""A child process that reads one file from outside, with limits of processor time and memory.

A file from outside may be made to hang or to fill the memory. The child then ends, the file is refused in words, and
the process that serves others goes on. A child sends JSON and bytes to its parent, never pickles.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sightline import errors
from sightline.errors import DamagedInput, ProgramFault, SightlineError, describe_fault

PASSED_ON = ("Refused", "UnknownFormat", "TimeUndeclared", "DamagedInput", "UsageError")
"""The errors of reading that a child hands to its parent, by name."""
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """The limits of one child process: processor seconds, bytes of address space, and seconds in which it does no work.

    A child whose thread finds no memory can wait for that thread for ever; it then uses no processor time.
    """

    cpu_s: int
    memory_bytes: int
    idle_s: float = 60.0

    @classmethod
    def from_size(cls, size_bytes: int) -> ReadLimits:
        """Return the limits for a file: a minute, and two seconds a megabyte; 4 GiB, and 16 bytes a byte."""
        return cls(60 + 2 * size_bytes // MEBIBYTE, (4 << 30) + 16 * size_bytes)


class MessageSender:
    """The child's side: messages to the parent, in order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, message: dict[str, object]) -> None:
        """Send a JSON message."""
        self._connection.send_bytes(json.dumps(message).encode())

    def send_bytes(self, content: bytes) -> None:
        """Send bytes, which a message announced."""
        self._connection.send_bytes(content)

    def wait(self) -> None:
        """Wait until the parent takes what was sent."""
        self._connection.recv_bytes()


class Receiver:
    """The parent's side: what the child sent, or why it sends nothing more.

    `hint` is what to do about a file that met a limit.
    """

    def __init__(
        self,
        connection: Connection,
        child: Any,  # noqa: ANN401  - the class of a process depends on the start method
        name: str,
        limits: ReadLimits,
        hint: str,
    ) -> None:
        self._connection, self._child, self._name, self._limits, self._hint = connection, child, name, limits, hint

    def read_message(self) -> dict[str, Any]:
        """Return the next message. Raises the child's error, or DamagedInput where it ended or went silent."""
        message: dict[str, Any] = json.loads(self.read_bytes())
        if "error" in message:
            kind = getattr(errors, message["error"])
            raise kind(message["what"], hint=message["hint"], details=message["details"])
        if "fault" in message:
            raise ProgramFault(message["fault"])
        if "memory" in message:
            raise self._build_error("it took more memory than a file of its size needs")
        return message

    def read_bytes(self) -> bytes:
        """Return the next bytes that the child sent."""
        try:
            worked, since = -1, time.monotonic()
            while not self._connection.poll(min(1.0, self._limits.idle_s)):
                if (now := measure_processor_ticks(self._child.pid)) != worked:
                    worked, since = now, time.monotonic()
                elif time.monotonic() - since >= self._limits.idle_s:
                    raise self._build_error(
                        f"the process that read it did nothing for {self._limits.idle_s:,.0f} seconds"
                    )
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            self._child.join(5)
            if self._child.exitcode == -signal.SIGXCPU:
                raise self._build_error(f"it took more than {self._limits.cpu_s:,} seconds of processor time") from None
            raise self._build_error(f"the process that read it ended ({self._child.exitcode})") from None

    def take_one(self) -> None:
        """Let the child read on."""
        try:
            self._connection.send_bytes(b"")
        except OSError:
            return  # it ended; what it sent before is still there to be read

    def _build_error(self, what: str) -> DamagedInput:
        return DamagedInput(f"{self._name} could not be read: {what}", hint=self._hint)


@contextmanager
def run_limited_child(
    work: Callable[..., None], arguments: tuple[object, ...], name: str, limits: ReadLimits, hint: str
) -> Iterator[Receiver]:
    """Run `work(sender, *arguments)`, which reads the file `name`, in a child process that ends with the block.

    What the receiver raises: the errors of PASSED_ON that the work raised; DamagedInput, with `hint`, where the child
    met a limit or ended; ProgramFault for a bug in it.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([work.__module__])
    mine, theirs = context.Pipe(duplex=True)
    child = context.Process(target=_run, args=(theirs, work, arguments, limits), daemon=True)
    child.start()
    theirs.close()
    try:
        yield Receiver(mine, child, name, limits, hint)
    finally:
        mine.close()
        child.kill()
        child.join()
        child.close()


def measure_processor_ticks(process: int) -> int:
    """Return the processor time that a process has used, in clock ticks. Raises OSError where it has ended."""
    after_name = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return int(after_name[11]) + int(after_name[12])


def _end_process_without_memory(unraisable: sys.UnraisableHookArgs) -> None:
    """End this process where a thread found no memory to begin: the one that started it would wait for ever."""
    if issubclass(unraisable.exc_type, MemoryError):
        os._exit(os.EX_OSERR)
    sys.__unraisablehook__(unraisable)


def _run(connection: Connection, work: Callable[..., None], arguments: tuple[object, ...], limits: ReadLimits) -> None:
    """Do the work, as a child; its errors go to the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.unraisablehook = _end_process_without_memory
    _limit_resource(resource.RLIMIT_CORE, 0, 0)
    _limit_resource(resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1)
    _limit_resource(resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes)
    sender = MessageSender(connection)
    try:
        work(sender, *arguments)
    except SightlineError as error:
        sender.send(_build_message(error))
    except MemoryError:
        sender.send({"memory": True})
    except RuntimeError as error:
        # What Python says where the stack of a thread finds no memory.
        no_thread = str(error) == "can't start new thread"
        sender.send({"memory": True} if no_thread else {"fault": describe_fault(error)})
    except (BrokenPipeError, EOFError):
        return  # the parent has left
    except Exception as fault:  # noqa: BLE001  - the edge of the child: a traceback would show data of the file
        sender.send({"fault": describe_fault(fault)})


def _limit_resource(what: int, soft: int, hard: int) -> None:
    """Set a limit of this process; where a lower one is in force, that one holds."""
    most = resource.getrlimit(what)[1]
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(what, (soft, hard))


def _build_message(error: SightlineError) -> dict[str, object]:
    kind = next((error_type.__name__ for error_type in type(error).__mro__ if error_type.__name__ in PASSED_ON), None)
    if kind is None:
        return {"fault": describe_fault(error)}
    return {"error": kind, "what": str(error), "hint": error.hint, "details": list(error.details)}
