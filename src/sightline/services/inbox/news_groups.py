"""Group equal notifications: one row for what happened to one thing several times, or to several things at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sightline.services.inbox.news_item import News, NewsKind

LEAST = 3
"""Notifications of one kind about several things are one row from this number on."""
TOGETHER_US = 3_600_000_000
"""They came together if they are of one officer and within this time, an hour."""
ALONE = frozenset({NewsKind.DANGER})
"""Kinds of which each keeps its row: a child in present danger is never behind another."""
COUNTED = frozenset({NewsKind.VISITS, NewsKind.ASSIGNED})
"""Kinds whose text has a count, which is the sum of the group's."""


@dataclass(frozen=True, slots=True)
class NewsGroup:
    """A row of notifications: the newest, how often it came, and the others that came together with it."""

    newest: News
    times: int
    count: int
    others: tuple[News, ...] = ()

    @property
    def total(self) -> int:
        """Return how many notifications the row stands for."""
        return self.times + len(self.others)


def group_news(news_items: Iterable[News], read_us: int) -> list[NewsGroup]:
    """Return the rows of notifications, newest first. What is read and what is not are never in one row."""
    same: dict[tuple[object, ...], list[News]] = {}
    for news in news_items:
        same.setdefault((news.kind, news.thing, news.asked, news.at_us > read_us), []).append(news)
    rows = [_join_same(some) for some in same.values()]
    together: dict[tuple[object, ...], list[NewsGroup]] = {}
    for row in rows:
        news = row.newest
        key = news.kind, news.asked, news.by, news.at_us > read_us, news.at_us // TOGETHER_US
        together.setdefault(key, []).append(row)
    result = [joined for some in together.values() for joined in _join_together(some)]
    return sorted(result, key=lambda row: -row.newest.at_us)


def _join_same(some: list[News]) -> NewsGroup:
    newest = max(some, key=lambda news: news.at_us)
    count = sum(news.count for news in some) if newest.kind in COUNTED else newest.count
    return NewsGroup(newest, len(some), count)


def _join_together(some: list[NewsGroup]) -> list[NewsGroup]:
    """Return one row for several things at once. A few keep a row each: each is read at a glance."""
    if len(some) < LEAST or some[0].newest.kind in ALONE:
        return some
    newest, *others = sorted(some, key=lambda row: -row.newest.at_us)
    return [NewsGroup(newest.newest, newest.times, newest.count, tuple(row.newest for row in others))]
