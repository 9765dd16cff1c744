"""A mail relay and a webhook of this machine: real servers on real sockets, which remember what they received."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Relay:
    """An SMTP server with STARTTLS and a login, and how it behaves. `letters`: recipient and text of each."""

    port: int = 0
    context: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    refused: set[str] = field(default_factory=set)
    letters: list[tuple[str, str]] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)


class _Conversation(socketserver.StreamRequestHandler):
    relay: Relay

    def handle(self) -> None:
        self._is_tls, self._is_in, self._to = False, self.relay.login is None, ""
        self._say("220 relay.example")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 bye")
                return
            self._answer(verb.upper(), rest)

    def _answer(self, verb: str, rest: str) -> None:
        relay = self.relay
        if verb == "EHLO":
            offers = ["STARTTLS"] if relay.context and not self._is_tls else []
            offers += ["AUTH PLAIN"] if relay.login else []
            lines = ["relay.example", *offers]
            for at, one in enumerate(lines):
                self._say(f"250{' ' if at == len(lines) - 1 else '-'}{one}")
        elif verb == "STARTTLS" and relay.context:
            self._say("220 go ahead")
            self.connection = relay.context.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
            self._is_tls = True
        elif verb == "AUTH":
            given = tuple(base64.b64decode(rest.removeprefix("PLAIN ")).decode().split("\0")[1:])
            self._is_in = given == relay.login
            self._say("235 welcome" if self._is_in else "535 wrong password")
        elif not self._is_in:
            self._say("530 sign in first")
        elif verb == "RCPT":
            self._to = rest.partition("<")[2].partition(">")[0]
            self._say("550 nobody of that name" if self._to in relay.refused else "250 ok")
        elif verb == "DATA":
            self._say("354 go on")
            text = b"".join(iter(self.rfile.readline, b".\r\n")).decode()
            relay.letters.append((self._to, text))
            relay.was_encrypted.append(self._is_tls)
            self._say("250 accepted")
        else:
            self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()


@contextmanager
def serving(relay: Relay) -> Iterator[Relay]:
    """Serve as a mail relay until the block is left."""
    handler = type("Conversation", (_Conversation,), {"relay": relay})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        relay.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield relay
        server.shutdown()


@dataclass
class Hook:
    """A webhook. `calls`: headers and body of each. `status`: what it answers."""

    port: int = 0
    status: int = 204
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def hooked(hook: Hook) -> Iterator[Hook]:
    """Serve as a webhook until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.calls.append((dict(self.headers), body))
            self.send_response(hook.status)
            self.send_header("Location", f"http://127.0.0.1:{hook.port}/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield hook
        server.shutdown()


def write_secret(path: Path, text: str) -> None:
    """Write a file that only this user can read."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
