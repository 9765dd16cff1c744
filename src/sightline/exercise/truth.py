"""Record the truth about written visits: their lines, when an honest reader sees them, and their faults."""

from __future__ import annotations

import polars as pl

from sightline.exercise.channels import CHANNELS, Channel
from sightline.exercise.clocks import SAYS_INSTANT, SAYS_ZONE, compute_comparison_us
from sightline.exercise.faults import ORIGINS
from sightline.exercise.networks import NETWORKS
from sightline.exercise.period import Period
from sightline.exercise.sessions import OWN
from sightline.exercise.states import STATES

_AREAS = len(STATES)
_STATE_OF_AREA = pl.Series(
    [
        STATES[network.states[area]].code if area < len(network.states) else None
        for network in NETWORKS
        for area in range(_AREAS)
    ]
)
VISIT = "channel file row session subscriber origin log true_us".split()
"""The columns of every visit in `answers/visits.parquet`."""
NOBODY = ("crawler", "monitor", "agency")
"""Origins without a visitor."""


def compute_seen_us(channel: Channel, when: Period) -> pl.Expr:
    """Return the corrected time of a record, by the declarations of its source."""
    at = pl.col("local_us")
    if channel.format in SAYS_ZONE:
        at = at - pl.col("zone_s") * 1_000_000
    elif channel.format not in SAYS_INSTANT:
        zone = channel.zone or "UTC"
        # Of a repeated local time the earlier instant counts, with the width as uncertainty.
        at = pl.from_epoch(at, "us").dt.replace_time_zone(zone, ambiguous="earliest").dt.epoch("us")
    if channel.drift_s is None:
        return at - round(channel.offset_s * 1_000_000)
    (first, last), (before, after) = compute_comparison_us(when), (round(edge * 1_000_000) for edge in channel.drift_s)
    went = (at - first - before) / (last + after - first - before)
    return first + (went * (last - first)).round().cast(pl.Int64)


def build_truth(visits: pl.DataFrame, channel: Channel, when: Period) -> pl.DataFrame:
    """Return the truth of the written visits, one row each, by `channel`, `file` and `row` of their record."""
    names = pl.Series([*ORIGINS, "own"])
    origin = pl.lit(names).gather(pl.col("origin").clip(0, OWN))
    state = pl.lit(_STATE_OF_AREA).gather(pl.col("network") * _AREAS + pl.col("area"))
    is_forged = channel.fault == "poisoned"
    is_unlisted = (origin == "home-exit") & ~pl.col("is_listed")
    origin = pl.when(is_unlisted).then(pl.lit("home-exit-unlisted")).otherwise(origin)
    # A machine on a line of its own belongs to that line; one in an operator's range belongs to nobody.
    is_nobody = origin.is_in(NOBODY) & (pl.col("key") != pl.col("own_key"))
    subscriber = pl.when(is_nobody).then(None).otherwise("subscriber")
    return visits.select(
        pl.col("file").cast(pl.Int8),
        pl.col("row").cast(pl.Int64),
        "session",
        (pl.lit(None, pl.Int64) if is_forged else subscriber).alias("subscriber"),
        "key",
        "ip",
        (pl.lit("poisoned") if is_forged else origin).alias("origin"),
        pl.lit(channel.fault, pl.String).alias("log"),
        pl.lit(CHANNELS.index(channel), pl.Int8).alias("channel"),
        pl.col("port").cast(pl.Int32),
        (pl.lit(None, pl.String) if is_forged else state).alias("state"),
        "true_us",
        compute_seen_us(channel, when).alias("seen_us"),
    )


def group_visits_by_session(rows_: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row for each session, line, address and log, so several for one session."""
    key = ["session", "subscriber", "key", "ip", "origin", "log", "channel", "state"]
    return (
        rows_.group_by(key)
        .agg(
            pl.col("true_us").min().alias("first_true_us"),
            pl.col("true_us").max().alias("last_true_us"),
            pl.col("seen_us").min().alias("first_seen_us"),
            pl.col("seen_us").max().alias("last_seen_us"),
            pl.col("port").sort_by("true_us").first().alias("port"),
            pl.len().alias("visits"),
        )
        .sort("session", "first_true_us", "key", "channel", "subscriber")
    )
