"""Middleware for every request: security headers, size limits and rate limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.web.rate_limits import PlaceLimiter, RateLimiter, derive_place

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
"""Maximum size of a request. A licensee's reply is the largest upload."""
MOST_BYTES_SIGNED_OUT = 64 << 10
"""Maximum size of a request without a session: sign-in, or a form sent after its session expired."""
SIGN_IN_PATHS = frozenset({"/sign-in", "/recover", "/join", "/set-up"})


class SecurityMiddleware:
    """Outermost ASGI middleware."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        is_tls: bool = False,
        hosts: Collection[str] | None = None,
        session_of: Callable[[Scope], str | None],
        refuse: Callable[[Request, int], Response],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up the limits. `hosts`: names by which the server may be called, without port; None allows any.

        `session_of`: returns the id of the request's open session, or None. `monotonic` returns seconds.
        `refuse`: returns the page of a refusal by its status.
        """
        self._app, self._is_tls, self._session_of = app, is_tls, session_of
        self._refuse = refuse
        self._hosts = None if hosts is None else {host.lower() for host in hosts}
        self._tries = PlaceLimiter(10.0, 10 / 60, monotonic)
        self._strangers = PlaceLimiter(120.0, 30.0, monotonic)
        self._sessions = RateLimiter(120.0, 30.0, monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or refuse it before any other code sees it."""
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
            await self._refuse(Request(scope), 421)(scope, receive, guarded)
        elif not self._is_small_enough(scope):
            await self._refuse(Request(scope), 413)(scope, receive, guarded)
        elif not is_static and (wait_s := self._wait_s(scope)):
            answer = self._refuse(Request(scope), 429)
            answer.headers["Retry-After"] = str(int(wait_s) + 1)
            await answer(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)

    def _is_own_host(self, scope: Scope) -> bool:
        """Return whether a request uses a known host name. No answer ever repeats another one."""
        host = Headers(scope=scope).get("host", "").lower()
        name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
        return self._hosts is None or name in self._hosts

    def _is_small_enough(self, scope: Scope) -> bool:
        """Return whether the announced body may be read. A body without a length is refused."""
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not (length.isascii() and length.isdigit() and len(length) < 19):
            return False
        size = int(length)
        return size <= MOST_BYTES_SIGNED_OUT or (size <= MOST_BYTES and self._session_of(scope) is not None)

    def _wait_s(self, scope: Scope) -> float:
        """Return the seconds to wait: 10 sign-in attempts per minute, 30 requests per second otherwise."""
        place = derive_place((scope.get("client") or ("unknown", 0))[0])
        if scope["method"] == "POST" and scope["path"] in SIGN_IN_PATHS:
            return self._tries.wait_s(place)
        # A whole unit can share one address, so pages are counted per session. An unknown cookie does not count.
        session = self._session_of(scope)
        return self._strangers.wait_s(place) if session is None else self._sessions.wait_s(session)
