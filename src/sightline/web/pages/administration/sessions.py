"""Sessions of all officers, and account recoveries by two officers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from sightline.casework.input_checks import require_reason
from sightline.casework.people import code_keys, recovery
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.storage.rows import WebSession
from sightline.web.context import RequestContext
from sightline.web.pages.administration.index import build_page, get_live_sessions, is_allowed, read_now_us
from sightline.web.pages.administration.router import router
from sightline.web.responses import Page, Redirect

SESSIONS, RECOVERY = "/administration/sessions", "/administration/recovery"
Text = Annotated[str, Form()]


@router.show(SESSIONS, Action.SESSION_LIST, JournalVerb.VIEW_OFFICERS, "session:all")
def show_sessions(context: RequestContext) -> Page:
    """Show who is signed in, since when, and with which browser."""
    with context.read() as tables:
        called = list_names(tables)
    open_ones = get_live_sessions(context.request).open_ones()
    can = is_allowed(context, Action.SESSION_END)
    facts = {"sessions": open_ones, "names": called, "can_end": can, "this": context.live_session.session_id}
    return build_page(context, "sessions", facts)


@router.show(f"{SESSIONS}/{{session_id}}/end", Action.SESSION_END, JournalVerb.VIEW_OFFICERS, "session:{session_id}")
def show_end(context: RequestContext, session_id: str) -> Page:
    """Show the form to end another officer's session."""
    with context.read() as tables:
        row, called = tables[WebSession].get(session_id), list_names(tables)
    if row is None or row.ended_at_us is not None:
        raise UsageError("this session has ended already")
    return build_page(context, "sessions", {"session": row, "name": called[row.officer_id]}, template="end.html")


@router.act(f"{SESSIONS}/{{session_id}}/end", Action.SESSION_END, "session:{session_id}")
def end_session(context: RequestContext, session_id: str, why: Text) -> Redirect:
    """End another officer's session. The journal records the reason."""
    get_live_sessions(context.request).revoke(
        context.officer_session,
        session_id,
        f"{context.officer_session.officer.name}: {require_reason(why, 'the reason')}",
    )
    return Redirect(SESSIONS, "sessions.ended")


@router.show(RECOVERY, Action.ACCOUNT_RECOVER, JournalVerb.VIEW_OFFICERS, "officer:all")
def show_recovery(context: RequestContext) -> Page:
    """Show the accounts that wait for recovery, and the form to ask for one."""
    with context.read() as tables:
        recoveries = recovery.list_under_way(tables, read_now_us(context))
        whom = recovery.list_other_account_holders(tables, context.officer_session.officer.officer_id)
    return build_page(context, "recovery", {"waiting": recoveries, "whom": whom})


@router.act(RECOVERY, Action.ACCOUNT_RECOVER, "officer:all")
def ask_for_recovery(context: RequestContext, officer: Text, key: Text, why: Text) -> Redirect:
    """Ask to give an account back with just the key that its officer handed over."""
    recovery.ask(context.officer_session, officer, code_keys.parse_public_key(key), require_reason(why, "the reason"))
    return Redirect(RECOVERY, "recovery.asked_for")
