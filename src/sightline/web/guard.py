"""What holds for every request, whatever answers it: headers, size, and how many at a time from one place."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
MOST_BYTES = 64 << 20
"""Of a request: a reply of a licensee is the largest thing that is sent."""
MOST_BYTES_SIGNED_OUT = 64 << 10
"""Of a request without a session: signing in, or what was written when a session expired."""
PLACES = 10_000


@dataclass(slots=True)
class Bucket:
    """Requests that one place may still make, refilled over time."""

    left: float
    at: float

    def take(self, now: float, each_s: float, most: float) -> bool:
        """Whether one more is allowed."""
        self.left = min(most, self.left + (now - self.at) * each_s)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Guard:
    """The outermost layer of the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        is_tls: bool = False,
        hosts: Collection[str] | None = None,
        has_session: Callable[[Scope], bool] = lambda _: True,
    ) -> None:
        """`hosts`: the names by which the server may be called, without port; None allows any."""
        self._app, self._is_tls, self._has_session = app, is_tls, has_session
        self._hosts = None if hosts is None else {one.lower() for one in hosts}
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse before anybody else looks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_static = scope["path"].startswith("/static/")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if self._is_tls:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_static else "no-store"
            await send(message)

        if not self._is_own_host(scope):
            await PlainTextResponse("this server has another name", 421)(scope, receive, guarded)
        elif not self._is_small_enough(scope):
            await PlainTextResponse("too large", 413)(scope, receive, guarded)
        elif not is_static and not self._has_room(scope):
            await PlainTextResponse("too many at a time: wait a moment", 429)(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)

    def _is_own_host(self, scope: Scope) -> bool:
        """Whether a request calls the server by its own name: an answer never repeats a foreign one."""
        host = Headers(scope=scope).get("host", "").lower()
        name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
        return self._hosts is None or name in self._hosts

    def _is_small_enough(self, scope: Scope) -> bool:
        """Whether the body that a request announces may be read; how long it is must be said before."""
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not (length.isascii() and length.isdigit() and len(length) < 19):
            return False
        size = int(length)
        return size <= MOST_BYTES_SIGNED_OUT or (size <= MOST_BYTES and self._has_session(scope))

    def _has_room(self, scope: Scope) -> bool:
        """Whether a place may ask once more: ten tries a minute at the door, thirty pages a second in all."""
        host = (scope.get("client") or ("unknown", 0))[0]
        is_try = scope["method"] == "POST" and scope["path"] in {"/sign-in", "/recover"}
        kind, each_s, most = ("door", 10 / 60, 10.0) if is_try else ("page", 30.0, 120.0)
        # Behind one address may sit a whole unit: pages are counted by session, tries by address.
        who = host if is_try else host + (Headers(scope=scope).get("cookie") or "")[-80:]
        now = time.monotonic()
        bucket = self._buckets.pop((kind, who), None) or Bucket(most, now)
        self._buckets[kind, who] = bucket
        while len(self._buckets) > PLACES:
            self._buckets.popitem(last=False)
        return bucket.take(now, each_s, most)
