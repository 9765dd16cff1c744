"""The officer's own account: sign-in, authenticator, and open sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework.input_checks import name_thing
from sightline.casework.people import accounts
from sightline.casework.permissions.access import Action
from sightline.errors import NotAllowed, NotThere, UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.web.auth import draw_qr_code
from sightline.web.context import RequestContext
from sightline.web.pages.administration.index import build_page, get_live_sessions
from sightline.web.pages.administration.router import router
from sightline.web.responses import Page, Redirect

Secret = Annotated[str, Form(max_length=1024)]
HERE = "/administration/account"


@router.show(HERE, Action.ACCOUNT_MAKE, JournalVerb.VIEW_PAGE, "room:account")
def show_account(context: RequestContext) -> Page:
    """Show how the officer signs in, and the open sessions."""
    return _build_account_page(context)


@router.act(f"{HERE}/new", Action.ACCOUNT_MAKE, "room:account")
def set_first_password(context: RequestContext, name: Secret, password: Secret, again: Secret) -> Page | Redirect:
    """Set the first password of an officer who came by a link. The authenticator's secret is shown once."""
    if _has_account(context):
        raise NotAllowed("you have an account already", hint="change its password instead")
    if password != again:
        return _build_account_page(context, {"new": "unlike"})
    try:
        enrolment = accounts.create_account(context.officer_session, name.strip().lower(), password)
    except UsageError as error:
        return _build_account_page(context, {"new": "short" if "password" in str(error) else "name"})
    return build_page(
        context, "account", {"made": enrolment, "qr": draw_qr_code(enrolment.uri)}, template="authenticator.html"
    )


@router.act(f"{HERE}/password", Action.ACCOUNT_MAKE, "room:account")
def change_password(context: RequestContext, current: Secret, password: Secret, again: Secret) -> Page | Redirect:
    """Change the password. Every other session of the officer ends."""
    if password != again:
        return _build_account_page(context, {"password": "unlike"})
    try:
        accounts.change_password(context.officer_session, current, password)
    except NotAllowed:
        return _build_account_page(context, {"password": "wrong"})
    except UsageError:
        return _build_account_page(context, {"password": "short"})
    ended = get_live_sessions(context.request).end_of(
        context.officer_session.officer.officer_id, "the password was changed", but=context.live_session.session_id
    )
    return Redirect(HERE, "account.changed", {"n": ended})


@router.act(f"{HERE}/authenticator", Action.ACCOUNT_MAKE, "room:account")
def replace_authenticator(context: RequestContext, current: Secret) -> Page:
    """Replace the authenticator. Its secret is shown once, and the earlier one stops working."""
    try:
        enrolment = accounts.replace_authenticator(context.officer_session, current)
    except NotAllowed:
        return _build_account_page(context, {"authenticator": "wrong"})
    return build_page(
        context, "account", {"made": enrolment, "qr": draw_qr_code(enrolment.uri)}, template="authenticator.html"
    )


@router.act(f"{HERE}/sessions/{{session_id}}/end", Action.ACCOUNT_MAKE, "session:{session_id}")
def end_own_session(context: RequestContext, session_id: str) -> Redirect:
    """End one of the officer's other sessions."""
    own = {
        web_session.session_id
        for web_session in get_live_sessions(context.request).open_ones()
        if _is_own(context, web_session.officer_id)
    }
    with context.officer_session.record_refusals(JournalVerb.REFUSED_RIGHT, name_thing("session", session_id)):
        if session_id not in own:
            raise NotThere("this session has ended already")
    get_live_sessions(context.request).revoke(context.officer_session, session_id, "ended by its officer")
    return Redirect(HERE, "account.ended")


def _build_account_page(context: RequestContext, wrong: dict[str, str] | None = None) -> Page:
    with context.read() as tables:
        result = accounts.get_account(tables, context.officer_session.officer.officer_id)
    open_ones = [
        web_session
        for web_session in get_live_sessions(context.request).open_ones()
        if _is_own(context, web_session.officer_id)
    ]
    facts: dict[str, object] = {
        "account": result,
        "key_id": context.officer_session.signer.key_id,
        "sessions": open_ones,
    }
    facts |= {"wrong": wrong or {}, "this": context.live_session.session_id}
    return build_page(context, "account", facts, 422 if wrong else 200)


def _has_account(context: RequestContext) -> bool:
    with context.read() as tables:
        return accounts.get_account(tables, context.officer_session.officer.officer_id) is not None


def _is_own(context: RequestContext, officer_id: str) -> bool:
    return officer_id == context.officer_session.officer.officer_id
