"""Detect exhibits with unreliable records: a clock that runs backwards, or inserted visits."""

from __future__ import annotations

import polars as pl

BACKWARDS_US = 300_000_000
"""A server writes a line when an answer ends, with the time at which it began: a step back of this much is normal."""
SEQUENCE = 8
"""This many records, each with the next address, and half of an exhibit's: real visitors never produce that."""
EXHIBIT = ("channel", "file")


def find_suspects(records: pl.LazyFrame) -> pl.DataFrame:
    """Return one row for each suspect exhibit: `channel`, `file`.

    Takes records in their stored order, with their times.
    """
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
