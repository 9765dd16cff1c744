"""Compute when a record was made, by the declarations of its source, and the interval that may contain the visit."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sightline.exercise.manifest import SourceEntry, World

SECOND_US = 1_000_000
LOOK_BACK_US = 60 * SECOND_US
"""How much earlier a request may have begun if the log writes its end, or may do so, without a duration."""


@dataclass(frozen=True, slots=True)
class TimeMeaning:
    """The meaning of a format's time.

    Its precision in microseconds, and whether it is surely the start of the request.
    """

    precision_us: int
    is_start: bool


FORMATS = {
    "combined": TimeMeaning(SECOND_US, is_start=False),
    "combined-port": TimeMeaning(SECOND_US, is_start=False),
    "vhost-combined": TimeMeaning(SECOND_US, is_start=False),
    "haproxy": TimeMeaning(1000, is_start=True),
    "caddy": TimeMeaning(1000, is_start=False),
    "squid": TimeMeaning(1000, is_start=False),
    "bind": TimeMeaning(1000, is_start=True),
    "dnsmasq": TimeMeaning(SECOND_US, is_start=True),
    "zeek-conn": TimeMeaning(1, is_start=True),
    "zeek-http": TimeMeaning(1, is_start=True),
}
"""Combined lines are Apache's, which writes the start, or nginx's, which writes the end: the line does not show which.
"""
UNKNOWN = TimeMeaning(SECOND_US, is_start=False)
"""A format without a declaration: whole seconds, and it may be the end."""


@dataclass(frozen=True, slots=True)
class ComparedClock:
    """A clock's comparisons at two instants: true time and offset of each, and the uncertainty of each."""

    compared: tuple[tuple[int, int], ...]
    uncertainty_s: int


def correct_times(
    records: pl.LazyFrame, source: SourceEntry, form: str = "", clock: ComparedClock | None = None
) -> pl.LazyFrame:
    """Return the records of one source with `at_us`, `uncertainty_us`, `from_us`, `until_us` and `proven`.

    A zone in the record takes precedence over a declared one. A repeated local time is the earlier instant, with the
    distance of the two as further uncertainty; one without any zone is read as UTC and is not proven. The visit is from
    `from_us` to below `until_us`: the second (or less) that the record shows, extended by the uncertainty on both
    sides, and back to where the request may have begun. The offset of a drifting clock is on the line between the two
    comparisons; no visit of these worlds is outside them.
    """
    written = FORMATS.get(form, UNKNOWN)
    local = pl.from_epoch("local_us", "us")
    zone = source.timezone or "UTC"
    first = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.epoch("us")
    last = local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null").dt.epoch("us")
    is_stated = pl.col("zone_s").is_not_null()
    instant = pl.when(is_stated).then(pl.col("local_us") - pl.col("zone_s") * SECOND_US).otherwise(first)
    width = pl.when(is_stated).then(0).otherwise(last - first)
    # A compared clock is known whatever its zone is called.
    declared = source.timezone is not None and (source.timezone_basis or source.clock_measured) is not None
    at = instant - round(source.clock_offset_s * SECOND_US)
    slack = pl.lit(source.clock_uncertainty_s * SECOND_US)
    if clock is not None:
        (begun_us, before), (ended_us, after) = clock.compared
        share = (instant - (begun_us + before)) / ((ended_us + after) - (begun_us + before))
        at = (begun_us + share * (ended_us - begun_us)).round().cast(pl.Int64)
        slack = pl.lit(clock.uncertainty_s * SECOND_US)
    back = pl.lit(0) if written.is_start else pl.col("duration_us").fill_null(LOOK_BACK_US)
    return records.with_columns(
        at.alias("at_us"),
        (width + slack).alias("uncertainty_us"),
        (at - slack - back).alias("from_us"),
        (at + width + slack + written.precision_us).alias("until_us"),
        (is_stated | declared).alias("proven"),
    ).filter(pl.col("at_us").is_not_null())


def find_compared_clock(world: World, source: SourceEntry) -> ComparedClock | None:
    """Return a source's clock comparisons at two instants, or None if there are none."""
    for exhibit_entry in world.exhibits:
        if exhibit_entry.source == source.name and exhibit_entry.compared:
            return ComparedClock(exhibit_entry.comparisons, exhibit_entry.clock_uncertainty_s or 0)
    return None
