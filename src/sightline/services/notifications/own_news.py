"""The news of one officer, and the instant up to which the officer read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sightline.casework.permissions.access import Action
from sightline.services.inbox.news import KEPT_US
from sightline.services.inbox.news_item import News, NewsKind
from sightline.services.live.alarms import LIMITS
from sightline.services.live.status import FeedWatcher
from sightline.storage.rows import StoredJournalRow
from sightline.storage.table import Tables

READ = "inbox:read"
"""The thing that the journal names when an officer marks the news as read."""
LOOKED_BACK = 200_000
"""Rows of the journal in which the last such mark is sought."""
SILENCE_US = int(LIMITS.silence_s * 1_000_000)


def select_news_of_officer(
    news_items: Iterable[News], officer_id: str, may: Callable[[Action], bool], now_us: int
) -> list[News]:
    """Return the news that are shown to an officer now, newest first. `may`: what the officer's role allows."""
    news = list(news_items)
    allowed = {action: may(action) for action in {each.action for each in news} if action is not None}
    own_items = [
        item
        for item in news
        if item.at_us <= now_us
        and officer_id != item.by
        and (officer_id in item.officers or (item.action is not None and allowed[item.action]))
    ]
    return sorted(own_items, key=lambda one: -one.at_us)


def list_feed_instants(tables: Tables, now_us: int) -> list[tuple[str, str, int]]:
    """Return each live feed, its source, and when its last part came."""
    feeds = FeedWatcher().look(tables, now_us)
    return [
        (feed_status.feed, feed_status.source, now_us - int(feed_status.silence_s * 1_000_000)) for feed_status in feeds
    ]


def list_silent_feeds(feeds: Iterable[tuple[str, str, int]], now_us: int) -> list[News]:
    """Return the news of feeds of which no part came for longer than the limit, of the last thirty days."""
    return [
        News(NewsKind.SILENT, last_us + SILENCE_US, f"feed:{feed}", source, action=Action.EXHIBIT_VIEW)
        for feed, source, last_us in feeds
        if last_us + SILENCE_US > now_us - KEPT_US
    ]


def read_until(tables: Tables, officer_id: str) -> int:
    """Return when the officer last marked the news as read, in microseconds; 0 if never."""
    journal = tables[StoredJournalRow]
    last = journal.find_last("seq")
    recent = journal.get_column("seq") > (last.seq if last else 0) - LOOKED_BACK
    marked = journal.list_newest(
        1, recent, journal.get_column("actor") == officer_id, journal.get_column("thing") == READ
    )
    return marked[0].at_us if marked else 0
