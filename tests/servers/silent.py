"""A server that takes every connection, reads what comes, and never answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread

from tests.servers.program import HOST


@dataclass
class Silent:
    """The server; `taken` are its connections, which stay open."""

    listening: socket.socket
    reads: bool
    taken: list[socket.socket] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.listening.getsockname()[1]}"

    def take(self) -> None:
        with suppress(OSError):
            while True:
                self.taken.append(self.listening.accept()[0])
                if self.reads:
                    Thread(target=_swallow, args=(self.taken[-1],), daemon=True).start()


def _swallow(taken: socket.socket) -> None:
    with suppress(OSError):
        while taken.recv(1 << 16):
            pass


@contextmanager
def silent(*, reads: bool) -> Iterator[Silent]:
    """The server, which ends with the block."""
    with socket.create_server((HOST, 0)) as listening:
        server = Silent(listening, reads)
        taking = Thread(target=server.take, daemon=True)
        taking.start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            taking.join()
            for connection in server.taken:
                connection.close()
