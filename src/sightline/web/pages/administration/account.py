"""One's own account: how one signs in, the authenticator, and where one is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework import accounts
from sightline.casework.access import Action
from sightline.casework.input_checks import thing
from sightline.errors import NotAllowed, NotThere, UsageError
from sightline.ledger.verbs import Seen
from sightline.web.responses import Moved, Page
from sightline.web.auth import qr_of
from sightline.web.pages.administration.index import page, room, seats_of
from sightline.web.context import Visit

Secret = Annotated[str, Form(max_length=1024)]
HERE = "/administration/account"


@room.page(HERE, Action.ACCOUNT_MAKE, Seen.VIEW_ROOM, "room:account")
def account(visit: Visit) -> Page:
    """How the officer signs in, and where."""
    return _account(visit)


@room.act(f"{HERE}/new", Action.ACCOUNT_MAKE, "room:account")
def make(visit: Visit, name: Secret, password: Secret, again: Secret) -> Page | Moved:
    """The first password of an officer who came by a link; the authenticator's secret is shown once."""
    if _has_account(visit):
        raise NotAllowed("you have an account already", hint="change its password instead")
    if password != again:
        return _account(visit, {"new": "unlike"})
    try:
        made = accounts.make(visit.desk, name.strip().lower(), password)
    except UsageError as why:
        return _account(visit, {"new": "short" if "password" in str(why) else "name"})
    return page(visit, "account", {"made": made, "qr": qr_of(made.uri)}, template="authenticator.html")


@room.act(f"{HERE}/password", Action.ACCOUNT_MAKE, "room:account")
def change_password(visit: Visit, current: Secret, password: Secret, again: Secret) -> Page | Moved:
    """Another password; every other session of the officer ends."""
    if password != again:
        return _account(visit, {"password": "unlike"})
    try:
        accounts.change_password(visit.desk, current, password)
    except NotAllowed:
        return _account(visit, {"password": "wrong"})
    except UsageError:
        return _account(visit, {"password": "short"})
    ended = seats_of(visit.request).end_of(
        visit.desk.officer.officer_id, "the password was changed", but=visit.seat.session_id
    )
    return Moved(HERE, "account.changed", {"n": ended})


@room.act(f"{HERE}/authenticator", Action.ACCOUNT_MAKE, "room:account")
def new_authenticator(visit: Visit, current: Secret) -> Page:
    """Another authenticator: its secret is shown once, and the one before serves no more."""
    try:
        made = accounts.new_authenticator(visit.desk, current)
    except NotAllowed:
        return _account(visit, {"authenticator": "wrong"})
    return page(visit, "account", {"made": made, "qr": qr_of(made.uri)}, template="authenticator.html")


@room.act(f"{HERE}/sessions/{{session_id}}/end", Action.ACCOUNT_MAKE, "session:{session_id}")
def end_own(visit: Visit, session_id: str) -> Moved:
    """End an own session, from elsewhere."""
    own = {one.session_id for one in seats_of(visit.request).open_ones() if _is_own(visit, one.officer_id)}
    with visit.desk.keeping_refusals(Seen.REFUSED_RIGHT, thing("session", session_id)):
        if session_id not in own:
            raise NotThere("there is no such session of yours any more")
    seats_of(visit.request).revoke(visit.desk, session_id, "ended by its officer")
    return Moved(HERE, "account.ended")


def _account(visit: Visit, wrong: dict[str, str] | None = None) -> Page:
    with visit.reading() as shelves:
        found = accounts.account_of(shelves, visit.desk.officer.officer_id)
    open_ones = [one for one in seats_of(visit.request).open_ones() if _is_own(visit, one.officer_id)]
    facts: dict[str, object] = {"account": found, "key_id": visit.desk.signer.key_id, "sessions": open_ones}
    facts |= {"wrong": wrong or {}, "this": visit.seat.session_id}
    return page(visit, "account", facts, 422 if wrong else 200)


def _has_account(visit: Visit) -> bool:
    with visit.reading() as shelves:
        return accounts.account_of(shelves, visit.desk.officer.officer_id) is not None


def _is_own(visit: Visit, officer_id: str) -> bool:
    return officer_id == visit.desk.officer.officer_id
