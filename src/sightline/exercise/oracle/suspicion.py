"""Exhibits whose records cannot be trusted: a clock that runs backwards, or visits that somebody wrote into them."""

from __future__ import annotations

import polars as pl

BACKWARDS_US = 300_000_000
"""A server writes a line when an answer ends, with the time at which it began: so much is nothing unusual."""
SEQUENCE = 8
"""So many records, each one address above the one before, and half of an exhibit's: nobody visits like that."""
EXHIBIT = ("channel", "file")


def suspects(records: pl.LazyFrame) -> pl.DataFrame:
    """One row an exhibit that is suspect: `channel`, `file`. Records as they stand, with their times."""
    ordered = records.select(*EXHIBIT, "row", "key", "at_us", "uncertainty_us").sort(*EXHIBIT, "row")
    back = pl.col("at_us").cum_max().over(EXHIBIT) - pl.col("at_us")
    follows = pl.col("key") - pl.col("key").shift(1).over(EXHIBIT) == 1
    return (
        ordered.with_columns(
            (back > pl.max_horizontal(pl.col("uncertainty_us"), BACKWARDS_US)).alias("back"), follows.alias("follows")
        )
        .group_by(EXHIBIT)
        .agg(pl.col("back").any(), pl.col("follows").sum(), pl.len())
        .filter(pl.col("back") | ((pl.col("follows") >= SEQUENCE) & (pl.col("follows") * 2 >= pl.col("len"))))
        .select(EXHIBIT)
        .collect()
    )
