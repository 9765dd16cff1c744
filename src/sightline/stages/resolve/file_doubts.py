"""Add the doubts that signs of a file, or of its rows, and near misses cast on matches."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.stages.resolve.clock_shift import NO_ROWS
from sightline.stages.resolve.matched_rows import IS_ASSIGNED
from sightline.stages.resolve.model import DOUBTS, FindingKind

IS_DOUBTED = (pl.col("doubts").list.len() > 0).alias("is_doubted")


def list_doubts_of_rows(signs: pl.DataFrame, steps: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return `row` and `of_row`: the signs of each row itself, or of the row of an access log behind it (`steps`)."""
    of_each = signs.filter(~pl.col("is_whole")).select("row", "kind")
    both = pl.concat([pl.DataFrame(schema={"row": pl.UInt32, "inside_row": pl.UInt32}), *steps])
    of_steps = both.join(of_each, left_on="inside_row", right_on="row").select("row", "kind")
    of_rows = pl.concat([of_each, of_steps]).unique(maintain_order=True)
    return of_rows.group_by("row", maintain_order=True).agg(of_row="kind")


def add_doubts(
    met: pl.DataFrame,
    of_file: list[str],
    of_rows: pl.DataFrame,
    vetoes: pl.DataFrame,
    unaffected: pl.DataFrame | None,
) -> pl.DataFrame:
    """Return matches with the doubts that the file, their row, and near misses of others cast on assignments."""
    vetoed = vetoes.group_by(asked="row_id").agg(of_near=pl.col("kind").unique().sort())
    rows = met.with_columns(_derive_file_doubts(met, of_file, unaffected))
    rows = rows.join(of_rows, on="row", how="left", maintain_order="left")
    rows = rows.join(vetoed, on="asked", how="left", maintain_order="left").with_columns(
        pl.when(IS_ASSIGNED)
        .then(pl.concat_list("doubts", "of_file", pl.col("of_near", "of_row").fill_null([])))
        .otherwise("doubts")
        .list.drop_nulls()
        .list.unique(maintain_order=True)
        .alias("doubts")
    )
    return rows.drop("of_row", "of_near", "of_file").with_columns(IS_DOUBTED)


def add_doubts_inside(inside: pl.DataFrame, of_file: list[str], of_rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of an access log with the doubts that the file and their row cast on them."""
    lines = inside.join(of_rows, on="row", how="left", maintain_order="left").with_columns(
        pl.concat_list("doubts", pl.lit(of_file, DOUBTS), pl.col("of_row").fill_null([]))
        .list.unique(maintain_order=True)
        .alias("doubts")
    )
    return lines.drop("of_row").with_columns(IS_DOUBTED)


def _derive_file_doubts(met: pl.DataFrame, whole: list[str], unaffected: pl.DataFrame | None) -> pl.Series:
    """Return the doubts (`of_file`) that the signs of a whole file cast on each of `met`.

    A shift of all times casts none on the rows that it does not change.
    """
    others = [kind for kind in whole if kind != FindingKind.ONE_SHIFT]
    rows = pl.DataFrame(schema=NO_ROWS) if unaffected is None else unaffected
    beside = met.select(list(NO_ROWS)).join(
        rows.with_columns(is_unaffected=True), on=list(NO_ROWS), how="left", maintain_order="left"
    )
    doubts = pl.when("is_unaffected").then(pl.lit(others, DOUBTS)).otherwise(pl.lit(whole, DOUBTS))
    return beside.select(of_file=doubts).to_series()
