"""Compute how a log's clock shows a visit: `local_us` as written, and `zone_s`, the offset in the text."""

from __future__ import annotations

import polars as pl

from sightline.exercise.channels import PANEL, Channel
from sightline.exercise.period import DAY_US, Period

RESOLUTION_US = {
    "combined": 1_000_000,
    "combined-port": 1_000_000,
    "vhost-combined": 1_000_000,
    "dnsmasq": 1_000_000,
    "squid": 1000,
    "bind": 1000,
    "caddy": 1000,
    "haproxy": 1000,
    PANEL: 1_000_000,
    "zeek-conn": 1,
    "zeek-http": 1,
}
SAYS_ZONE = frozenset({"combined", "combined-port", "vhost-combined"})
SAYS_INSTANT = frozenset({"squid", "caddy", "zeek-conn", "zeek-http"})
"""Formats whose times are seconds since 1970."""


def compute_comparison_us(when: Period) -> tuple[int, int]:
    """Return the instants at which a drifting clock was compared: before and after all visits."""
    return when.begins_us - DAY_US, when.ends_us + DAY_US


def compute_offset_us(channel: Channel, when: Period) -> pl.Expr:
    """Return a channel's clock reading minus true time, at `true_us`."""
    if channel.drift_s is None:
        return pl.lit(round(channel.true_offset_s * 1_000_000))
    (first, last), (before, after) = compute_comparison_us(when), channel.drift_s
    went = (pl.col("true_us") - first) / (last - first)
    return ((before + (after - before) * went) * 1_000_000).round().cast(pl.Int64)


def add_record_times(visits: pl.DataFrame, channel: Channel, when: Period) -> pl.DataFrame:
    """Return the visits with `local_us` and `zone_s`, from the channel's clock."""
    clock_us = pl.col("true_us") + pl.col("took_us") + compute_offset_us(channel, when)
    if channel.fault == "clock-backwards":
        # Half of the time reset, as by an empty battery: this is visible in a log of few visits too.
        span = when.ends_us - when.begins_us
        falls = when.begins_us + span * 3 // 5
        clock_us = clock_us - pl.when(pl.col("true_us") >= falls).then(span // 2).otherwise(0)
    step = RESOLUTION_US[channel.format]
    clock_us = clock_us // step * step
    zone_s: pl.Expr = pl.lit(None, pl.Int64)
    if channel.format in SAYS_INSTANT:
        zone_s = pl.lit(0, pl.Int64)
    else:
        instant = pl.from_epoch(clock_us, "us").dt.replace_time_zone("UTC").dt.convert_time_zone(channel.true_zone)
        clock_us, utc = instant.dt.replace_time_zone(None).dt.epoch("us"), clock_us
        if channel.format in SAYS_ZONE:
            zone_s = (clock_us - utc) // 1_000_000
    return visits.with_columns(clock_us.alias("local_us"), zone_s.alias("zone_s"))
