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
from sightline.casework.officer_session import Desk
from sightline.casework.input_checks import thing as thing_named
from sightline.casework.web_sessions import Seat
from sightline.services.lead_index.index import Browser
from sightline.services.lead_index.view import View
from sightline.workspace.cache import NOTES
from sightline.ledger.verbs import Seen, Verb
from sightline.storage.rows import Approval
from sightline.storage.table import Shelves
from sightline.web.rate_limits import place_of
from sightline.web.messages import LANGUAGES, Says, says

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
class Way:
    """One route as it is declared: what it needs, and what the journal is told."""

    method: str
    path: str
    action: Action
    seen: Seen | None
    thing: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, the seat of its officer, and the room that answers it."""

    request: Request = field(repr=False)
    seat: Seat
    room: str

    @property
    def desk(self) -> Desk:
        """The officer's desk, as the command line has it."""
        return self.seat.desk

    @property
    def language(self) -> str:
        """The language of the pages: as chosen, else as the browser asks, else English."""
        return language_of(self.request)

    @property
    def says(self) -> Says:
        """The room's words."""
        return says(self.room, self.language)

    def says_of(self, room: str) -> Says:
        """The words of another room, or those of all."""
        return says(room, self.language)

    @property
    def is_part(self) -> bool:
        """Whether a part of the page was asked for, to be changed in place."""
        return self.request.headers.get("hx-request") == "true" and "hx-boosted" not in self.request.headers

    @property
    def leads(self) -> View:
        """The leads as they stand, in memory for all who ask. Raises UsageError where there are none yet."""
        browser: Browser = self.request.app.state.browser
        return browser.view(self.seat.as_of)

    @contextmanager
    def reading(self) -> Iterator[Shelves]:
        """The record as it stands; that the page is looked at is in the journal already."""
        with self.desk.workspace.reading() as shelves:
            yield shelves

    def kept(self, key: Hashable, make: Callable[[], T], but: Collection[Verb] = NOTES) -> T:
        """What was made of the record, and made anew where a change that it rests on came before this request."""
        return self.desk.workspace.kept(key, make, self.seat.as_of, but)

    def may(self, action: Action) -> bool:
        """Whether the officer may, to show what leads there."""
        return allow(self.desk.actor(self.seat.as_of), action).allowed

    def may_see(self, asked: Approval | None) -> bool:
        """Whether there is an approval, and it is this officer's to see."""
        return asked is not None and may_see_approval(self.desk.actor(self.seat.as_of), Action(asked.action))


def visiting(request: Request, room: str, way: Way) -> Visit:
    """The visit of whoever is signed in and may. Raises SignInFirst, NotAllowed, HTTPException."""
    seat = seat_of(request)
    if seat is None:
        raise SignInFirst
    thing = thing_of(way, request)
    if way.seen is not None:
        seat.desk.look(way.action, thing, way.seen, seat.as_of)
    else:
        seat.desk.require(way.action, thing, seat.as_of)
    return Visit(request, seat, room)


def thing_of(way: Way, request: Request) -> str:
    """What a way is about, as the journal names it."""
    kind, _, named = way.thing.format(**{name: str(value) for name, value in request.path_params.items()}).partition(
        ":"
    )
    return thing_named(kind, named or "all")


def seat_of(request: Request) -> Seat | None:
    """The seat behind the request's cookie, looked for once."""
    if not hasattr(request.state, "seat"):
        token = request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE)
        request.state.seat = request.app.state.seats.find(token)
    seat: Seat | None = request.state.seat
    return seat


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
    seat = await run_in_threadpool(seat_of, request)
    if seat is None:
        return
    said = request.headers.get("x-form-token")
    if said is None:
        value = form.get(FORM_TOKEN)
        said = value if isinstance(value, str) else ""
    if not hmac.compare_digest(said.encode(errors="replace"), seat.form_token.encode()):
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
