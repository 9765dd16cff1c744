"""Variables of the layout around every page: officer, navigation, language and theme."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action, Actor, allow, allow_second, may_see_approval
from sightline.ledger.instants import to_microseconds
from sightline.model import Stamp
from sightline.storage.rows import Approval, LeadMark, Workspace
from sightline.translation.messages import LANGUAGES, format_days, get_messages, translate_state, translate_word
from sightline.web.context import FLASH, RequestContext, choose_language, find_page_of_form, get_shortcuts, get_theme
from sightline.web.layout.tours import NOWHERE, POINTS, find_tour
from sightline.web.unread_news import count_unread
from sightline.workspace.cache import WORK


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A page in the navigation: its folder, URL, required action, the key after `g`, and its heading."""

    page: str
    path: str
    action: Action
    key: str
    part: str = "work"


@dataclass(frozen=True, slots=True)
class Flash:
    """A message about what was done, and the URL of the form that undoes it."""

    text: str
    undo: str | None


NAVIGATION = (
    NavigationItem("home", "/", Action.WEB_APP_USE, "h"),
    NavigationItem("inbox", "/inbox", Action.WEB_APP_USE, "i"),
    NavigationItem("search", "/search", Action.SEARCH, "s"),
    NavigationItem("leads", "/leads", Action.LEADS_VIEW, "l"),
    NavigationItem("cases", "/cases", Action.CASE_VIEW, "c"),
    NavigationItem("notices", "/notices", Action.NOTICE_VIEW, "n"),
    NavigationItem("referrals", "/referrals", Action.REFERRAL_VIEW, "r"),
    NavigationItem("operations", "/operations", Action.OPERATION_VIEW, "o"),
    NavigationItem("approvals", "/approvals", Action.APPROVAL_LIST, "a"),
    NavigationItem("intake", "/intake", Action.SCAN, "u", "evidence"),
    NavigationItem("tips", "/tips", Action.EXHIBIT_VIEW, "t", "evidence"),
    NavigationItem("devices", "/devices", Action.LEADS_VIEW, "d", "evidence"),
    NavigationItem("live", "/live", Action.EXHIBIT_VIEW, "v", "evidence"),
    NavigationItem("exhibits", "/exhibits", Action.EXHIBIT_VIEW, "e", "evidence"),
    NavigationItem("lists", "/lists", Action.ISSUER_LIST, "f", "evidence"),
    NavigationItem("map", "/map", Action.LEADS_VIEW, "m", "oversight"),
    NavigationItem("ledger", "/ledger", Action.LEDGER_VIEW, "g", "oversight"),
    NavigationItem("exercise", "/exercise", Action.LEADS_VIEW, "x", "oversight"),
    NavigationItem("administration", "/administration", Action.OFFICER_LIST, "p", "oversight"),
)
"""The pages, in the order of the navigation. `app.PAGE_ROUTERS` serves each."""
TABS = ("home", "leads", "search", "approvals", "referrals", "ledger", "inbox")
"""The pages that the bar below a narrow screen offers: the first four that the officer may open."""
MOST_TABS = 4


def build_layout_variables(context: RequestContext) -> dict[str, Any]:
    """Return the variables of the layout, beside a page's own."""
    officer = context.officer_session.officer
    actor = Actor(officer.officer_id, officer.role)
    own, _, marked = context.get_cached("frame", lambda: _read_record(context), WORK)
    pending_approvals = list_waiting_approvals(context)
    navigation = [item for item in NAVIGATION if allow(actor, item.action).allowed]
    return build_context_variables(context) | {
        "visit": context,
        "tour": (tour := find_tour(context)),
        "tour_points": POINTS.get(tour or "", NOWHERE),
        "officer": officer,
        "navigation": navigation,
        "tabs_below": _list_tabs_below(navigation),
        "here": context.folder,
        "may_search": allow(actor, Action.SEARCH).allowed,
        "counts": {"approvals": len(pending_approvals), "inbox": count_unread(context)},
        "in_danger": marked if allow(actor, Action.LEADS_VIEW).allowed else 0,
        "workspace_name": own.name,
        "is_exercise": own.stamp is Stamp.EXERCISE,
        "form_token": context.live_session.form_token,
    }


def _list_tabs_below(navigation: list[NavigationItem]) -> list[NavigationItem]:
    """Return the pages of the bar below a narrow screen."""
    known = {item.page: item for item in navigation}
    return [known[page] for page in TABS if page in known][:MOST_TABS]


def is_exercise(context: RequestContext) -> bool:
    """Return whether the workspace is of an exercise."""
    own, _, _ = context.get_cached("frame", lambda: _read_record(context), WORK)
    return own.stamp is Stamp.EXERCISE


def list_waiting_approvals(context: RequestContext) -> list[Approval]:
    """Return the approvals that wait for this officer's decision, oldest first."""
    officer, now_us = context.officer_session.officer, to_microseconds(context.officer_session.clock())
    _, asked, _ = context.get_cached("frame", lambda: _read_record(context), WORK)
    actor = Actor(officer.officer_id, officer.role)
    deciders = context.get_cached("deciders", lambda: _list_deciders(context, asked), WORK) if asked else {}
    return [
        approval
        for approval in asked
        if approval.expires_at_us > now_us
        and _is_for(actor, approval)
        and officer.officer_id in deciders.get(approval.approval_id, frozenset())
    ]


def _list_deciders(context: RequestContext, asked: Sequence[Approval]) -> dict[str, frozenset[str]]:
    """Return by approval the officers who can decide on it. Ties exclude officers whose role alone would permit it."""
    result: dict[tuple[str, str, str], frozenset[str]] = {}
    with context.read() as tables:
        for approval in asked:
            key = _derive_group(approval)
            if key not in result:
                result[key] = frozenset(each.officer_id for each in approvals.list_possible_deciders(tables, approval))
    return {approval.approval_id: result[_derive_group(approval)] for approval in asked}


def _derive_group(approval: Approval) -> tuple[str, str, str]:
    """Return what decides who can be second: the action, who asked, and the account that is recovered."""
    return approval.action, approval.asked_by, approval.thing if approval.action == Action.ACCOUNT_RECOVER else ""


def _read_record(context: RequestContext) -> tuple[Workspace, list[Approval], int]:
    """Return the workspace row, all approvals that wait for a decision, and the number of leads in danger."""
    with context.read() as tables:
        pending_approvals = approvals.list_waiting(tables, to_microseconds(context.officer_session.clock()))
        marked = {lead_mark.lead_id for lead_mark in tables[LeadMark].select(lifted_at_us=None)}
        return tables[Workspace].select()[0], pending_approvals, len(marked)


def _is_for(actor: Actor, approval: Approval) -> bool:
    """Return whether an officer can see an approval and decide on it."""
    action = Action(approval.action)
    return may_see_approval(actor, action) and allow_second(actor, action, approval.asked_by).allowed


def build_context_variables(context: RequestContext) -> dict[str, Any]:
    """Return the variables that every page needs: messages, language and theme."""
    return build_page_variables(context.folder, context.request)


def build_page_variables(folder: str, request: Any) -> dict[str, Any]:  # noqa: ANN401  - a request
    """Return messages, language and theme for a page of a folder."""
    language = choose_language(request)
    return {
        "t": get_messages(folder, language),
        "w": lambda part, value: translate_word(part, str(value), language),
        "said_day": lambda text: format_days(text, language),
        "state_name": lambda code: translate_state(code, language),
        "language": language,
        "languages": LANGUAGES,
        "theme": get_theme(request),
        "shortcuts": get_shortcuts(request),
        "flash": _parse_flash(request.cookies.get(FLASH)),
        **_return_path(request),
    }


def _return_path(request: Any) -> dict[str, str]:  # noqa: ANN401  - a request
    """Return the page to return to after a change of language. After a form, the page that contained it."""
    if request.method in {"GET", "HEAD"}:
        return {"path": request.url.path, "query": request.url.query}
    return {"path": find_page_of_form(request), "query": ""}


def _parse_flash(cookie: str | None) -> Flash | None:
    if cookie is None:
        return None
    try:
        value = json.loads(unquote(cookie))
    except ValueError:
        return None
    text, undo = (value.get("text"), value.get("undo")) if isinstance(value, dict) else (None, None)
    is_own = isinstance(undo, str) and undo.startswith("/") and not undo.startswith("//")
    return Flash(text, undo if is_own else None) if isinstance(text, str) else None
