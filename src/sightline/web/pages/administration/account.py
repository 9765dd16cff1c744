"""One's own account: how one signs in, the authenticator, and where one is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework import accounts
from sightline.casework.access import Action
from sightline.casework.input_checks import thing
from sightline.errors import NotAllowed, NotThere, UsageError
from sightline.ledger.verbs import Seen
from sightline.web.auth import qr_of
from sightline.web.context import RequestContext
from sightline.web.pages.administration.index import page, room, seats_of
from sightline.web.responses import Page, Redirect

Secret = Annotated[str, Form(max_length=1024)]
HERE = "/administration/account"


@room.page(HERE, Action.ACCOUNT_MAKE, Seen.VIEW_ROOM, "room:account")
def account(visit: RequestContext) -> Page:
    """How the officer signs in, and where."""
    return _account(visit)


@room.act(f"{HERE}/new", Action.ACCOUNT_MAKE, "room:account")
def make(visit: RequestContext, name: Secret, password: Secret, again: Secret) -> Page | Redirect:
    """The first password of an officer who came by a link; the authenticator's secret is shown once."""
    if _has_account(visit):
        raise NotAllowed("you have an account already", hint="change its password instead")
    if password != again:
        return _account(visit, {"new": "unlike"})
    try:
        made = accounts.make(visit.officer_session, name.strip().lower(), password)
    except UsageError as why:
        return _account(visit, {"new": "short" if "password" in str(why) else "name"})
    return page(visit, "account", {"made": made, "qr": qr_of(made.uri)}, template="authenticator.html")


@room.act(f"{HERE}/password", Action.ACCOUNT_MAKE, "room:account")
def change_password(visit: RequestContext, current: Secret, password: Secret, again: Secret) -> Page | Redirect:
    """Another password; every other session of the officer ends."""
    if password != again:
        return _account(visit, {"password": "unlike"})
    try:
        accounts.change_password(visit.officer_session, current, password)
    except NotAllowed:
        return _account(visit, {"password": "wrong"})
    except UsageError:
        return _account(visit, {"password": "short"})
    ended = seats_of(visit.request).end_of(
        visit.officer_session.officer.officer_id, "the password was changed", but=visit.live_session.session_id
    )
    return Redirect(HERE, "account.changed", {"n": ended})


@room.act(f"{HERE}/authenticator", Action.ACCOUNT_MAKE, "room:account")
def new_authenticator(visit: RequestContext, current: Secret) -> Page:
    """Another authenticator: its secret is shown once, and the one before serves no more."""
    try:
        made = accounts.new_authenticator(visit.officer_session, current)
    except NotAllowed:
        return _account(visit, {"authenticator": "wrong"})
    return page(visit, "account", {"made": made, "qr": qr_of(made.uri)}, template="authenticator.html")


@room.act(f"{HERE}/sessions/{{session_id}}/end", Action.ACCOUNT_MAKE, "session:{session_id}")
def end_own(visit: RequestContext, session_id: str) -> Redirect:
    """End an own session, from elsewhere."""
    own = {one.session_id for one in seats_of(visit.request).open_ones() if _is_own(visit, one.officer_id)}
    with visit.officer_session.keeping_refusals(Seen.REFUSED_RIGHT, thing("session", session_id)):
        if session_id not in own:
            raise NotThere("there is no such session of yours any more")
    seats_of(visit.request).revoke(visit.officer_session, session_id, "ended by its officer")
    return Redirect(HERE, "account.ended")


def _account(visit: RequestContext, wrong: dict[str, str] | None = None) -> Page:
    with visit.reading() as tables:
        found = accounts.account_of(tables, visit.officer_session.officer.officer_id)
    open_ones = [one for one in seats_of(visit.request).open_ones() if _is_own(visit, one.officer_id)]
    facts: dict[str, object] = {"account": found, "key_id": visit.officer_session.signer.key_id, "sessions": open_ones}
    facts |= {"wrong": wrong or {}, "this": visit.live_session.session_id}
    return page(visit, "account", facts, 422 if wrong else 200)


def _has_account(visit: RequestContext) -> bool:
    with visit.reading() as tables:
        return accounts.account_of(tables, visit.officer_session.officer.officer_id) is not None


def _is_own(visit: RequestContext, officer_id: str) -> bool:
    return officer_id == visit.officer_session.officer.officer_id
