"""The context of a request by a signed-in officer with permission. Every page handler receives one."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from sightline.casework.input_checks import name_thing as thing_named
from sightline.casework.people.web_sessions import LiveSession
from sightline.casework.permissions.access import Action, allow, may_see_approval
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.services.lead_index.index import LeadIndex
from sightline.services.lead_index.lead_view import View
from sightline.storage.rows import Approval
from sightline.storage.table import Tables
from sightline.translation.messages import LANGUAGES, Messages, get_messages
from sightline.web.rate_limits import derive_place
from sightline.workspace.cache import NOTES

T = TypeVar("T")
COOKIE, SECURE_COOKIE = "sightline", "__Host-sightline"
FORM_TOKEN = "form_token"  # noqa: S105  - the name of a field
FOREIGN_FORM, OLD_FORM = "foreign-form", "old-form"
"""Why a form is refused: another site sent it, or a page from before this session."""
LANGUAGE, THEME, FLASH, SAVED = "language", "theme", "flash", "saved"
SHORTCUTS, TOURED, PANEL = "shortcuts", "toured", "panel"
"""Cookies: `off` if keys of one letter do nothing; the introductions that were dismissed, or `all`; `on` if charts are
beside the table of leads."""
YEAR_S = 365 * 86_400
"""How long a browser remembers a choice of language, theme or columns."""
WRITTEN = ("text", "why", "leads", "proxies", "memo")
"""Fields of long text, each a `textarea` on a page. None of them holds a secret."""
MOST_REPEATED = 100_000
"""Characters of such a field that a page repeats. A longer text is refused, and its sender has it."""
THEMES = ("auto", "light", "dark")


class SignInFirst(Exception):
    """Nobody is signed in. The answer redirects to sign-in, and from there back."""


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """A declared route: the action it needs, and what the journal records about it."""

    method: str
    path: str
    action: Action
    seen: JournalVerb | None
    thing: str


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request, the officer's live session, and the name of the page folder that answers."""

    request: Request = field(repr=False)
    live_session: LiveSession
    folder: str

    @property
    def officer_session(self) -> OfficerSession:
        """The officer's session, of the same type as on the command line."""
        return self.live_session.officer_session

    @property
    def language(self) -> str:
        """The language of the page: the chosen one, else the browser's, else English."""
        return choose_language(self.request)

    @property
    def says(self) -> Messages:
        """The messages of this page folder."""
        return get_messages(self.folder, self.language)

    def says_of(self, folder: str) -> Messages:
        """Return the messages of another page folder, or the shared ones."""
        return get_messages(folder, self.language)

    @property
    def is_part(self) -> bool:
        """Return whether htmx asked for a part of the page, to replace it in place."""
        return self.request.headers.get("hx-request") == "true" and "hx-boosted" not in self.request.headers

    @property
    def leads(self) -> View:
        """The current leads, in memory for all officers. Raises UsageError if there are none yet."""
        browser: LeadIndex = self.request.app.state.browser
        return browser.open_view(self.live_session.as_of)

    @contextmanager
    def read(self) -> Iterator[Tables]:
        """Read the workspace's tables. The journal already has an entry for this view."""
        with self.officer_session.workspace.read() as tables:
            yield tables

    def get_cached(self, key: Hashable, make: Callable[[], T], but: Collection[Verb] = NOTES) -> T:
        """Return `make()`, cached until a ledger entry (except of the verbs `but`) that came before this request."""
        return self.officer_session.workspace.get_cached(key, make, self.live_session.as_of, but)

    def may(self, action: Action) -> bool:
        """Return whether the officer may do this, to decide whether to show its link."""
        return allow(self.officer_session.find_actor(self.live_session.as_of), action).allowed

    def may_see(self, approval: Approval | None) -> bool:
        """Return whether there is an approval that this officer may see."""
        return approval is not None and may_see_approval(
            self.officer_session.find_actor(self.live_session.as_of), Action(approval.action)
        )


def load_context(request: Request, folder: str, route: RouteSpec) -> RequestContext:
    """Return the context of a signed-in officer with permission. Raises SignInFirst, NotAllowed, HTTPException."""
    live_session = find_live_session(request)
    if live_session is None:
        raise SignInFirst
    thing = name_route_thing(route, request)
    if route.seen is not None:
        live_session.officer_session.look(route.action, thing, route.seen, live_session.as_of)
    else:
        live_session.officer_session.require(route.action, thing, live_session.as_of)
    return RequestContext(request, live_session, folder)


def name_route_thing(route: RouteSpec, request: Request) -> str:
    """Return the thing that a route shows or changes, as the journal names it."""
    kind, _, named = route.thing.format(**{name: str(value) for name, value in request.path_params.items()}).partition(
        ":"
    )
    return thing_named(kind, named or "all")


def find_live_session(request: Request) -> LiveSession | None:
    """Return the live session of the request's cookie, looked up once per request."""
    if not hasattr(request.state, "live_session"):
        token = request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE)
        request.state.live_session = request.app.state.live_sessions.find(token)
    live_session: LiveSession | None = request.state.live_session
    return live_session


async def require_own_form(request: Request) -> None:
    """Check that a form came from this web app and this session. Raises HTTPException.

    Long text in the form is remembered: if the request fails, the error page shows it again.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in {None, "same-origin"} or (origin is not None and origin != get_request_origin(request)):
        raise HTTPException(403, FOREIGN_FORM)
    form = await request.form()
    texts = {name: text for name in WRITTEN if isinstance(text := form.get(name), str)}
    request.state.written = {name: text for name, text in texts.items() if text.strip() and len(text) <= MOST_REPEATED}
    live_session = await run_in_threadpool(find_live_session, request)
    if live_session is None:
        return
    form_token = request.headers.get("x-form-token")
    if form_token is None:
        value = form.get(FORM_TOKEN)
        form_token = value if isinstance(value, str) else ""
    if not hmac.compare_digest(form_token.encode(errors="replace"), live_session.form_token.encode()):
        raise HTTPException(403, OLD_FORM)


def find_client_place(request: Request) -> str:
    """Return the network address under which the request's attempts are counted."""
    return derive_place(request.client.host if request.client else "unknown")


def get_request_origin(request: Request) -> str:
    """Return the origin under which the browser called this web app."""
    return f"{request.url.scheme}://{request.url.netloc}"


def find_page_of_form(request: Request) -> str:
    """Return the page of this web app that contained the form, or "/" if the request does not name one."""
    before = urlsplit(request.headers.get("referer", ""))
    is_own = f"{before.scheme}://{before.netloc}" == get_request_origin(request) and before.path.startswith("/")
    return before.path if is_own and not before.path.startswith("//") else "/"


def choose_language(request: Request) -> str:
    """Return the language of a request: chosen by cookie, else accepted by the browser, else English."""
    chosen = request.cookies.get(LANGUAGE)
    if chosen in LANGUAGES:
        return chosen
    asked = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((language for language in asked if language in LANGUAGES), "en")


def get_theme(request: Request) -> str:
    """Return the theme of a request: light, dark, or automatic."""
    chosen = request.cookies.get(THEME)
    return chosen if chosen in THEMES else "auto"


def get_shortcuts(request: Request) -> str:
    """Return whether keys of one letter are shortcuts: on or off."""
    return "off" if request.cookies.get(SHORTCUTS) == "off" else "on"


def list_dismissed_tours(request: Request) -> frozenset[str]:
    """Return the introductions that were dismissed in this browser."""
    return frozenset(request.cookies.get(TOURED, "").split("."))


def has_panel(request: Request) -> bool:
    """Return whether the officer wants charts beside the table of leads."""
    return request.cookies.get(PANEL) == "on"
