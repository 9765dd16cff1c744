"""Routes of the live page: running scans, the health of sources, and the newest exhibits."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from fastapi import Request

from sightline.casework.permissions.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.services.live.feed_status import FeedStatus
from sightline.services.scan.live_status import LiveStatus
from sightline.translation.messages import get_messages, translate_word
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter
from sightline.web.pages.live.feed import PageUpdates
from sightline.web.pages.live.newest import NewestLead, NewestLeads
from sightline.web.pages.live.units import format_duration, format_rate
from sightline.web.responses import Events, Page
from sightline.web.templates import render_template

router = PageRouter("live")
LOCK = threading.Lock()
FORMATTERS: dict[str, object] = {"lasting": format_duration, "rate": format_rate}


@router.show("/live", Action.EXHIBIT_VIEW, JournalVerb.VIEW_EXHIBIT, "source:all")
def show_live(context: RequestContext) -> Page:
    """Show the current status. The page updates itself if the browser can."""
    feed = get_feed(context.request)
    status, feeds = feed.look()
    newest = feed.read_newest_leads() if _may_see_leads(context) else None
    return Page("live.html", {"status": status, "feeds": feeds, "newest": newest} | FORMATTERS)


@router.show("/live/events", Action.EXHIBIT_VIEW, None, "source:all")
def send_events(context: RequestContext) -> Events:
    """Send changes as server-sent events: whole table bodies that replace those on the page."""
    _may_see_leads(context)
    return Events(get_feed(context.request).follow(context.live_session, context.language))


def _may_see_leads(context: RequestContext) -> bool:
    """Return whether the officer may see leads. The journal then has an entry for the newest ones."""
    if not context.may(Action.LEADS_VIEW):
        return False
    as_of = context.live_session.as_of
    context.officer_session.look(Action.LEADS_VIEW, "leads:newest", JournalVerb.VIEW_LEADS, as_of)
    return True


def get_feed(request: Request) -> PageUpdates:
    """Return the one feed of this server."""
    state = request.app.state
    with LOCK:
        if not hasattr(state, "feed"):
            config = state.config
            state.feed = PageUpdates(
                config.workspace,
                state.live_sessions,
                config.clock,
                draw_parts,
                Action.EXHIBIT_VIEW,
                state.over,
                NewestLeads(config.workspace, state.browser),
            )
        feed: PageUpdates = state.feed
    return feed


def draw_parts(
    status: LiveStatus, feeds: Sequence[FeedStatus], newest: Sequence[NewestLead] | None, language: str
) -> str:
    """Return the parts of the page that change."""
    t = get_messages(router.name, language)
    words = {"t": t, "w": lambda part, value: translate_word(part, str(value), language), "language": language}
    facts = {"status": status, "feeds": feeds, "newest": newest}
    return render_template("live/parts.html", facts | FORMATTERS | words)
