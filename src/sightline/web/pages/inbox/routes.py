"""Routes of the notifications: a list, newest first, and the mark up to which it was read."""

from __future__ import annotations

from functools import partial

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.inbox.news_groups import group_news
from sightline.services.inbox.news_item import News, NewsKind
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.pages.inbox.searches import search_news
from sightline.web.pages.leads.query import build_own_filter
from sightline.web.responses import Page, Redirect
from sightline.web.unread_news import list_own_news, mark_read, read_until

router = PageRouter("inbox")
MOST = 200
"""Maximum number of rows of notifications on the page."""
PATHS = {
    "lead": "/leads/{id}",
    "leads": "/leads?{own}",
    "approval": "/approvals/{id}",
    "notice": "/notices/{id}",
    "case": "/cases/{id}?tab=notes",
    "request": "/referrals#request-{id}",
    "referral": "/referrals/{id}",
    "incoming": "/referrals/incoming/{id}",
    "issuer-key": "/lists",
    "feed": "/live",
}
ANCHORS = {NewsKind.NOTED: "#notes", NewsKind.MENTIONED: "#notes", NewsKind.FOUND: "#outcomes"}
ALARMING = frozenset(
    {
        NewsKind.DANGER,
        NewsKind.REPORTED,
        NewsKind.OVERDUE,
        NewsKind.DEADLINE,
        NewsKind.RECALLED,
        NewsKind.REVOKED,
        NewsKind.SILENT,
    }
)


@router.show("/inbox", Action.WEB_APP_USE, JournalVerb.VIEW_PAGE, "inbox:all")
def show_inbox(context: RequestContext) -> Page:
    """Show the officer's notifications of the last thirty days."""
    result, read_us = list_own_news(context), read_until(context)
    with context.read() as tables:
        called = list_names(tables)
    groups = group_news(result, read_us)
    facts = {
        "groups": groups[:MOST],
        "total": len(result),
        "left_off": sum(group.total for group in groups[MOST:]),
        "unread": sum(news.at_us > read_us for news in result),
        "read_us": read_us,
        "now_us": to_microseconds(context.officer_session.clock()),
        "officers": called,
        "path_of": partial(build_news_path, own=build_own_filter(context).query),
        "alarming": ALARMING,
        "searches": search_news(context),
    }
    return Page("inbox.html", facts)


@router.act("/inbox/read", Action.WEB_APP_USE, "inbox:read")
def read_all(context: RequestContext) -> Redirect:
    """Mark all notifications as read."""
    mark_read(context)
    return Redirect("/inbox", "done")


def build_news_path(news: News, own: str) -> str:
    """Return the URL of the page that a notification is about. `own`: the query of the officer's own leads."""
    kind, _, named = news.thing.partition(":")
    path = f"/cases/{named}?tab=deadlines" if news.kind is NewsKind.DEADLINE else PATHS[kind].format(id=named, own=own)
    return path + ANCHORS.get(news.kind, "")
