"""Send requests from their own addresses and read the answers to the end."""

import contextlib
import socket
import ssl
from collections.abc import Iterable

from .requests import Request

_TIMEOUT_S = 2.0


def send(request: Request, server: str, port: int) -> bytes:
    """What the server answered, read until it closes."""
    with contextlib.closing(_connect(request.client, server, port)) as plain:
        wire = _wrapped(plain, request) if request.tls else plain
        with contextlib.suppress(ConnectionError):
            wire.sendall(request.raw)
            if b"\r\n\r\n" not in request.raw:
                plain.shutdown(socket.SHUT_WR)  # no server has to wait for the rest
        return _read(wire)


def send_all(requests: Iterable[Request], v4: str, v6: str, port: int) -> int:
    """Send each to the server's address of its family, one after the other; how many were sent."""
    sent = 0
    for request in requests:
        send(request, v6 if request.v6 else v4, port)
        sent += 1
    return sent


def _connect(client: str, server: str, port: int) -> socket.socket:
    return socket.create_connection((server, port), timeout=_TIMEOUT_S, source_address=(client, 0))


def _wrapped(plain: socket.socket, request: Request) -> socket.socket:
    context = ssl.create_default_context()
    context.check_hostname = False
    if request.alpn:
        context.set_alpn_protocols([request.alpn])
    context.verify_mode = ssl.CERT_NONE  # the servers' certificates are made on the spot
    return context.wrap_socket(plain, server_hostname=request.host)


def _read(wire: socket.socket) -> bytes:
    answer = bytearray()
    with contextlib.suppress(ConnectionError, TimeoutError):
        while piece := wire.recv(65536):
            answer += piece
    return bytes(answer)
