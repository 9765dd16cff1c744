"""What the signs of a whole file share: their rows, and times as clocks show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from sightline.stages.resolve.model import SECOND_US, FindingKind

MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
MAX_ROWS = 20
"""The maximum number of rows reported for a sign."""
NEARLY_ALL = 0.9
"""The part of the rows that must be alike, where a sign is that all are: a few may have a fault of their own."""
NONE = {"kind": pl.String(), "row": pl.UInt32(), "is_whole": pl.Boolean()}
ASSIGNMENT = ["ip", "port_from", "port_to", "start_us", "end_us", "number"]
IS_FIXED = pl.col("is_static").fill_null(value=False)

MARGINS_S = [60 * minutes for minutes in (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440)]
"""How far before and behind a time a clerk searches."""


def compute_local_hours(times: pl.Series, zone: str) -> pl.Series:
    """Return the hours of instants, by the clocks of a zone."""
    return compute_local_times(times, zone).dt.hour()


def compute_local_times(times: pl.Series, zone: str) -> pl.Series:
    """Return instants as clocks show them in a zone of that name, or that far (`+05:30`) from UTC."""
    utc = pl.from_epoch(times, "us")
    if zone[:1] not in {"+", "-"}:
        return utc.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return utc + timedelta(minutes=minutes if zone[0] == "+" else -minutes)


def sign_rows(kind: FindingKind, rows: pl.Series | Sequence[int | None], *, is_whole: bool = True) -> pl.DataFrame:
    """Return `kind`, `row`, `is_whole` of a sign. Of a sign about the whole file, only the first rows are reported."""
    row_numbers = pl.Series("row", rows, pl.UInt32).unique().sort()
    row_numbers = row_numbers.head(MAX_ROWS) if is_whole else row_numbers
    return pl.DataFrame([row_numbers]).select(kind=pl.lit(kind.value), row="row", is_whole=pl.lit(is_whole))


def compute_commonest_share(values: pl.Series) -> float:
    """Return the part of the values that are the most frequent one."""
    if values.is_empty():
        return 0.0
    return int(values.value_counts()["count"].max()) / len(values)  # type: ignore[arg-type]


def compute_time_of_day(times: pl.Series, zone: str) -> pl.Series:
    """Return the microseconds since midnight, by the clocks of a zone."""
    local = compute_local_times(times, zone)
    return (local - local.dt.truncate("1d")).dt.total_microseconds()
