"""The order of versions of a list, and what a series can be named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sightline.stages.lists.list_versions import (
    UNKNOWN,
    derive_series,
    format_version,
    normalise_series,
    parse_version_order,
    require_number,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_numbers_go_by_value_and_instants_stand_above_them() -> None:
    later = format_version(NOW + timedelta(microseconds=1))
    texts = [None, "0", "9", "10", "20260101", "999999999999999999", format_version(NOW), later]
    orders = [parse_version_order(text) for text in texts]
    assert orders == sorted(orders)
    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize("text", ["v2", "1.2", "2026-03-01", "-1", "१२", "", "2026-13-01T00:00:00Z", "1" * 19])
def test_an_incomparable_version_is_below_all_others(text: str) -> None:
    assert parse_version_order(text) == UNKNOWN
    assert parse_version_order(text) < parse_version_order("0")


def test_a_number_is_signed_without_zeros() -> None:
    assert require_number("007") == "7"
    with pytest.raises(ValueError, match="whole number"):
        require_number("७")


def test_a_series_has_one_spelling() -> None:
    assert normalise_series("Liste é") == normalise_series("Liste e\u0301".replace("e\u0301", "é"))
    assert normalise_series("e\u0301") == "é"
    for wrong in ("", " a", "a;b", "a\nb", "a\u202eb", "x" * 101):
        with pytest.raises(ValueError, match="printable"):
            normalise_series(wrong)
    assert derive_series(Path("/x/flag;ged\u202e.csv")) == "flagged"
