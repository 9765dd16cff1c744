"""Pair sessions of two tables that have one address at one time."""

from __future__ import annotations

import polars as pl

SLACK_US = 1_000_000
"""Times within a second still match: some logs, and some readers, are no more precise."""
KEY = ["ip", "block"]


def pair_sessions(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs `one_id`, `other_id` of overlapping rows. Both have `id`, `ip`, `block`, `first_us`, `last_us`.

    Rows of one table mostly do not overlap: each row is paired with the nearest of the other table, at its beginning
    and at its end, from both sides, so that a long one finds all the short ones that it contains.
    """
    edges = (pl.col("first_us") + SLACK_US, pl.col("last_us") + SLACK_US)
    there = [_find_nearest(one, other, edge).select(one_id="id", other_id="id_right") for edge in edges]
    back = [_find_nearest(other, one, edge).select(one_id="id_right", other_id="id") for edge in edges]
    return pl.concat([*there, *back]).unique().sort("one_id", "other_id")


def _find_nearest(left: pl.DataFrame, right: pl.DataFrame, edge: pl.Expr) -> pl.DataFrame:
    """Each row of the left table with the last of the right one that begins before an edge of it, if they overlap."""
    columns = ["id", *KEY, "first_us", "last_us"]
    rows = (
        left.select(columns)
        .with_columns(edge.alias("edge_us"))
        .sort("edge_us")
        .join_asof(
            right.select(columns).with_columns(begins_us="first_us").sort("begins_us"),
            left_on="edge_us",
            right_on="begins_us",
            by=KEY,
            strategy="backward",
            check_sortedness=False,
        )
    )
    return rows.filter(pl.col("last_us_right") >= pl.col("first_us") - SLACK_US)
