"""A proxy before an HTTP server that spoils some of the answers."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from tests.servers.program import HOST

_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


@dataclass
class Refusing:
    """The proxy: every `every`-th request (of those that `spoils` picks) is spoiled; 0 spoils none, 1 all.

    A spoiled request is answered with `status`, or if that is None its connection is cut: before it reaches the
    server, or after half the answer where `midway`.
    """

    port: int = 0
    every: int = 3
    status: int | None = 503
    midway: bool = False
    spoils: Callable[[str, str], bool] | None = None
    seen: list[str] = field(default_factory=list)
    spoiled: int = 0
    _counted: int = 0
    _lock: Lock = field(default_factory=Lock)

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def takes(self, method: str, path: str) -> bool:
        """Whether this request is to be spoiled."""
        with self._lock:
            self.seen.append(f"{method} {path.partition('?')[0]}")
            if not self.every or (self.spoils and not self.spoils(method, path)):
                return False
            self._counted += 1
            spoil = self._counted % self.every == 0
            self.spoiled += spoil
            return spoil


@contextmanager
def refusing(server_port: int) -> Iterator[Refusing]:
    """A proxy before the server on that port, which ends with the block."""
    ruled = Refusing()

    class Handler(_Handler):
        rules = ruled
        upstream = server_port

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        server.daemon_threads = True
        ruled.port = server.server_port
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield ruled
        finally:
            server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    rules: Refusing
    upstream: int

    def log_message(self, format: str, *words: object) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        spoil = self.rules.takes(self.command, self.path)
        if spoil and self.rules.status is not None:
            self._answer(self.rules.status, {"Content-Type": "application/xml"}, _SLOW_DOWN)
        elif spoil and not self.rules.midway:
            self._cut()
        else:
            status, headers, answer = self._asked(body)
            self._answer(status, headers, answer[: len(answer) // 2] if spoil else answer, len(answer))
            if spoil:
                self._cut()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on  # noqa: N815

    def _asked(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """What the server answers; the client's own Host goes along, for it is signed."""
        connection = http.client.HTTPConnection(HOST, self.upstream, timeout=30)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            headers = {k: v for k, v in answer.getheaders() if k.lower() not in {"connection", "transfer-encoding"}}
            return answer.status, headers, answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes, length: int | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() != "content-length" or self.command == "HEAD":
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _cut(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True
