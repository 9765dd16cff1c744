"""The HTTP server: it drops slow connections, and when it stops it ends pages that update themselves."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from sightline.errors import UsageError
from sightline.private_files import require_server_key
from sightline.web.rate_limits import derive_place

HEAD_S = 15.0
"""Maximum seconds from connecting, or from the first byte, to the end of a request's head."""
BODY_S = 120.0
"""Maximum seconds for a request's body."""
MOST_CONNECTIONS = 1_000
MOST_OF_ONE_PLACE = MOST_CONNECTIONS // 2
"""Connections that one address, or one /64 of IPv6, may have at once: others can always connect beside it."""
CHECK_S = 1.0


class _Protocol(H11Protocol):
    """One connection. A client that sends nothing, or too slowly, is disconnected, or it would stay for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer of the connection. One too many of its address is closed at once.

        Behind a proxy all connections have the proxy's address, and the proxy has to limit them.
        """
        super().connection_made(transport)
        if not self.config.proxy_headers and self._count_same_place() > MOST_OF_ONE_PLACE:
            self.transport.close()
        self._since, self._is_begun = self.loop.time(), True
        self._check = self.loop.call_later(CHECK_S, self._end_if_slow)

    def _count_same_place(self) -> int:
        """Return how many open connections there are from this one's address, with this one."""
        peers = (getattr(connection, "client", None) for connection in self.connections)
        places = (derive_place(peer[0]) for peer in peers if peer)
        return sum(place == derive_place(self.client[0]) for place in places) if self.client else 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._check.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Start the head's time limit at its first byte, and the body's at the end of the head."""
        before = self.cycle
        if not self._is_begun:
            self._since, self._is_begun = self.loop.time(), True
        super().data_received(data)
        if self.cycle is not before:
            self._since, self._is_begun = self.loop.time(), False

    def _end_if_slow(self) -> None:
        passed_s = self.loop.time() - self._since
        is_answered = self.cycle is None or self.cycle.response_complete
        is_receiving = not is_answered and self.cycle.more_body
        # Between two requests uvicorn's own limit for idle connections applies.
        if (is_answered and self._is_begun and passed_s > HEAD_S) or (is_receiving and passed_s > BODY_S):
            self.transport.close()
            return
        self._check = self.loop.call_later(CHECK_S, self._end_if_slow)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, before_exit: Callable[[], object] | None) -> None:
        super().__init__(config)
        self._before_exit = before_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Tell pages that update themselves that the server ends, then end."""
        if self._before_exit is not None:
            self._before_exit()
        super().handle_exit(sig, frame)


def serve_app(
    app: ASGIApp,
    before_exit: Callable[[], object] | None = None,
    listener: socket.socket | None = None,
    is_over: Callable[[], bool] | None = None,
    **options: Any,  # noqa: ANN401  - uvicorn's own
) -> None:
    """Serve an application until it is interrupted. `options` go to uvicorn.

    `before_exit` is called when the server is told to end; `listener` is a socket that listens already. The server also
    ends once `is_over` says so.

    Raises UsageError if the server cannot start, and NotAllowed if other users can read the certificate's key. Headers
    that name another client (`X-Forwarded-For`) count only if `forwarded_allow_ips` names the proxy.
    """
    if (key := options.get("ssl_keyfile")) is not None:
        _require_key(Path(key))
    defaults: dict[str, Any] = {
        "proxy_headers": "forwarded_allow_ips" in options,
        "http": _Protocol,
        "limit_concurrency": MOST_CONNECTIONS,
        "server_header": False,
    }
    server: _Server
    if is_over is not None:
        defaults |= {"timeout_notify": 0, "callback_notify": lambda: _end_if_over(server, is_over)}
    server = _Server(uvicorn.Config(app, **(defaults | options)), before_exit)
    with suppress(KeyboardInterrupt):
        server.run(None if listener is None else [listener])
    if not server.started:
        raise UsageError("the server could not start", hint="the lines above say why")


async def _end_if_over(server: uvicorn.Server, is_over: Callable[[], bool]) -> None:
    if is_over():
        server.should_exit = True


def _require_key(path: Path) -> None:
    try:
        require_server_key(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="give the key of the certificate, PEM") from None
