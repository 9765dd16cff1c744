"""News of the officer of a request, and how many of them are newer than those that the officer marked as read.

The journal records that an officer marked the news as read. No other table says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from itertools import chain

from sightline.casework.permissions.access import Action
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.services.inbox.news import KEPT_US, list_assignments, list_lead_news, list_record_news
from sightline.services.inbox.news_item import News
from sightline.services.notifications import own_news as officer_news
from sightline.services.notifications.watched_replies import list_watched_replies
from sightline.storage.table import Tables
from sightline.web.context import RequestContext
from sightline.workspace.cache import WORK

BUT_FEEDS = frozenset(Verb) - {Verb.FEED_PART_REGISTERED}
PARTS: tuple[tuple[Callable[[Tables, int], list[News]], frozenset[Verb]], ...] = (
    (list_record_news, WORK),
    (list_assignments, frozenset(Verb) - {Verb.LEADS_ASSIGNED}),
    (list_lead_news, frozenset[Verb]()),
)
"""The parts of the news, each with the ledger entries that never change it."""
LOCK = threading.Lock()
DAY_US = 86_400_000_000


def list_own_news(context: RequestContext) -> list[News]:
    """Return the officer's notifications of the last thirty days, newest first."""
    now_us = to_microseconds(context.officer_session.clock())
    day = now_us // DAY_US

    def read(part: Callable[[Tables, int], list[News]]) -> list[News]:
        with context.read() as tables:
            return part(tables, day * DAY_US - KEPT_US)

    parts = (context.get_cached((part, day), partial(read, part), but) for part, but in PARTS)
    watched = context.get_cached(
        ("watched replies", day),
        partial(list_watched_replies, context.officer_session.workspace, day * DAY_US - KEPT_US),
        frozenset[Verb](),
    )
    result = [*chain.from_iterable(parts), *watched, *_list_silent_feeds(context, now_us)]
    return officer_news.select_news_of_officer(result, context.officer_session.officer.officer_id, context.may, now_us)


def _list_silent_feeds(context: RequestContext, now_us: int) -> list[News]:
    """Return the news of silent feeds, if the officer may see feeds."""
    if not context.may(Action.EXHIBIT_VIEW):
        return []

    def read() -> list[tuple[str, str, int]]:
        with context.read() as tables:
            return officer_news.list_feed_instants(tables, now_us)

    return officer_news.list_silent_feeds(context.get_cached("feeds", read, BUT_FEEDS), now_us)


def count_unread(context: RequestContext) -> int:
    """Return how many of the officer's news came after the last mark."""
    read_us = read_until(context)
    return sum(news.at_us > read_us for news in list_own_news(context))


def read_until(context: RequestContext) -> int:
    """Return when the officer last marked the news as read; 0 if never."""
    marks, officer_id = _list_marks(context), context.officer_session.officer.officer_id
    if officer_id not in marks:
        with context.read() as tables:
            marks[officer_id] = officer_news.read_until(tables, officer_id)
    return marks[officer_id]


def mark_read(context: RequestContext) -> None:
    """Mark all news up to now as read."""
    now, officer_id = context.officer_session.clock(), context.officer_session.officer.officer_id
    workspace = context.officer_session.workspace
    workspace.append_to_journal(officer_id, JournalVerb.VIEW_PAGE, officer_news.READ, "", now)
    _list_marks(context)[officer_id] = to_microseconds(now)


def _list_marks(context: RequestContext) -> dict[str, int]:
    """Return when each officer last marked the news as read, as far as this server looked it up."""
    state = context.request.app.state
    with LOCK:
        if not hasattr(state, "news_read"):
            state.news_read = {}
        marks: dict[str, int] = state.news_read
    return marks
