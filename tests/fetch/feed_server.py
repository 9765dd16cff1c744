"""A server of TAXII 2.1 and of a MISP feed on this machine, over TLS with a certificate of its own authority."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TAXII = "application/taxii+json;version=2.1"
USER, PASSWORD = "unit-3", "correct horse"
READABLE, DATED, HIDDEN = (f"91a7b528-80eb-42ed-a74d-c6fbd5a2611{n}" for n in (6, 7, 8))
EVENTS = {
    "5f1b6c3e-0001-4000-8000-000000000001": ("flagged.example", 1_780_000_000),
    "5f1b6c3e-0002-4000-8000-000000000002": ("old.example", 1_700_000_000),
}


def indicator(number: int, name: str, modified: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    """An indicator of STIX 2.1."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012}",
        "created": "2026-01-01T00:00:00Z",
        "modified": modified,
        "valid_from": "2026-01-01T00:00:00Z",
        "pattern_type": "stix",
        "pattern": f"[domain-name:value = '{name}']",
    }


OBJECTS = {
    READABLE: [
        indicator(1, "one.example"),
        indicator(2, "two.example"),
        indicator(1, "newer.example", "2026-01-01T00:00:00.5Z"),
    ],
    DATED: [indicator(n, f"name{n}.example") for n in range(10, 15)],
}


class FeedHandler(BaseHTTPRequestHandler):
    """Answers as the TAXII 2.1 standard and MISP's feeds do; `mode` of the server makes it misbehave."""

    protocol_version = "HTTP/1.1"
    server: FeedServer

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""

    def do_GET(self) -> None:
        """Answer a question."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            return self._answer(401, {})
        if self.server.mode == "moved":
            return self._answer(302, {}, {"Location": "https://127.0.0.1:1/api1/"})
        if self.server.busy > 0:
            self.server.busy -= 1
            return self._answer(503, {}, {"Retry-After": "0"})
        if parts.path.startswith("/feed/"):
            return self._feed(parts.path.removeprefix("/feed/"))
        return self._taxii(parts.path, query)

    def _taxii(self, path: str, query: dict[str, str]) -> None:
        if path == "/taxii2/":
            return self._answer(200, {"title": "A feed", "default": "/api1/", "api_roots": ["/api1/"]})
        if path == "/api1/":
            return self._answer(200, {"title": "Root", "versions": [TAXII], "max_content_length": 1 << 20})
        if path == "/api1/collections/":
            listed = [
                {"id": one, "title": one[-1], "can_read": one != HIDDEN, "can_write": False}
                for one in (READABLE, DATED, HIDDEN)
            ]
            return self._answer(200, {"collections": listed})
        identifier = path.removeprefix("/api1/collections/").removesuffix("/objects/")
        objects = OBJECTS.get(identifier)
        if objects is None:
            return self._answer(404, {})
        begin = int(query.get("next") or query.get("added_after", "2026-01-01T00:00:0")[18:19] or 0)
        begin = 0 if self.server.mode == "endless" else begin
        page = objects[begin : begin + 2]
        dates = {"X-TAXII-Date-Added-Last": f"2026-01-01T00:00:0{begin + len(page)}Z"}
        more = begin + 2 < len(objects)
        advance = {"next": str(begin + 2)} if more and identifier == READABLE else {}
        return self._answer(200, {"more": more, "objects": page, **advance}, dates)

    def _feed(self, name: str) -> None:
        if name == "manifest.json":
            return self._answer(200, {one: {"info": "x", "timestamp": str(at)} for one, (_, at) in EVENTS.items()})
        site, _ = EVENTS[name.removesuffix(".json")]
        attribute = {"type": "domain", "to_ids": True, "value": site}
        return self._answer(200, {"Event": {"uuid": name.removesuffix(".json"), "info": "x", "Attribute": [attribute]}})

    def _answer(self, code: int, content: object, headers: dict[str, str] | None = None) -> None:
        raw = json.dumps(content).encode()
        media = "application/vnd.oasis.taxii+json; version=2.0" if self.server.mode == "old" else TAXII
        self.send_response(code)
        for name, value in {"Content-Type": media, "Content-Length": str(len(raw)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)


class FeedServer(ThreadingHTTPServer):
    """A server with a mode, and a number of questions for which it is busy first."""

    mode = ""
    busy = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://127.0.0.1:{self.server_address[1]}"


@contextmanager
def feed_server(folder: Path) -> Iterator[FeedServer]:
    """Run a server; its authority is `ca.pem` in the folder."""
    pem = _certificate()
    (folder / "ca.pem").write_bytes(pem[0])
    (folder / "server.pem").write_bytes(pem[0] + pem[1])
    server = FeedServer(("127.0.0.1", 0), FeedHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate() -> tuple[bytes, bytes]:
    """Return a certificate for this machine and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "feed.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pkcs8 = serialization.PrivateFormat.PKCS8
    raw = key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM), raw
