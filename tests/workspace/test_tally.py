"""Counts in the place of rows: one row of a kind each quarter of an hour, nothing lost, memory bounded."""

from datetime import UTC, datetime, timedelta

import pytest

from sightline.workspace.anonymous_counts import EACH, MOST_NAMES, AnonymousCounts

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_every_event_is_counted_and_reported_once_a_quarter_by_kind() -> None:
    tally, counts = AnonymousCounts(), []
    for second in range(3_000):
        one = tally.add("login:failed", NOON + timedelta(seconds=second), {"why": "an unknown name"})
        counts += [one] if one else []
    counts += [one for _, one in tally.take_due(NOON + timedelta(seconds=3_000), at_end=True)]
    assert [count.total for count in counts] == [1, 900, 900, 900, 299]
    assert (
        str(counts[1])
        == "900 without a session or token from 2026-03-01 12:00:01 to 12:15:00 UTC; why: 900 an unknown name"
    )


def test_waiting_counts_are_reported_after_their_quarter_without_new_events() -> None:
    tally = AnonymousCounts()
    assert tally.add("a", NOON, {}) is not None and tally.add("a", NOON, {}) is None
    assert tally.take_due(NOON + EACH - timedelta(seconds=1)) == []
    ((kind, counted),) = tally.take_due(NOON + EACH)
    assert (kind, counted.total) == ("a", 1) and tally.take_due(NOON + 9 * EACH) == []


def test_names_that_an_attacker_makes_up_take_no_memory_and_are_counted() -> None:
    tally = AnonymousCounts()
    tally.add("a", NOON, {"client": "192.0.2.1"})
    for number in range(10_000):
        tally.add("a", NOON, {"client": f"198.51.100.{number}"})
    ((_, counted),) = tally.take_due(NOON, at_end=True)
    assert len(counted.by["client"]) == MOST_NAMES + 1 and sum(counted.by["client"].values()) == counted.total == 10_000


def test_counts_that_could_not_be_reported_are_counted_again() -> None:
    tally = AnonymousCounts()
    first = tally.add("a", NOON, {"why": "x"})
    tally.add("a", NOON, {"why": "y"})
    assert first is not None
    tally.put_back("a", first)
    ((_, counted),) = tally.take_due(NOON, at_end=True)
    assert counted.total == 2 and dict(counted.by["why"]) == {"x": 1, "y": 1}


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(days=365)])
def test_a_clock_that_is_set_back_holds_nothing_up(back: timedelta) -> None:
    tally = AnonymousCounts()
    tally.add("a", NOON, {})
    assert tally.add("a", NOON - back, {}) is not None
