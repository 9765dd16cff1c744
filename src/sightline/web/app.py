"""The ASGI application: its pages, sign-in, middleware and background threads."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles
from starlette.routing import Route
from starlette.types import Scope

from sightline.casework.people.web_sessions import LiveSessions, compute_session_id
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import SightlineError
from sightline.services.intake.intake_store import LIMIT_BYTES, IntakeStore
from sightline.services.lead_index.index import LeadIndex
from sightline.services.notifications.settings import NotificationSettings
from sightline.web import auth, error_pages
from sightline.web.background_job import BackgroundJob
from sightline.web.context import COOKIE, SECURE_COOKIE
from sightline.web.middleware import MOST_BYTES, SecurityMiddleware
from sightline.web.notifier import notify_until
from sightline.web.opened_identities import Grants
from sightline.web.pages.administration.routes import router as administration
from sightline.web.pages.approvals.routes import router as approvals
from sightline.web.pages.cases.routes import router as cases
from sightline.web.pages.devices.routes import router as devices
from sightline.web.pages.exercise.routes import router as exercise
from sightline.web.pages.exhibits.routes import router as exhibits
from sightline.web.pages.home.routes import router as home
from sightline.web.pages.inbox.routes import router as inbox
from sightline.web.pages.intake.routes import router as intake
from sightline.web.pages.leads.routes import router as leads
from sightline.web.pages.ledger.routes import router as ledger
from sightline.web.pages.lists.routes import router as lists
from sightline.web.pages.live.routes import router as live
from sightline.web.pages.map.routes import router as map_
from sightline.web.pages.notices.routes import router as notices
from sightline.web.pages.operations.routes import router as operations
from sightline.web.pages.referrals.routes import router as referrals
from sightline.web.pages.search.routes import router as search
from sightline.web.pages.tips.routes import router as tips
from sightline.web.route_table import RouteTable
from sightline.web.templates import STATIC, compile_templates
from sightline.workspace.workspace import Workspace

PAGE_ROUTERS = (
    home,
    inbox,
    search,
    cases,
    leads,
    map_,
    notices,
    referrals,
    operations,
    approvals,
    intake,
    tips,
    devices,
    live,
    exhibits,
    lists,
    ledger,
    exercise,
    administration,
)
"""Routers of all pages. A page that is not listed here is not served."""
SEALED_EACH_S = 1.0
ENDS_S = 2.0
"""Seconds that background work has to end when the server stops."""
THREADS = 16
"""Number of requests answered at once. More threads would only compete for the interpreter."""


@dataclass(frozen=True, slots=True)
class AppConfig:
    """Settings of one server. `links` maps one-time tokens of an exercise to officer sessions."""

    workspace: Workspace
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    links: dict[str, OfficerSession] = field(default_factory=dict)
    is_tls: bool = False
    hosts: frozenset[str] | None = None
    """Host names by which the web app may be called. None allows any name (an application under test)."""
    backups: Path | None = None
    """Folder for backups, on another disk than the workspace."""
    notifications: NotificationSettings | None = None
    """Mail relay and webhook that tell officers of news."""
    monotonic: Callable[[], float] = time.monotonic
    """Seconds, for the limits of requests."""
    is_first: bool = True
    """Whether this process seals the journal and tells officers of news: one of several workers does."""
    upload_bytes: int = LIMIT_BYTES
    """Maximum size of all uploaded logs together that wait for their scan."""


def create_app(config: AppConfig) -> FastAPI:
    """Return the web app as an ASGI application."""
    app = FastAPI(
        title="Sightline",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_make_sealing_lifespan(config),
        max_body_size=MOST_BYTES,
        # A redirect that adds or removes a slash would repeat the host name of the request.
        redirect_slashes=False,
        # No request is told of to a collector, whatever the environment says, and none is measured for one.
        telemetry={"exclude": lambda _scope: True, "auto_configure": False},
    )
    app.state.config = config
    app.state.live_sessions = LiveSessions(config.workspace, config.clock)
    app.state.browser = LeadIndex(config.workspace)
    app.state.grants = Grants()
    app.state.jobs = {}
    app.state.intakes = IntakeStore(config.workspace.folder, config.upload_bytes)
    app.state.over = threading.Event()
    routers = (auth.router, *(page_router.router for page_router in PAGE_ROUTERS))
    app.router.routes.append(
        RouteTable(route for router in routers for route in router.routes if isinstance(route, Route))
    )
    # Compress only static files: the compressed size of a page could reveal a token in it.
    app.mount("/static", GZipMiddleware(StaticFiles(directory=STATIC, check_dir=False)), name="static")
    error_pages.add_error_handlers(app)
    app.add_middleware(
        SecurityMiddleware,
        is_tls=config.is_tls,
        hosts=config.hosts,
        session_of=_make_session_finder(app.state.live_sessions),
        refuse=error_pages.render_early_refusal,
        monotonic=config.monotonic,
    )
    return app


def _make_session_finder(live_sessions: LiveSessions) -> Callable[[Scope], str | None]:
    def of(scope: Scope) -> str | None:
        cookies = Request(scope).cookies
        token = cookies.get(SECURE_COOKIE) or cookies.get(COOKIE)
        return compute_session_id(token) if token and live_sessions.is_known(token) else None

    return of


def _make_sealing_lifespan(config: AppConfig) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return a lifespan that seals the journal every second, so that each view is a quick row and stays provable."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        """Yield once, while the server runs."""
        current_default_thread_limiter().total_tokens = THREADS
        over = threading.Event()
        keeper = threading.Thread(target=_seal_until, args=(config, over), daemon=True, name="journal")
        keeper.start()
        threading.Thread(target=compile_templates, daemon=True, name="templates").start()
        if config.notifications is not None and config.is_first:
            about = (config.workspace, config.notifications, config.clock, over)
            threading.Thread(target=notify_until, args=about, daemon=True, name="notifications").start()
        yield
        over.set()
        with suppress(SightlineError):
            app.state.live_sessions.end_own("the web app was closed")
        _stop_jobs(app.state.jobs.values())
        keeper.join()

    return life


def _stop_jobs(jobs: Iterable[BackgroundJob]) -> None:
    """Ask background jobs to stop, and wait up to `ENDS_S` seconds for them."""
    some, until = list(jobs), time.monotonic() + ENDS_S
    for job in some:
        job.stop()
    for job in some:
        job.join(max(0.0, until - time.monotonic()))


def _seal_until(config: AppConfig, over: threading.Event) -> None:
    at_end = False
    while not at_end:
        at_end = over.wait(SEALED_EACH_S)
        # The next second tries again. If the database stays unreachable, every page reports it.
        with suppress(SightlineError):
            config.workspace.tell_counts(config.clock(), at_end=at_end)
            if config.is_first:
                config.workspace.seal(config.clock())
