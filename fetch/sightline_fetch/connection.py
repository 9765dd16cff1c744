"""Ask one server over verified TLS, within limits of time and bytes; nothing is sent to any other server."""

from __future__ import annotations

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any, NoReturn
from urllib.parse import urlsplit

TIMEOUT_S = 60.0
LONGEST_ANSWER_S = 1800.0
TRIES = 4
LONGEST_WAIT_S = 60.0
BUSY = (429, 502, 503, 504)
PIECE = 1 << 16
MOST_BYTES = 1 << 30


class FetchError(Exception):
    """Something that a person can mend: what happened, to which address, what to do next. Never has a secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: its bytes, and its headers by lower-case name."""

    content: bytes
    headers: Mapping[str, str]

    def json(self, url: str) -> Any:  # noqa: ANN401
        """Return the content as JSON. Raises FetchError."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise FetchError(f"{url}: the answer is no JSON. Check the address") from None


@dataclass(frozen=True, slots=True)
class Access:
    """How to sign in: `authorization` is the header's value, `certificate` the client's certificate and key."""

    authorization: str | None = None
    certificate: tuple[Path, Path] | None = None
    ca: Path | None = None

    @classmethod
    def basic(cls, user: str, password: str, ca: Path | None) -> Access:
        """Return an access with a user's name and password."""
        return cls("Basic " + base64.b64encode(f"{user}:{password}".encode()).decode(), ca=ca)

    def context(self) -> ssl.SSLContext:
        """Return a context that verifies the server's certificate and name. Raises FetchError."""
        try:
            context = ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.certificate is not None:
                context.load_cert_chain(*map(str, self.certificate))
        except OSError as why:
            raise FetchError(f"a certificate cannot be read: {why.strerror or 'not PEM'}. Check its file") from None
        return context


class _SameServer(urllib.request.HTTPRedirectHandler):
    """Follow a redirect only to the same server: the sign-in goes nowhere else."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the request to the new address. Raises FetchError for another server."""
        if origin(newurl) != origin(req.full_url):
            raise FetchError(f"{req.full_url}: it redirects to another server. Ask for the new address, and name that")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address. Raises FetchError for another scheme than https, and for a password.

    A password in an address would stand in logs.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme != "https" or not host:
        raise FetchError("the address is not an https:// address. Only verified TLS is used")
    if parts.username is not None or parts.password is not None:
        raise FetchError("the address has a name or a password in it. Use --user and --password-file")
    return parts.scheme, host, port or 443


@dataclass
class Connection:
    """Questions to one server. `left_bytes`: how much may still be received."""

    url: str
    access: Access
    left_bytes: int = MOST_BYTES
    wait: Callable[[float], object] = time.sleep
    _opener: urllib.request.OpenerDirector = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._origin = origin(self.url)
        self._opener = urllib.request.build_opener(
            _SameServer(), urllib.request.HTTPSHandler(context=self.access.context())
        )

    def get(self, url: str, accept: str, *, most_bytes: int | None = None) -> Answer:
        """Return a whole answer; a busy server is asked again, three times. Raises FetchError."""
        if origin(url) != self._origin:
            raise FetchError(f"{url}: not an address of {self._origin[1]}. Nothing was sent there")
        for attempt in range(TRIES):
            try:
                return self._get(url, accept, most_bytes)
            except urllib.error.HTTPError as why:
                with why:
                    if why.code not in BUSY or attempt == TRIES - 1:
                        _explain(url, why.code)
                    self.wait(_pause_s(why.headers.get("Retry-After"), attempt))
            except urllib.error.URLError as why:
                raise FetchError(f"{url}: {_reason(why.reason)}") from None
            except (OSError, HTTPException) as why:
                raise FetchError(f"{url}: {_reason(why)}") from None
        raise AssertionError("the last try returns or raises")

    def _get(self, url: str, accept: str, most_bytes: int | None) -> Answer:
        headers = {"Accept": accept, "User-Agent": "sightline-fetch/0.1"}
        if self.access.authorization is not None:
            headers["Authorization"] = self.access.authorization
        request = urllib.request.Request(url, headers=headers)  # noqa: S310  - https alone, checked above
        allowed = min(self.left_bytes, most_bytes or self.left_bytes)
        pieces, size, begun_s = [], 0, time.monotonic()
        with self._opener.open(request, timeout=TIMEOUT_S) as answer:
            while piece := answer.read(min(PIECE, allowed - size + 1)):
                pieces.append(piece)
                size += len(piece)
                if size > allowed:
                    raise FetchError(
                        f"{url}: more than {allowed:,} bytes. Raise --most-bytes if the feed is that large"
                    )
                if time.monotonic() - begun_s > LONGEST_ANSWER_S:
                    raise FetchError(f"{url}: the answer takes more than half an hour. Try again later")
            declared = answer.headers.get("Content-Length")
            if declared is not None and declared.isdigit() and int(declared) != size:
                raise FetchError(f"{url}: the answer ended early. Try again")
            self.left_bytes -= size
            return Answer(b"".join(pieces), {name.lower(): value for name, value in answer.headers.items()})


def _pause_s(retry_after: str | None, attempt: int) -> float:
    text = (retry_after or "").strip()
    return min(float(text) if text.isdigit() else 2.0**attempt, LONGEST_WAIT_S)


def _explain(url: str, code: int) -> NoReturn:
    if code in (401, 403):
        raise FetchError(f"{url}: the server refuses this sign-in ({code}). Check the user and the password file")
    if code in (404, 406):
        raise FetchError(f"{url}: the server has nothing there ({code}). Check the address")
    raise FetchError(f"{url}: the server answers with {code}. Try again later, or ask its operator")


def _reason(why: object) -> str:
    if isinstance(why, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not valid ({why.verify_message}). Check the address, or name its authority: --ca FILE"
        )
    if isinstance(why, TimeoutError):
        return f"no answer for {TIMEOUT_S:g} seconds. Try again later"
    if isinstance(why, OSError) and why.strerror:
        return f"{why.strerror}. Check the address and the network"
    return "the connection broke. Check the address and the network"
