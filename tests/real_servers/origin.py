"""The web server behind proxies: a few made-up answers on ports 80 and 8000, and a silent peer for tunnels on 443."""

import contextlib
import socketserver
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .addresses import ORIGIN

_STATUS = {"/missing": 404, "/redirect": 302, "/broken": 500, "/upload": 201}
_LAST_MODIFIED = "Mon, 05 Jan 2026 00:00:00 GMT"


class _Site(BaseHTTPRequestHandler):
    """Answers by the path alone."""

    def answer(self) -> None:
        path = self.path.partition("?")[0]
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path == "/slow":
            time.sleep(0.3)
        fresh = "If-Modified-Since" in self.headers and path.startswith("/cached")
        body = b"" if fresh else f"made up for {path[:40]}\n".encode("latin-1", "replace")
        self.send_response(304 if fresh else _STATUS.get(path, 200))
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        if path.startswith("/cached"):
            self.send_header("Last-Modified", _LAST_MODIFIED)
            self.send_header("Cache-Control", "max-age=600")
        if path == "/redirect":
            self.send_header("Location", "/")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    # http.server names them.
    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = do_PROPFIND = do_PATCH = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Peer(socketserver.BaseRequestHandler):
    """Says a few bytes and ends the connection."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.request.sendall(b"end of tunnel\n")


@contextlib.contextmanager
def origin(address: str = ORIGIN) -> Iterator[None]:
    """While inside, the made-up sites answer at the address (an empty one: at all)."""
    servers: list[socketserver.TCPServer] = [ThreadingHTTPServer((address, port), _Site) for port in (80, 8000)]
    servers.append(socketserver.ThreadingTCPServer((address, 443), _Peer))
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()
