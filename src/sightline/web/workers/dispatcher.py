"""The process in front of the workers: security limits, static files, and the worker of each session."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from fastapi import Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sightline.casework.people.web_sessions import LONGEST_US, compute_session_id
from sightline.web.context import COOKIE, SECURE_COOKIE
from sightline.web.middleware import SecurityMiddleware
from sightline.web.templates import STATIC
from sightline.web.workers.processes import WorkerProcesses
from sightline.web.workers.worker_connection import Headers, WorkerGone, forward_request

LINK = "/sign-in/link/"
CHECKED_EACH_S = 1.0
SESSION_COOKIES = tuple(f"{name}=".encode() for name in (COOKIE, SECURE_COOKIE))


@dataclass(slots=True)
class SessionRoutes:
    """The worker of each session, learned from the cookies that workers set. `links`: one-time links and theirs.

    A session that its worker ended stays here for up to twelve hours. Its worker then answers with the sign-in page.
    """

    count: int
    links: dict[str, int] = field(default_factory=dict)
    monotonic: Callable[[], float] = time.monotonic
    _sessions: dict[str, tuple[int, float]] = field(default_factory=dict)

    def find_known(self, scope: Scope) -> str | None:
        """Return the session of a request's cookie if a worker began it."""
        cookies = Request(scope).cookies
        token = cookies.get(SECURE_COOKIE) or cookies.get(COOKIE)
        session = compute_session_id(token) if token else None
        return session if session in self._sessions else None

    def choose_worker(self, scope: Scope) -> int:
        """Return the worker that answers a request: that of its session or link, else the one with fewest sessions."""
        if (session := self.find_known(scope)) is not None:
            return self._sessions[session][0]
        path: str = scope["path"]
        if path.startswith(LINK) and (worker := self.links.pop(path.removeprefix(LINK), None)) is not None:
            return worker
        counts = [0] * self.count
        for worker, _ in self._sessions.values():
            counts[worker] += 1
        return counts.index(min(counts))

    def learn(self, scope: Scope, worker: int, headers: Headers) -> None:
        """Note the sessions that a response began and ended."""
        now, before = self.monotonic(), self.find_known(scope)
        for value in (value for name, value in headers if name == b"set-cookie" and value.startswith(SESSION_COOKIES)):
            if before is not None:
                self._sessions.pop(before, None)
            token = value.partition(b";")[0].partition(b"=")[2].strip(b'"').decode("latin-1")
            if token:
                self._sessions[compute_session_id(token)] = worker, now
        if len(self._sessions) % 64 == 0:
            since = now - LONGEST_US / 1_000_000
            self._sessions = {one: where for one, where in self._sessions.items() if where[1] > since}

    def forget(self, worker: int) -> None:
        """Forget the sessions of a worker that ended, and with it their keys."""
        self._sessions = {one: where for one, where in self._sessions.items() if where[0] != worker}


def create_dispatcher(
    workers: WorkerProcesses, routes: SessionRoutes, *, is_tls: bool, hosts: Collection[str] | None
) -> Starlette:
    """Return the ASGI application in front of the workers."""
    app = Starlette(lifespan=_make_lifespan(workers, routes))
    app.mount("/static", GZipMiddleware(StaticFiles(directory=STATIC, check_dir=False)), name="static")

    async def pass_on(scope: Scope, receive: Receive, send: Send) -> None:
        worker = routes.choose_worker(scope)
        try:
            await forward_request(workers.address(worker), scope, receive, send, partial(routes.learn, scope, worker))
        except WorkerGone:
            answer = _refuse_early(Request(scope), 503)
            answer.headers["Retry-After"] = "2"
            await answer(scope, receive, send)

    app.router.default = pass_on
    app.router.redirect_slashes = False
    app.add_middleware(
        SecurityMiddleware, is_tls=is_tls, hosts=hosts, session_of=routes.find_known, refuse=_refuse_early
    )
    return app


def _refuse_early(request: Request, status: int) -> Response:
    from sightline.web.error_pages import render_early_refusal  # noqa: PLC0415  - pages are large, and rarely refused

    return render_early_refusal(request, status)


def _make_lifespan(
    workers: WorkerProcesses, routes: SessionRoutes
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        """Yield once, while the workers run."""
        workers.start()
        checking = asyncio.create_task(_keep_running(workers, routes))
        yield
        checking.cancel()

    return life


async def _keep_running(workers: WorkerProcesses, routes: SessionRoutes) -> None:
    while True:
        await asyncio.sleep(CHECKED_EACH_S)
        for number in workers.restart_ended():
            routes.forget(number)
            sys.stderr.write(f"worker {number + 1} ended and was started again: its officers sign in again\n")
