"""Decide the ceiling of each visit: the first in attribution.md's table that applies."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl

from sightline.model import Ceiling

ORDER = tuple(Ceiling)
"""From the lowest to the highest, as `model` has them."""
INSIDE = (100 << 24 | 64 << 16, (100 << 24 | 128 << 16) - 1)
"""100.64.0.0/10 as keys."""
RESOLUTIONS, CONNECTIONS = ("bind", "dnsmasq"), ("zeek-conn",)


def rank_ceiling(ceiling: Ceiling) -> int:
    """Return the position of a ceiling, from the lowest."""
    return ORDER.index(ceiling)


def find_crawlers(patterns: Path, agents: pl.DataFrame) -> list[int]:
    """Return the agents that match a pattern of a list of crawlers."""
    rows = json.loads(patterns.read_text(encoding="utf-8"))
    result = [re.compile(row["pattern"]) for row in rows]
    return [number for number, text in agents.iter_rows() if any(pattern.search(text) for pattern in result)]


def rank_visits(visits: pl.DataFrame, crawler_agents: list[int], suspects: pl.DataFrame) -> pl.DataFrame:
    """Return the visits with `rank`, the position of their ceiling, and `is_unshared`: a statement about their address.

    Needs times, facts of the address, the Tor verdict, and the format.
    """
    suspect = suspects.with_columns(suspect=pl.lit(value=True))
    rows = visits.join(suspect, on=["channel", "file"], how="left")
    is_machine = (
        pl.col("agent").is_in(crawler_agents).fill_null(value=False)
        | pl.col("machine").is_not_null()
        | pl.col("ahead").fill_null(value=False)
    )
    is_relay = (
        (pl.col("tor") == "yes") | pl.col("relay").is_not_null() | (pl.col("line") == "hosting").fill_null(value=False)
    )
    is_unproven = ~pl.col("proven") | pl.col("suspect").fill_null(value=False)
    is_connection = pl.col("format").is_in(CONNECTIONS) | pl.col("tunnel") | pl.col("by_address")
    # An IPv4 address is shared until a statement denies it; an IPv6 prefix, until one names its owner.
    # An operator's lines have lines of other people behind them.
    known_unshared = (~pl.col("shared")).fill_null(value=False) | pl.col("delegated_length").is_not_null()
    known_unshared &= ~pl.col("is_operator").fill_null(value=False)
    # An address of an exit, at a time that no list covers, may be the exit's: the line is one of two.
    in_doubt = pl.col("ever_exit") & (pl.col("tor") == "unknown")
    is_shared = (pl.col("port").is_null() & ~known_unshared) | pl.col("key").is_between(*INSIDE) | in_doubt
    expression = (
        pl.when(is_machine)
        .then(rank_ceiling(Ceiling.AUTOMATED))
        .when(is_relay)
        .then(rank_ceiling(Ceiling.RELAY))
        .when(is_unproven)
        .then(rank_ceiling(Ceiling.TIME_UNPROVEN))
        .when(pl.col("format").is_in(RESOLUTIONS))
        .then(rank_ceiling(Ceiling.RESOLUTION_ONLY))
        .when(is_connection)
        .then(rank_ceiling(Ceiling.CONNECTION_ONLY))
        .when(is_shared)
        .then(rank_ceiling(Ceiling.SHARED))
        .otherwise(rank_ceiling(Ceiling.SUBSCRIBER))
    )
    return rows.with_columns(expression.cast(pl.Int8).alias("rank"), known_unshared.alias("is_unshared"))
