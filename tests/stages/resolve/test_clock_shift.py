"""By how much the times of a whole file may be off."""

from __future__ import annotations

import polars as pl
import pytest

from sightline.stages.resolve.assignment_spans import may_hold
from sightline.stages.resolve.clock_shift import find_reach
from tests.stages.resolve.rows import asked, assigned, notice, reply

HOUR = 3_600
INDIA_US = 19_800_000_000


@pytest.mark.parametrize(("hours", "reach"), [(9, (0, INDIA_US)), (14, (0, 43_200_000_000))])
def test_a_shift_that_leaves_some_unanswered_is_not_the_files(hours: int, reach: tuple[int, int]) -> None:
    """All five would be answered 5 h 30 min later; 12 h later those alone that last long enough."""
    questions = [asked(f"r{at}", 0, 60, ip=f"203.0.113.{at}") for at in range(5)]
    ends = -2 * HOUR
    lengths = [14, 14, 14, 14, hours]
    rows = [
        assigned(at, f"9198{at:08}", ends - long * HOUR, ends, ip=f"203.0.113.{at}") for at, long in enumerate(lengths)
    ]
    strangers = reply(*rows).with_columns(may_hold()).with_columns(kind=pl.lit(1, pl.UInt8))
    assert find_reach(strangers, notice(*questions)) == reach


def test_a_file_without_one_clock_may_be_off_either_way() -> None:
    questions = [asked(f"r{at}", 0, 60, ip=f"203.0.113.{at}") for at in range(2)]
    rows = [
        assigned(0, "919800000000", -6 * HOUR, -2 * HOUR, ip="203.0.113.0"),
        assigned(1, "919800000001", 2 * HOUR, 6 * HOUR, ip="203.0.113.1"),
    ]
    strangers = reply(*rows).with_columns(may_hold()).with_columns(kind=pl.lit(1, pl.UInt8))
    assert find_reach(strangers, notice(*questions)) == (-19_800_000_000, 19_800_000_000)
