"""Find rows that are one session, written in a row for each day: a whole day between them is no search."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.stages.resolve.file_signs import DAY_US, compute_time_of_day
from sightline.stages.resolve.model import SECOND_US

_SAME = ["ip", "port_from", "port_to", "number"]
_JOINS_US = 2 * SECOND_US
"""A day may end with its last second, or with the next day."""


def find_day_parts(rows: pl.DataFrame, zones: Sequence[str]) -> pl.Series:
    """Return the `row`s of sessions that follow each other day by day, and as a whole neither begin nor end with one.

    `rows`: `row ip port_from port_to number start_us end_us`. A search has midnight at its edges; a program that parts
    a session by days keeps its own begin and end.
    """
    some = rows.drop_nulls(["number", "start_us", "end_us"]).sort(*_SAME, "start_us", "end_us")
    is_same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in _SAME)
    follows = is_same & (pl.col("start_us") - pl.col("end_us").shift()).is_between(0, _JOINS_US)
    some = some.with_columns(session=(~follows.fill_null(value=False)).cum_sum())
    whole = some.group_by("session").agg(pl.col("start_us").min(), pl.col("end_us").max(), parts=pl.len())
    whole = whole.filter(pl.col("parts") > 1)
    for zone in zones:
        begins, ends = (compute_time_of_day(whole[edge], zone) for edge in ("start_us", "end_us"))
        whole = whole.filter((begins >= _JOINS_US) & (ends >= _JOINS_US) & (ends < DAY_US - 60 * SECOND_US))
    return some.join(whole, on="session", how="semi")["row"]
