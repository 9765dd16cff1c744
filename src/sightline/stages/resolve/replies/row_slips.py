"""Find cells of a row that contradict its other cells: two zones, a start a year early, a port as the line's id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sightline.stages.resolve.replies.column_kinds import Mark
from sightline.stages.resolve.replies.times import DAY_US

_STARTS, _ENDS = ("start", "start_clock"), ("end", "end_clock")
_NAMES = r"Z|UTC|GMT|IST|(?:UTC|GMT) ?[+-][0-9]{1,2}(?::?[0-9]{2})?"
_OFFSET = rf"(?i):[0-9]{{2}}(?:[.,][0-9]{{1,9}})? ?(?:[ap]m)? ?\(?({_NAMES}|[+-][0-9]{{2}}:?[0-9]{{2}})\)?$"
_ZONE = rf"(?i)^\(?({_NAMES}|[+-][0-9]{{1,2}}:?[0-9]{{2}})\)?$"
_NAMED = {"Z": 0, "UTC": 0, "GMT": 0, "IST": 330}
_YEAR_DAYS = (364, 367)
"""The length of an assignment whose start is a year early, in days. A contract of a year begins at midnight."""


def doubt_slips(
    assigned: pl.DataFrame,
    frame: pl.DataFrame,
    places: Mapping[str, int],
    headings: Sequence[str],
    marks: Sequence[Mark],
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where one cell of the row contradicts another.

    `frame`: the rows' texts (`row`, `c0`, ...); `places`: the column of each field.
    """
    texts = frame.select(
        "row",
        start=_offset_minutes([f"c{places[one]}" for one in _STARTS if one in places], _OFFSET),
        end=_offset_minutes([f"c{places[one]}" for one in _ENDS if one in places], _OFFSET),
        zone=_offset_minutes([f"c{one.at}" for one in marks if one.kind == "zone"], _ZONE),
    )
    beside = assigned.join(texts, on="row", how="left", maintain_order="left")
    lasts = pl.col("end_us") - pl.col("start_us")
    # The offset of India, and of UTC: a contract's first day begins at midnight in either.
    is_midnight = pl.any_horizontal(*((pl.col("start_us") + us) % DAY_US == 0 for us in (0, 330 * 60_000_000)))
    is_year = lasts.is_between(_YEAR_DAYS[0] * DAY_US, _YEAR_DAYS[1] * DAY_US) & ~is_midnight
    is_year &= ~pl.col("is_static").fill_null(value=False)
    is_port = pl.any_horizontal(
        *(pl.col("number") == pl.col(name).cast(pl.String) for name in ("port_from", "port_to", "destination_port"))
    )
    found = [
        (pl.col("start") != pl.col("end"), _heading(headings, places, _ENDS)),
        (pl.coalesce("start", "end") != pl.col("zone"), _heading_of_zone(marks)),
        (is_year, _heading(headings, places, ("start", "start_date", "start_clock"))),
        (is_port, "port"),
    ]
    doubts = [pl.when(mask.fill_null(value=False)).then(pl.lit(heading)) for mask, heading in found]
    return beside.with_columns(doubted_by=pl.coalesce("doubted_by", *doubts)).drop("start", "end", "zone")


def _offset_minutes(columns: Sequence[str], form: str) -> pl.Expr:
    """The offset from UTC that the first of some columns states, in minutes; null where none does."""
    if not columns:
        return pl.lit(None, pl.Int64)
    text = pl.col(columns[0]).str.strip_chars(" '\u00a0").str.extract(form).str.to_uppercase()
    sign = pl.when(text.str.contains("-", literal=True)).then(-1).otherwise(1)
    hours = text.str.extract(r"[+-]([0-9]{1,2})").cast(pl.Int64)
    minutes = text.str.extract(r"[+-][0-9]{1,2}:?([0-9]{2})").cast(pl.Int64).fill_null(0)
    return pl.coalesce(sign * (hours * 60 + minutes), text.replace_strict(_NAMED, default=None, return_dtype=pl.Int64))


def _heading(headings: Sequence[str], places: Mapping[str, int], fields: Sequence[str]) -> str:
    return next((headings[places[one]].strip().lstrip("\ufeff") for one in fields if one in places), "time")


def _heading_of_zone(marks: Sequence[Mark]) -> str:
    return next((one.heading.strip() for one in marks if one.kind == "zone"), "zone")
