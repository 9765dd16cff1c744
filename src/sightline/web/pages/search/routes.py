"""Routes of the search: one search over all that the officer's role may see. No searched text is ever in a URL."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any

from fastapi import Form

from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.search.result import SEEN_BY, ResultKind
from sightline.services.search.search import MOST, search_workspace
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.responses import Page

router = PageRouter("search")
SUGGESTED = 4
"""Number of findings of each kind that are shown while an officer types."""
LEADS_TO = {
    ResultKind.LEAD: "/leads/{id}",
    ResultKind.SUBSCRIBER: "/notices/subscribers/{id}",
    ResultKind.INDICATOR: "/leads?indicator={id}",
    ResultKind.CASE: "/cases/{id}",
    ResultKind.NOTICE: "/notices/{id}",
    ResultKind.REQUEST: "/referrals#request-{id}",
    ResultKind.REFERRAL: "/referrals/{id}",
    ResultKind.INCOMING: "/referrals/incoming/{id}",
    ResultKind.OPERATION: "/operations/{id}",
    ResultKind.EXHIBIT: "/exhibits/{id}",
    ResultKind.NOTE: "/leads/{id}#notes",
    ResultKind.CASE_NOTE: "/cases/{id}?tab=notes",
    ResultKind.FORCE: "/referrals/forces",
    ResultKind.LICENSEE: "/notices/licensees",
    ResultKind.LIST: "/lists/{id}",
    ResultKind.SOURCE: "/cases/sources/{id}",
    ResultKind.OFFICER: "/administration/officers",
}
"""The page of each kind of finding."""


@router.page("/search", Action.SEARCH, JournalVerb.VIEW_PAGE, "room:search")
def show_search(context: RequestContext) -> Page:
    """Show what can be searched. The field is on top of every page."""
    kinds = [kind for kind in ResultKind if context.may(SEEN_BY[kind])]
    return Page("search.html", {"text": "", "found": None, "groups": [], "kinds": kinds})


@router.act("/search", Action.SEARCH, "record:all")
def show_findings(context: RequestContext, text: Annotated[str, Form(max_length=300)] = "") -> Page:
    """Show what is known of a text. The journal records the search. While an officer types, show the first findings."""
    if not text.strip():
        return show_search(context)
    try:
        leads = context.leads.read
    except UsageError:
        leads = None
    most = SUGGESTED if context.is_part else MOST
    search_result = search_workspace(
        context.officer_session, text, most, lead_files=leads, as_of=context.live_session.as_of
    )
    groups = [(kind, list(some)) for kind, some in groupby(search_result.findings, key=lambda finding: finding.kind)]
    facts: dict[str, Any] = {
        "text": text,
        "searched": text,
        "found": search_result,
        "groups": groups,
        "leads_to": LEADS_TO,
    }
    return Page("search.html", facts, block="suggestions")
