"""News of one officer, and how many of them are newer than those that the officer marked as read.

The journal records that an officer marked the news as read. No other table says so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from sightline.casework.access import Action
from sightline.ledger.instants import microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.services.inbox.news import KEPT_US, News, NewsKind, news_since
from sightline.services.live.alarms import LIMITS
from sightline.services.live.status import FeedWatcher
from sightline.storage.rows import StoredJournalRow
from sightline.web.context import RequestContext

READ = "inbox:read"
"""The thing that the journal names when an officer marks the news as read."""
LOOKED_BACK = 200_000
"""Rows of the journal in which the last such mark is sought."""
BUT_FEEDS = frozenset(Verb) - {Verb.FEED_PART_REGISTERED}
LOCK = threading.Lock()
DAY_US = 86_400_000_000


def own_news(context: RequestContext) -> list[News]:
    """Return the officer's notifications of the last thirty days, newest first."""
    now_us = microseconds(context.officer_session.clock())
    day = now_us // DAY_US

    def read() -> list[News]:
        with context.reading() as tables:
            return news_since(tables, day * DAY_US - KEPT_US)

    found = [*context.cached(("news", day), read, ()), *_silent_feeds(context, now_us)]
    may = {one: context.may(one) for one in {each.action for each in found} if one is not None}
    officer_id = context.officer_session.officer.officer_id
    mine = [
        one
        for one in found
        if one.at_us <= now_us
        and officer_id != one.by
        and (officer_id in one.officers or (one.action is not None and may[one.action]))
    ]
    return sorted(mine, key=lambda one: -one.at_us)


def _silent_feeds(context: RequestContext, now_us: int) -> Iterable[News]:
    """Return the feeds of the last thirty days of which no part came for longer than the limit."""
    if not context.may(Action.EXHIBIT_VIEW):
        return []

    def read() -> list[tuple[str, str, int]]:
        with context.reading() as tables:
            feeds = FeedWatcher().look(tables, now_us)
        return [(one.feed, one.source, now_us - int(one.silence_s * 1_000_000)) for one in feeds]

    silence_us = int(LIMITS.silence_s * 1_000_000)
    return [
        News(NewsKind.SILENT, last_us + silence_us, f"feed:{feed}", source, action=Action.EXHIBIT_VIEW)
        for feed, source, last_us in context.cached("feeds", read, BUT_FEEDS)
        if last_us + silence_us > now_us - KEPT_US
    ]


def count_unread(context: RequestContext) -> int:
    """Return how many of the officer's news came after the last mark."""
    read_us = read_until(context)
    return sum(one.at_us > read_us for one in own_news(context))


def read_until(context: RequestContext) -> int:
    """Return when the officer last marked the news as read; 0 if never."""
    marks, officer_id = _marks(context), context.officer_session.officer.officer_id
    if officer_id not in marks:
        with context.reading() as tables:
            journal = tables[StoredJournalRow]
            last = journal.last("seq")
            recent = journal.column("seq") > (last.seq if last else 0) - LOOKED_BACK
            mine = journal.newest(1, recent, journal.column("actor") == officer_id, journal.column("thing") == READ)
        marks[officer_id] = mine[0].at_us if mine else 0
    return marks[officer_id]


def mark_read(context: RequestContext) -> None:
    """Mark all news up to now as read."""
    now, officer_id = context.officer_session.clock(), context.officer_session.officer.officer_id
    context.officer_session.workspace.append_to_journal(officer_id, JournalVerb.VIEW_ROOM, READ, "", now)
    _marks(context)[officer_id] = microseconds(now)


def _marks(context: RequestContext) -> dict[str, int]:
    """Return when each officer last marked the news as read, as far as this server looked it up."""
    state = context.request.app.state
    with LOCK:
        if not hasattr(state, "news_read"):
            state.news_read = {}
        marks: dict[str, int] = state.news_read
    return marks
