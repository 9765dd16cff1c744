"""A request of an officer who is signed in, and may: what every handler gets."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from sightline.casework.access import Action, allow, may_see_approval
from sightline.casework.input_checks import thing as thing_named
from sightline.casework.officer_session import OfficerSession
from sightline.casework.web_sessions import LiveSession
from sightline.ledger.verbs import Seen, Verb
from sightline.services.lead_index.index import LeadIndex
from sightline.services.lead_index.view import View
from sightline.storage.rows import Approval
from sightline.storage.table import Tables
from sightline.web.messages import LANGUAGES, Messages, messages_for
from sightline.web.rate_limits import place_of
from sightline.workspace.cache import NOTES

T = TypeVar("T")
COOKIE, SECURE_COOKIE = "sightline", "__Host-sightline"
FORM_TOKEN = "form_token"  # noqa: S105  - the name of a field
FOREIGN_FORM, OLD_FORM = "foreign-form", "old-form"
"""Why a form is refused: a page of another place sent it, or a page of this room from before the session."""
LANGUAGE, THEME, FLASH = "language", "theme", "flash"
WRITTEN = ("text", "why", "leads")
"""The fields in which an officer writes at length: all that is a `textarea` on a page. None of them is a secret."""
THEMES = ("auto", "light", "dark")


class SignInFirst(Exception):
    """Nobody is signed in: to the door, and from there back."""


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """One route as it is declared: what it needs, and what the journal is told."""

    method: str
    path: str
    action: Action
    seen: Seen | None
    thing: str


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request, the seat of its officer, and the room that answers it."""

    request: Request = field(repr=False)
    live_session: LiveSession
    room: str

    @property
    def officer_session(self) -> OfficerSession:
        """The officer's desk, as the command line has it."""
        return self.live_session.officer_session

    @property
    def language(self) -> str:
        """The language of the pages: as chosen, else as the browser asks, else English."""
        return language_of(self.request)

    @property
    def says(self) -> Messages:
        """The room's words."""
        return messages_for(self.room, self.language)

    def says_of(self, room: str) -> Messages:
        """The words of another room, or those of all."""
        return messages_for(room, self.language)

    @property
    def is_part(self) -> bool:
        """Whether a part of the page was asked for, to be changed in place."""
        return self.request.headers.get("hx-request") == "true" and "hx-boosted" not in self.request.headers

    @property
    def leads(self) -> View:
        """The leads as they stand, in memory for all who ask. Raises UsageError where there are none yet."""
        browser: LeadIndex = self.request.app.state.browser
        return browser.view(self.live_session.as_of)

    @contextmanager
    def reading(self) -> Iterator[Tables]:
        """The record as it stands; that the page is looked at is in the journal already."""
        with self.officer_session.workspace.reading() as tables:
            yield tables

    def kept(self, key: Hashable, make: Callable[[], T], but: Collection[Verb] = NOTES) -> T:
        """What was made of the record, and made anew where a change that it rests on came before this request."""
        return self.officer_session.workspace.kept(key, make, self.live_session.as_of, but)

    def may(self, action: Action) -> bool:
        """Whether the officer may, to show what leads there."""
        return allow(self.officer_session.actor(self.live_session.as_of), action).allowed

    def may_see(self, asked: Approval | None) -> bool:
        """Whether there is an approval, and it is this officer's to see."""
        return asked is not None and may_see_approval(
            self.officer_session.actor(self.live_session.as_of), Action(asked.action)
        )


def visiting(request: Request, room: str, way: RouteSpec) -> RequestContext:
    """The visit of whoever is signed in and may. Raises SignInFirst, NotAllowed, HTTPException."""
    live_session = seat_of(request)
    if live_session is None:
        raise SignInFirst
    thing = thing_of(way, request)
    if way.seen is not None:
        live_session.officer_session.look(way.action, thing, way.seen, live_session.as_of)
    else:
        live_session.officer_session.require(way.action, thing, live_session.as_of)
    return RequestContext(request, live_session, room)


def thing_of(way: RouteSpec, request: Request) -> str:
    """What a way is about, as the journal names it."""
    kind, _, named = way.thing.format(**{name: str(value) for name, value in request.path_params.items()}).partition(
        ":"
    )
    return thing_named(kind, named or "all")


def seat_of(request: Request) -> LiveSession | None:
    """The seat behind the request's cookie, looked for once."""
    if not hasattr(request.state, "seat"):
        token = request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE)
        request.state.live_session = request.app.state.live_sessions.find(token)
    live_session: LiveSession | None = request.state.live_session
    return live_session


async def own_form(request: Request) -> None:
    """Raise HTTPException for a form that is not of this room and this session.

    What an officer wrote in one of this room is remembered for the answer: where nothing comes of it, it is shown.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in {None, "same-origin"} or (origin is not None and origin != own_origin(request)):
        raise HTTPException(403, FOREIGN_FORM)
    form = await request.form()
    request.state.written = {name: text for name in WRITTEN if isinstance(text := form.get(name), str) and text.strip()}
    live_session = await run_in_threadpool(seat_of, request)
    if live_session is None:
        return
    said = request.headers.get("x-form-token")
    if said is None:
        value = form.get(FORM_TOKEN)
        said = value if isinstance(value, str) else ""
    if not hmac.compare_digest(said.encode(errors="replace"), live_session.form_token.encode()):
        raise HTTPException(403, OLD_FORM)


def place(request: Request) -> str:
    """The place that a request comes from, as tries are counted."""
    return place_of(request.client.host if request.client else "unknown")


def own_origin(request: Request) -> str:
    """The origin under which this room was asked."""
    return f"{request.url.scheme}://{request.url.netloc}"


def page_before(request: Request) -> str:
    """The page of this room that a form stood on; its front page where none is said."""
    before = urlsplit(request.headers.get("referer", ""))
    is_own = f"{before.scheme}://{before.netloc}" == own_origin(request) and before.path.startswith("/")
    return before.path if is_own and not before.path.startswith("//") else "/"


def language_of(request: Request) -> str:
    """The language of a request."""
    chosen = request.cookies.get(LANGUAGE)
    if chosen in LANGUAGES:
        return chosen
    asked = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((one for one in asked if one in LANGUAGES), "en")


def theme_of(request: Request) -> str:
    """Light, dark, or as the machine has it."""
    chosen = request.cookies.get(THEME)
    return chosen if chosen in THEMES else "auto"
