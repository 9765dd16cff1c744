"""Rows of a reply that answer nothing as they stand, and would answer a row of the notice if a time were mistyped.

Such a row names another line for the same address: whether it, or the row that stands as it should, was meant for
what was asked cannot be known.
"""

from __future__ import annotations

import polars as pl

HOUR_US = 3_600_000_000
SHIFTS_US = tuple(sign * shift for shift in (HOUR_US, 11 * HOUR_US // 2, 12 * HOUR_US) for sign in (1, -1))
MONTHS = 12


def doubted(resolved: pl.DataFrame, asked: pl.DataFrame, idle: pl.DataFrame) -> pl.Series:
    """The `at` of rows resolved to one number that such a row casts doubt on; `idle` are the rows that answer none."""
    mine = resolved.filter(pl.col("number").is_not_null()).select("at", said="number")
    known = asked.join(mine, on="at").select("at", "said", "notice", "ip", "port", "from_us", "until_us")
    is_single = (pl.col("port_from") == pl.col("port_to")).fill_null(value=False)
    rows = _swapped(idle.filter(pl.col("number").is_not_null()))
    single = rows.filter(is_single).with_columns(pl.col("port_from").alias("port"))
    other = rows.filter(~is_single)
    of_port = pl.col("port").is_between(pl.col("port_from"), pl.col("port_to")).fill_null(value=True)
    met = pl.concat(
        [
            known.join(some, on=on).filter(pl.col("number") != pl.col("said"), of_port, _would_meet()).select("at")
            for some, on in ((single, ["notice", "ip", "port"]), (other, ["notice", "ip"]))
        ]
    )
    return met["at"].unique().sort()


def _would_meet() -> pl.Expr:
    """Whether the row meets the time at one of the shifts, or with day and month swapped."""
    spans = [(pl.col("start_us") + shift, pl.col("end_us") + shift) for shift in SHIFTS_US]
    spans.append((pl.col("swapped_start_us"), pl.col("swapped_end_us")))
    return pl.any_horizontal(
        (
            (begins <= pl.col("until_us"))
            & (ends + pl.col("end_slack_us") >= pl.col("from_us")).fill_null(begins.is_not_null())
        ).fill_null(value=False)
        for begins, ends in spans
    )


def _swapped(rows: pl.DataFrame) -> pl.DataFrame:
    """With the times that the rows have if day and month change places in their own zone, null where they cannot."""
    parts = [some.with_columns(_swap(edge, str(zone)) for edge in ("start", "end")) for (zone,), some in _by_zone(rows)]
    empty = pl.lit(None, pl.Int64)
    return pl.concat(parts) if parts else rows.with_columns(swapped_start_us=empty, swapped_end_us=empty)


def _by_zone(rows: pl.DataFrame) -> list[tuple[tuple[object, ...], pl.DataFrame]]:
    return list(rows.group_by("timezone", maintain_order=True))


def _swap(edge: str, zone: str) -> pl.Expr:
    local = pl.from_epoch(f"{edge}_us", "us").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    at = local.dt.replace_time_zone(None)
    day = pl.when(at.dt.day() <= MONTHS).then(at.dt.day())
    other = pl.datetime(at.dt.year(), day.fill_null(1), at.dt.month(), at.dt.hour(), at.dt.minute(), at.dt.second())
    instant = other.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.epoch("us")
    return pl.when(day.is_not_null()).then(instant).alias(f"swapped_{edge}_us")
