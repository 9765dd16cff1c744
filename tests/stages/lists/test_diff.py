"""Two lists compared: nothing of either is left out, and a change says in what."""

from __future__ import annotations

import io

from sightline.stages.lists.diff import Aspect, ChangeKind, compare_lists
from sightline.stages.lists.junk import JunkNames
from sightline.stages.lists.load import gather_indicators
from sightline.stages.lists.model import Indicator
from sightline.stages.lists.readers import read_batches

HEADER = "kind,value,category,valid_from,valid_until,listed_on,opinion,reference\n"


def index_rows(rows: str) -> tuple[Indicator, ...]:
    no_junk = JunkNames(frozenset(), frozenset(), frozenset(), frozenset())
    indicators, rejects = gather_indicators(read_batches(io.BytesIO((HEADER + rows).encode())), no_junk)
    assert not rejects
    return indicators


def test_each_indicator_is_listed_once_in_order_with_its_differences() -> None:
    old = index_rows(
        "domain,a.example,,,,,,\n"
        "domain,c.example,x,2026-01-01,,,,\n"
        "domain,d.example,,,,,,\n"
        "host,e.example,,,,2026-01-01,,\n"
        "domain,Same.example,x,,,,,\ndomain,same.example,y,,,,,\n"
    )
    new = index_rows(
        "domain,b.example,,,,,,\n"
        "domain,C.example.,y,2026-01-02,,,cleared,\n"
        "host,d.example,,,,,,\n"
        "host,e.example,,,,2026-01-02,,page 3 of 2026-01-02\n"
        "domain,same.example,x,,,,,\ndomain,same.example,y,,,,,\n"
    )
    found = [
        (difference.kind, difference.indicator.kind, difference.indicator.value, difference.aspects)
        for difference in compare_lists(old, new)
    ]
    assert found == [
        (ChangeKind.REMOVED, "domain", "a.example", ()),
        (ChangeKind.ADDED, "domain", "b.example", ()),
        (ChangeKind.CHANGED, "domain", "c.example", (Aspect.OPINION, Aspect.WINDOW, Aspect.CATEGORY)),
        (ChangeKind.REMOVED, "domain", "d.example", ()),
        (ChangeKind.SAME, "domain", "same.example", ()),
        (ChangeKind.ADDED, "host", "d.example", ()),
        (ChangeKind.CHANGED, "host", "e.example", (Aspect.LISTED_ON, Aspect.REFERENCE)),
    ]


def test_statements_that_only_change_places_are_a_change() -> None:
    first, second = "domain,a.example,x,,,,,\n", "domain,a.example,y,,,,,\n"
    [change] = compare_lists(index_rows(first + second), index_rows(second + first))
    assert (change.kind, change.aspects) == (ChangeKind.CHANGED, tuple(Aspect))
