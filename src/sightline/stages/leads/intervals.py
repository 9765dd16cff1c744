"""Bound the time of a request: how long before its logged time it may have begun, and the precision of that time."""

from __future__ import annotations

import polars as pl

from sightline.model.times import UNITS, Duration, TimeIs, Times

SECOND_US, MINUTE_US = 1_000_000, 60_000_000
LONGEST_US = 7 * 86_400 * SECOND_US
"""A logged duration above this is a fault of the log, and is reduced to this."""

ENTRY = r'"MESSAGE"[ \t]*:[ \t]*"((?:[^"\\]|\\.)*)"'
WRAPPED = r'^\{"log":"(.*?)(?:\\r)?\\n","stream":"'


def compute_look_back_us(times: Times) -> pl.Expr:
    """Return how long before its recorded time a request may have begun, Int64 microseconds.

    Reads `raw` and `encoding` where the times need the raw frame.
    """
    default = pl.lit(times.look_back_us, pl.Int64)
    if times.time_is is TimeIs.START or times.duration is None:
        return default
    logged = _compute_logged_us(times.duration)
    expression = logged if times.duration.is_sure else pl.max_horizontal(logged, default)
    return pl.coalesce(expression, default)


def holds_duration(duration: Duration) -> pl.Expr:
    """Return whether a raw frame (`raw`, `encoding`) may contain a duration."""
    return _compute_logged_us(duration).is_not_null()


def compute_precision_us(times: Times, recorded_us: pl.Expr | None) -> pl.Expr:
    """Return the precision of a recorded time (before any clock offset), Int64 microseconds.

    Where layouts read fractions, zeros at the end may be digits that were not written: they widen the interval, never
    narrow it. None: the original form of the time is unknown (its clock drifted), and the least precise layout counts.
    """
    if recorded_us is None:
        return pl.lit(times.coarsest_us, pl.Int64)
    expression = pl.lit(SECOND_US, pl.Int64)
    if times.is_fractional:
        # Few times a day end in zeros: the others are checked for one thing alone.
        fraction = (recorded_us % SECOND_US).cast(pl.UInt32)
        expression = pl.when(fraction % 10 > 0).then(pl.lit(1, pl.Int64)).otherwise(_compute_last_digit_us(fraction))
    if times.is_coarse:
        expression = pl.when(recorded_us % MINUTE_US == 0).then(pl.lit(MINUTE_US, pl.Int64)).otherwise(expression)
    return expression


def _compute_last_digit_us(fraction: pl.Expr) -> pl.Expr:
    """Return what one step of the last digit that is not zero is worth, in microseconds, of fractions of a second."""
    thousands = fraction // 1_000
    of_ms = (
        pl.when(thousands % 10 > 0)
        .then(1_000)
        .when(thousands % 100 > 0)
        .then(10_000)
        .when(thousands > 0)
        .then(100_000)
        .otherwise(SECOND_US)
    )
    below = fraction % 1_000
    of_us = pl.when(below % 100 > 0).then(10).otherwise(100)
    return pl.when(below > 0).then(of_us).otherwise(of_ms).cast(pl.Int64)


def _compute_logged_us(duration: Duration) -> pl.Expr:
    """A logged duration, with one step of its last digit more; null where a pattern does not fit, or in no UTF-8."""
    raw = pl.when(pl.col("encoding") == "utf-8").then(pl.col("raw")).cast(pl.String)
    # Of a line that Docker or systemd's journal wrapped in JSON, the line inside counts.
    is_entry = raw.str.starts_with("{") & raw.str.contains('"__REALTIME_TIMESTAMP"', literal=True)
    inside = pl.coalesce(raw.str.extract(WRAPPED, 1), pl.when(is_entry).then(raw.str.extract(ENTRY, 1)))
    text = pl.coalesce(inside.str.replace_all(r"\\(.)", "${1}"), raw)
    conditions = [text.str.extract(pattern, 1) for pattern in duration.patterns]
    parts = [part.cast(pl.Float64, strict=False) for part in conditions]
    # A part below zero means that there was none (AWS writes -1): the whole is then unknown.
    known = [pl.when((part >= 0) & part.is_finite()).then(part) for part in parts]
    digits = pl.max_horizontal(part.str.extract(r"\.(\d+)$", 1).str.len_bytes().fill_null(0) for part in conditions)
    step = pl.lit(10.0).pow(-digits.cast(pl.Float64))
    whole = pl.sum_horizontal(*known, ignore_nulls=False) if duration.is_sure else pl.max_horizontal(*known)
    micros = ((whole + step) * UNITS[duration.unit]).ceil()
    return micros.clip(0, LONGEST_US).cast(pl.Int64)
