"""Routes of the live page: running scans, the health of sources, and the newest exhibits."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from fastapi import Request

from sightline.casework.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.services.live.status import FeedStatus
from sightline.services.scan.live_status import LiveStatus
from sightline.web.context import RequestContext
from sightline.web.messages import messages_for, word
from sightline.web.page_router import PageRouter
from sightline.web.pages.live.feed import Feed
from sightline.web.pages.live.units import lasting, rate, size
from sightline.web.responses import Events, Page
from sightline.web.templates import render_template

router = PageRouter("live")
LOCK = threading.Lock()
SHOWN: dict[str, object] = {"lasting": lasting, "rate": rate, "size": size}


@router.page("/live", Action.EXHIBIT_VIEW, JournalVerb.VIEW_EXHIBIT, "source:all")
def show_live(context: RequestContext) -> Page:
    """Show the current status. The page updates itself if the browser can."""
    sight, feeds = feed_of(context.request).look()
    return Page("live.html", {"sight": sight, "feeds": feeds} | SHOWN)


@router.page("/live/events", Action.EXHIBIT_VIEW, None, "source:all")
def events(context: RequestContext) -> Events:
    """Send changes as server-sent events: whole table bodies that replace those on the page."""
    return Events(feed_of(context.request).follow(context.live_session, context.language))


def feed_of(request: Request) -> Feed:
    """Return the one feed of this server."""
    state = request.app.state
    with LOCK:
        if not hasattr(state, "feed"):
            config = state.config
            state.feed = Feed(
                config.workspace, state.live_sessions, config.clock, draw_parts, Action.EXHIBIT_VIEW, state.over
            )
        feed: Feed = state.feed
    return feed


def draw_parts(sight: LiveStatus, feeds: Sequence[FeedStatus], language: str) -> str:
    """Return the parts of the page that change."""
    t = messages_for(router.name, language)
    words = {"t": t, "w": lambda part, value: word(part, str(value), language), "language": language}
    return render_template("live/parts.html", {"sight": sight, "feeds": feeds} | SHOWN | words)
