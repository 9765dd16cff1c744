"""Doubts about what replies say together: vetoes across the replies to a notice, and the row that causes each."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.model import CAUSES, DOUBTS, OF_COLUMN, FindingKind, Says
from sightline.stages.resolve.near import vetoes

KEY = ["notice", "row_id"]
NEAR = (FindingKind.SHIFTED, FindingKind.DAY_MONTH)
MOST_CAUSES = 3
"""Rows that are named for one doubt about one row of a notice."""


def with_vetoes(met: pl.DataFrame, near: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `met` with the doubts that rows of other replies cause; and those rows of `near` that are told or veto.

    `met`: as `verdicts` takes it, with `doubts`. `near`: NEAR_MISSES of all standing replies with `notice`, `reply`,
    and `subscriber` in the place of numbers.
    """
    named = met.filter(pl.col("says") == Says.ASSIGNED)
    by_asked = named.group_by("notice", row_id="asked").agg(numbers=pl.col("subscriber").unique())
    key = pl.concat_str("notice", "row_id", separator="/").alias("row_id")
    others = near.filter(~pl.col("is_told")).rename({"subscriber": "number"}).with_columns(key)
    veto = vetoes(others, by_asked.with_columns(key).drop("notice"))
    veto = veto.with_columns(pl.col("row_id").str.split("/").list.last()).rename({"number": "subscriber"})
    kinds = veto.group_by("notice", asked="row_id").agg(of_near=pl.col("kind").unique().sort())
    beside = met.join(kinds, on=["notice", "asked"], how="left", maintain_order="left")
    both = pl.concat_list("doubts", pl.col("of_near").fill_null([])).list.unique(maintain_order=True)
    is_assigned = pl.col("says") == Says.ASSIGNED
    doubted = beside.with_columns(pl.when(is_assigned).then(both).otherwise("doubts").cast(DOUBTS).alias("doubts"))
    doubted = doubted.with_columns(is_doubted=pl.col("doubts").list.len() > 0).drop("of_near")
    return doubted, pl.concat([near.filter("is_told"), veto.select(near.columns)])


def causes(met: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """CAUSES: of each doubt about a row of a notice the first rows that cause it, in order. Both as `with_vetoes`."""
    own = met.select("notice", pl.col("asked").alias("row_id"), "reply", "row", pl.col("doubts").alias("kind"))
    own = own.explode("kind", empty_as_null=False, keep_nulls=False)
    # A near miss is caused by the row that misses, not by the one that meets.
    own = own.filter(~pl.col("kind").is_in([one.value for one in NEAR])).with_columns(by_us=pl.lit(None, pl.Int64))
    found = pl.concat([own, near.select(own.columns)], how="vertical_relaxed").unique(maintain_order=True)
    is_column = pl.col("kind").str.starts_with(OF_COLUMN)
    told = found.with_columns(
        pl.when(is_column).then(pl.col("kind").str.strip_prefix(OF_COLUMN)).alias("column"),
        pl.when(is_column).then(pl.lit(FindingKind.HEDGED.value)).otherwise("kind").alias("kind"),
    ).sort(*KEY, "kind", "column", "reply", "row")
    first = told.filter(pl.int_range(pl.len()).over(*KEY, "kind", "column") < MOST_CAUSES)
    return first.select(pl.col(name).cast(kind) for name, kind in CAUSES.items())
