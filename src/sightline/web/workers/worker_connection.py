"""Pass one request to a worker over its socket, and its response back, piece by piece.

The worker is spoken to in HTTP/1.0: it then ends a response by closing the connection, and frames nothing in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from starlette.types import Receive, Scope, Send

PIECE = 1 << 16
HEAD_BYTES = 1 << 17
"""Maximum size of a response's head."""
OWN_REQUEST = frozenset(
    b"connection expect forwarded keep-alive te transfer-encoding upgrade"
    b" x-forwarded-for x-forwarded-host x-forwarded-proto".split()
)
"""Headers of a request that this connection alone has, or that this process sets."""
OWN_RESPONSE = frozenset((b"connection", b"transfer-encoding", b"date", b"server"))
Headers = list[tuple[bytes, bytes]]


class WorkerGone(Exception):
    """The worker ended before it answered."""


async def forward_request(
    address: str, scope: Scope, receive: Receive, send: Send, learn: Callable[[Headers], None]
) -> None:
    """Pass a request on and its response back. `learn` gets the response's headers before the client does.

    Raises WorkerGone.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(address, limit=HEAD_BYTES)
    except OSError:
        raise WorkerGone from None
    writer.write(_format_request_head(scope))
    sending = asyncio.create_task(_pass_body(receive, writer))
    try:
        try:
            status, headers = _parse_response_head(await reader.readuntil(b"\r\n\r\n"))
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise WorkerGone from None
        learn(headers)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        with suppress(ConnectionError):
            while piece := await reader.read(PIECE):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        sending.cancel()
        writer.close()


async def _pass_body(receive: Receive, writer: asyncio.StreamWriter) -> None:
    """Pass the body on, then wait until the client leaves: the worker then sees its connection closed."""
    with suppress(ConnectionError):
        while (message := await receive())["type"] == "http.request":
            if message.get("body"):
                writer.write(message["body"])
                await writer.drain()
            if not message.get("more_body"):
                await _await_leaving(receive)
                break
    writer.transport.abort()


async def _await_leaving(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _format_request_head(scope: Scope) -> bytes:
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    client = (scope.get("client") or ("unknown", 0))[0]
    about = [(b"x-forwarded-for", client.encode("latin-1")), (b"x-forwarded-proto", scope["scheme"].encode("latin-1"))]
    passed = [(name, value) for name, value in scope["headers"] if name not in OWN_REQUEST]
    return b"%s %s HTTP/1.0\r\n%s\r\n" % (
        scope["method"].encode("latin-1"),
        target,
        _format_header_lines([*passed, *about]),
    )


def _format_header_lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%s: %s\r\n" % header for header in headers)


def _parse_response_head(head: bytes) -> tuple[int, Headers]:
    """Return status and headers of a response. Raises ValueError."""
    first, *lines = head[:-4].split(b"\r\n")
    result = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    return int(first.split(b" ")[1]), [header for header in result if header[0] not in OWN_RESPONSE]
