"""Group visits into sessions: of one address, and of one block of its ports if a statement names blocks."""

from __future__ import annotations

import polars as pl

from sightline.exercise.oracle.ceilings import ORDER, rank_ceiling
from sightline.model import Ceiling

GAP_US = 1_800_000_000
REGULAR_VISITS = 12
REGULAR_PART, REGULAR_US, SLOWEST_US = 0.02, 1_000_000, 5_000_000
"""Gaps within 2 % or a second of their median, which is over 5 s: no person is so regular."""
KEY = ("key", "block")
NO_BLOCK = -(1 << 20)
"""The block of an address without stated blocks, and of a visit without a port. Ports below the first block are in -1.
"""


def compute_block_number() -> pl.Expr:
    """Return the number of `port`'s block, by `ports`, the length of one, and `block_base`; else NO_BLOCK."""
    place = (pl.col("port") - pl.col("block_base").fill_null(0)).cast(pl.Int64)
    block = (place / pl.col("ports")).floor().clip(-1)
    return pl.when(pl.col("ports") > 0).then(block).fill_null(NO_BLOCK).cast(pl.Int64)


def number_sessions(visits: pl.DataFrame) -> pl.DataFrame:
    """Return the visits in the order of sessions, with `block`, `gap_us` and `number`, that of their session.

    Blocks of ports begin at `block_base`, if the statement has one; a gap of more than 30 minutes ends a session.
    """
    placed = visits.with_columns(compute_block_number().alias("block")).sort(*KEY, "at_us", "channel", "file", "row")
    gap = pl.col("at_us") - pl.col("at_us").shift(1).over(KEY)
    return placed.with_columns(gap.alias("gap_us")).with_columns(
        ((pl.col("gap_us") > GAP_US) | pl.col("gap_us").is_null()).cum_sum().alias("number")
    )


def build_sessions(placed: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each session of `numbered` visits, by address and time."""
    within = pl.col("gap_us").filter(pl.col("gap_us") <= GAP_US)
    rows = placed.group_by("number", maintain_order=True).agg(
        pl.col("key").first(),
        pl.col("ip").first(),
        pl.col("block").first(),
        pl.col("ports").first(),
        pl.col("block_base").first(),
        pl.col("port").first(),
        pl.col("at_us").min().alias("first_us"),
        pl.col("at_us").max().alias("last_us"),
        (pl.col("uncertainty_us").max() // 1_000_000).alias("uncertainty_s"),
        pl.len().alias("visits"),
        pl.col("site").n_unique().alias("sites"),
        pl.col("rank").max(),
        pl.col("tor").eq("yes").any().alias("tor_yes"),
        pl.col("tor").eq("unknown").any().alias("tor_unknown"),
        pl.col("state").first(),
        _is_regular(within).alias("regular"),
    )
    # An address that was an exit for a part of a session is in doubt for all of it.
    relayed = pl.when("tor_yes").then(pl.min_horizontal("rank", pl.lit(rank_ceiling(Ceiling.RELAY)))).otherwise("rank")
    ranked = (
        pl.when("regular").then(pl.min_horizontal("rank", pl.lit(rank_ceiling(Ceiling.AUTOMATED)))).otherwise(relayed)
    )
    tor = pl.when("tor_yes").then(pl.lit("yes")).when("tor_unknown").then(pl.lit("unknown")).otherwise(pl.lit("no"))
    names = pl.Series([ceiling.value for ceiling in ORDER])
    return rows.with_columns(pl.lit(names).gather(ranked).alias("ceiling"), tor.alias("tor")).drop(
        "tor_yes", "tor_unknown", "rank"
    )


def _is_regular(gaps: pl.Expr) -> pl.Expr:
    """Whether the gaps of a session are a machine's. Copies of a record are no visits: a gap of nothing is none."""
    some = gaps.filter(gaps > 0)
    middle = some.median()
    near = ((some - middle).abs() <= pl.max_horizontal(middle * REGULAR_PART, pl.lit(REGULAR_US))).all()
    return ((some.len() >= REGULAR_VISITS - 1) & (middle > SLOWEST_US) & near).fill_null(value=False)
