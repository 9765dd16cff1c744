"""Look addresses up in data sets: one asof join on distinct numbers, for every kind and format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from sightline.stages.enrich.address_numbers import join_halves


def look_up_untimed(
    path: Path, numbers: pl.DataFrame, columns: Sequence[str], where: pl.Expr | None = None
) -> pl.DataFrame:
    """Return `address` and the data set's columns for each of `numbers` that an untimed range contains.

    `numbers`: `address` (an index) and `number`, sorted by number, none null. `where` excludes ranges.
    """
    lazy = pl.scan_parquet(path).filter(pl.col("from_us").is_null() & pl.col("until_us").is_null())
    if where is not None:
        lazy = lazy.filter(where)
    edges = lazy.select(
        join_halves(pl.col("first_hi"), pl.col("first_lo")).alias("first"),
        join_halves(pl.col("last_hi"), pl.col("last_lo")).alias("last"),
    ).collect()
    hits = (
        numbers.join_asof(
            edges.with_row_index("row").set_sorted("first"), left_on="number", right_on="first", strategy="backward"
        )
        .filter(pl.col("number") <= pl.col("last"))
        .select("address", "row")
    )
    del edges
    wanted = hits["row"].unique().sort()
    found_rows = lazy.select(columns).with_row_index("row").filter(pl.col("row").is_in(wanted.implode())).collect()
    return hits.join(found_rows, on="row", how="inner").drop("row")


def look_up_timed(path: Path, numbers: pl.DataFrame, columns: Sequence[str], where: pl.Expr) -> pl.DataFrame:
    """Return `address`, `from_us`, `until_us` and columns of each timed row with an address, by address, then time."""
    rows = pl.read_parquet(path).filter(where)
    if not rows.height:
        return rows.select(pl.lit(0, pl.UInt32).alias("address"), "from_us", "until_us", *columns)
    rows = rows.with_columns(
        join_halves(pl.col("first_hi"), pl.col("first_lo")).alias("first"),
        join_halves(pl.col("last_hi"), pl.col("last_lo")).alias("last"),
    )
    # Rows for the same addresses are adjacent: after flattening, ranges of one table overlap only completely.
    spans = rows.select("first", "last").unique().sort("first")
    hits = (
        numbers.join_asof(spans, left_on="number", right_on="first", strategy="backward")
        .filter(pl.col("number") <= pl.col("last"))
        .select("address", "first")
    )
    return hits.join(rows, on="first").sort("address", "from_us").select("address", "from_us", "until_us", *columns)
