"""When leads were: days of India, every lead in one bar, however long the time."""

from datetime import date, timedelta

import polars as pl
import pytest

from sightline.stages.report.days import MOST_BARS, bin_days, format_days
from sightline.stages.report.totals import count_totals
from tests.stages.report.world import FRAME


def test_a_day_is_one_of_india() -> None:
    """2026-03-17T18:29:59Z and a second later: midnight in India lies between them."""
    first_us = pl.Series("first_us", [1_773_772_199_000_000, 1_773_772_200_000_000])
    by_day = count_totals(FRAME.head(2).with_columns(first_us)).by_day
    assert by_day == {date(2026, 3, 17): 1, date(2026, 3, 18): 1}


@pytest.mark.parametrize(("span", "width"), [(1, 1), (130, 1), (131, 7), (911, 30), (36_500, 365)])
def test_every_lead_is_in_one_bar(span: int, width: int) -> None:
    begin = date(2019, 1, 1)
    by_day = {begin: 3, begin + timedelta(days=span // 2): 5, begin + timedelta(days=span - 1): 4}
    first, found, bars = bin_days(by_day)
    assert (first, found, sum(bars)) == (begin, width, sum(by_day.values()))
    assert len(bars) <= MOST_BARS


def test_the_bars_are_also_described_in_words() -> None:
    text = format_days(count_totals(FRAME))
    assert "a bar stands for one day: most, 57, on 2 Feb 2026." in text
    assert format_days(count_totals(FRAME.clear())) == ""
