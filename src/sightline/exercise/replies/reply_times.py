"""Convert times to the form of a reply, in its zone and in whole seconds, and to what an honest reader understands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import polars as pl

SECOND_US = 1_000_000
EDGES = ("start", "end", "seen")


def _choose_by_zone(zone: str, made: Callable[[str], pl.Expr]) -> pl.Expr:
    """Return what is made by the zone that a row says (`zone`), else by that of the file."""
    return pl.when(pl.col("zone") == "UTC").then(made("UTC")).otherwise(made(zone))


def write_local_times(rows: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Return `start`, `end` and `seen` in local time, with day and month swapped if that is the fault and is possible.

    If it is impossible, the row has no fault.
    """

    def local_text(edge: str, zone: str) -> pl.Expr:
        instant = pl.from_epoch(pl.col(f"{edge}_us") // SECOND_US, "s").dt.replace_time_zone("UTC")
        return instant.dt.convert_time_zone(zone).dt.replace_time_zone(None)

    written = rows.with_columns(_choose_by_zone(zone, partial(local_text, edge)).alias(edge) for edge in EDGES)
    is_meant = (pl.col("fault") == "reply-day-month").fill_null(value=False)
    swaps = is_meant & pl.all_horizontal(_can_swap(edge) for edge in ("start", "end"))
    return written.with_columns(
        *(
            pl.when(swaps & _can_swap(edge)).then(_swap_day_and_month(edge)).otherwise(edge).alias(edge)
            for edge in EDGES
        ),
        pl.when(is_meant & ~swaps).then(None).otherwise("fault").alias("fault"),
    )


def _can_swap(edge: str) -> pl.Expr:
    day, month = pl.col(edge).dt.day(), pl.col(edge).dt.month()
    return ((day <= 12) & (day != month)).fill_null(value=False)


def _swap_day_and_month(edge: str) -> pl.Expr:
    at = pl.col(edge)
    safe = pl.when(at.dt.day() <= 12).then(at.dt.day()).otherwise(1)
    return pl.datetime(at.dt.year(), safe, at.dt.month(), at.dt.hour(), at.dt.minute(), at.dt.second())


def read_back(rows: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Return `start_us`, `end_us`, `seen_us` and their slacks as they are read: of two instants the earlier one."""

    def in_zone(edge: str, which: str, zone: str) -> pl.Expr:
        at = pl.col(edge).dt.replace_time_zone(zone, ambiguous=pl.lit(which), non_existent="null")
        return at.dt.epoch("us")

    def instant(edge: str, which: str) -> pl.Expr:
        return _choose_by_zone(zone, partial(in_zone, edge, which))

    return rows.with_columns(
        *(instant(edge, "earliest").alias(f"{edge}_us") for edge in EDGES),
        *(
            (instant(edge, "latest") - instant(edge, "earliest") + SECOND_US).alias(f"{edge}_slack_us")
            for edge in ("start", "end")
        ),
    )
