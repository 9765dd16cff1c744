"""The interval in which a request lies: how long before its time it may have begun, how long that time lasts."""

from __future__ import annotations

import polars as pl

from sightline.records.times import UNITS, Duration, TimeIs, Times

SECOND_US, MINUTE_US = 1_000_000, 60_000_000
LONGEST_US = 7 * 86_400 * SECOND_US
"""A logged duration above this is a fault of the log, and counts as this."""
DIGITS = 6
"""How many decimal digits of a second an instant has."""


def look_back_us(times: Times) -> pl.Expr:
    """How long before its recorded time a request may have begun, Int64.

    Reads `raw` and `encoding` where the times need the raw frame.
    """
    default = pl.lit(times.look_back_us, pl.Int64)
    if times.time_is is TimeIs.START or times.duration is None:
        return default
    logged = _logged_us(times.duration)
    known = logged if times.duration.is_sure else pl.max_horizontal(logged, default)
    return pl.coalesce(known, default)


def precision_us(times: Times, recorded_us: pl.Expr | None) -> pl.Expr:
    """How long the instant lasts that a time names, Int64, from the time as recorded (before any clock offset).

    Where layouts read fractions, zeros at the end may be digits that were not written: they widen, never narrow. None:
    how the time was recorded is not known any more (its clock drifted), and the least precise layout counts.
    """
    if recorded_us is None:
        return pl.lit(times.coarsest_us, pl.Int64)
    found = pl.lit(SECOND_US, pl.Int64)
    if times.is_fractional:
        found = pl.lit(1, pl.Int64)
        for power in range(1, DIGITS + 1):
            found = pl.when(recorded_us % 10**power == 0).then(pl.lit(10**power, pl.Int64)).otherwise(found)
    if times.is_coarse:
        found = pl.when(recorded_us % MINUTE_US == 0).then(pl.lit(MINUTE_US, pl.Int64)).otherwise(found)
    return found


def _logged_us(duration: Duration) -> pl.Expr:
    """A logged duration, with one step of its last digit more; null where a pattern does not fit, or in no UTF-8."""
    text = pl.when(pl.col("encoding") == "utf-8").then(pl.col("raw")).cast(pl.String)
    found = [text.str.extract(pattern, 1) for pattern in duration.patterns]
    parts = [part.cast(pl.Float64, strict=False) for part in found]
    # A part below zero says that there was none (AWS writes -1): nothing is known of the whole then.
    known = [pl.when((part >= 0) & part.is_finite()).then(part) for part in parts]
    digits = pl.max_horizontal(part.str.extract(r"\.(\d+)$", 1).str.len_bytes().fill_null(0) for part in found)
    step = pl.lit(10.0).pow(-digits.cast(pl.Float64))
    micros = (pl.sum_horizontal(*known, step, ignore_nulls=False) * UNITS[duration.unit]).ceil()
    return micros.clip(0, LONGEST_US).cast(pl.Int64)
