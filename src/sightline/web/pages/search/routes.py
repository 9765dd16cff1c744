"""Route of the search page: one search over all that the officer's role may see."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import Query

from sightline.casework.access import Action
from sightline.errors import UsageError
from sightline.services.search.result import Kind
from sightline.services.search.search import search
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.responses import Page

router = PageRouter("search")
LEADS_TO = {
    Kind.LEAD: "/leads/{id}",
    Kind.SUBSCRIBER: "/notices/subscribers/{id}",
    Kind.INDICATOR: "/leads?indicator={id}",
    Kind.CASE: "/cases/{id}",
    Kind.NOTICE: "/notices/{id}",
    Kind.REQUEST: "/referrals#request-{id}",
    Kind.REFERRAL: "/referrals/{id}",
    Kind.INCOMING: "/referrals/incoming/{id}",
    Kind.OPERATION: "/operations/{id}",
    Kind.EXHIBIT: "/exhibits/{id}",
    Kind.OFFICER: "/administration/officers",
}
"""The page of each kind of finding."""


@router.page("/search", Action.SEARCH, None)
def searching(context: RequestContext, text: Annotated[str, Query(max_length=300)] = "") -> Page:
    """Show the search field, and what is known of a text. The journal records the search."""
    if not text.strip():
        return Page("search.html", {"text": "", "found": None, "groups": []})
    try:
        read = context.leads.read
    except UsageError:
        read = None
    found = search(context.officer_session, text, read=read, as_of=context.live_session.as_of)
    groups = [(kind, list(some)) for kind, some in groupby(found.findings, key=lambda one: one.kind)]
    return Page("search.html", {"text": text, "found": found, "groups": groups, "leads_to": LEADS_TO})
