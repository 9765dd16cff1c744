"""What the rows that were asked for a session say together."""

from __future__ import annotations

import polars as pl

from sightline.records import ResolutionVerdict
from sightline.stages.resolve.model import VERDICTS, Why

ORDER = pl.Enum([one.value for one in Why])
NONE, CANDIDATES = pl.lit(ResolutionVerdict.NONE), pl.lit(ResolutionVerdict.CANDIDATES)
CONFLICT, SUBSCRIBER = pl.lit(ResolutionVerdict.CONFLICT), pl.lit(ResolutionVerdict.SUBSCRIBER)


def resolved(verdicts: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Give each session (`session_id` and what goes along) its verdict, in the order of `sessions`.

    Adds `verdict`, `subscribers`, `holders`, `survivors_by_chance` (null), `why`, `near`, `rows`, `notices`,
    `assignments`, `is_certified`. All rows must say the same one: where they name several it is a conflict, and a row
    that names nobody leaves candidates at the most.
    """
    rows = _answered(verdicts).with_columns(is_line=~pl.col("why").list.contains(Why.BY_DESTINATION.value))
    verdict = pl.col("verdict")
    lines = pl.col("subscribers").filter("is_line").explode(empty_as_null=False, keep_nulls=False)
    said = rows.group_by("session_id").agg(
        pl.len().alias("rows"),
        pl.col("notice").unique().sort().alias("notices"),
        pl.col("is_certified").all(),
        has_conflict=(verdict == ResolutionVerdict.CONFLICT).any(),
        has_none=(verdict == ResolutionVerdict.NONE).any(),
        is_none=(verdict == ResolutionVerdict.NONE).all(),
        is_named=(verdict == ResolutionVerdict.SUBSCRIBER).all(),
        differ=lines.n_unique() > 1,
    )
    known = sessions.join(said, on="session_id", how="left", maintain_order="left")
    for column in ("subscribers", "why", "near", "assignments"):
        known = known.join(_union(rows, column), on="session_id", how="left", maintain_order="left")
    flags = pl.col("has_conflict", "has_none", "is_named", "differ", "is_certified").fill_null(value=False)
    known = known.with_columns(flags, pl.col("is_none").fill_null(value=True), pl.col("rows").fill_null(0))
    known = known.with_columns(pl.col("subscribers", "why", "near", "assignments", "notices").fill_null([]))
    judged = known.with_columns(_verdict().cast(VERDICTS["verdict"]).alias("verdict"))
    return judged.select(
        *sessions.columns,
        "verdict",
        "subscribers",
        pl.col("subscribers").list.len().alias("holders"),
        pl.lit(None, pl.Float64).alias("survivors_by_chance"),
        _why().alias("why"),
        *"near rows notices assignments is_certified".split(),
    )


def _answered(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Rows without those that one notice did not answer, and another one, of the same row, did."""
    silent = pl.col("why").list.first() == Why.NOT_ANSWERED
    return verdicts.filter(~silent | silent.all().over("session_id", "row_id"))


def _union(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    each = rows.select("session_id", column).explode(column, empty_as_null=False, keep_nulls=False)
    return each.unique().sort("session_id", column).group_by("session_id").agg(column)


def _verdict() -> pl.Expr:
    return (
        pl.when(pl.any_horizontal("has_conflict", "differ"))
        .then(CONFLICT)
        .when("is_none")
        .then(NONE)
        .when("is_named")
        .then(SUBSCRIBER)
        .otherwise(CANDIDATES)
    )


def _why() -> pl.Expr:
    """All codes of the rows in the order of `Why`, and what their being together adds."""
    is_named = pl.col("verdict") == ResolutionVerdict.SUBSCRIBER
    of_one = pl.lit([Why.COVERED.value, Why.WITHOUT_CERTIFICATE.value])
    codes = pl.when(is_named).then("why").otherwise(pl.col("why").list.set_difference(of_one))
    differ = pl.when(pl.col("differ") & ~pl.col("has_conflict")).then(pl.lit(Why.ROWS_DIFFER.value))
    missing = pl.when(pl.col("has_none") & ~pl.col("is_none")).then(pl.lit(Why.ROWS_MISSING.value))
    unasked = pl.when(pl.col("rows") == 0).then(pl.lit(Why.NOT_ANSWERED.value))
    whole = pl.concat_list(codes, differ, missing, unasked).list.drop_nulls()
    return whole.cast(pl.List(ORDER)).list.unique().list.sort().cast(pl.List(pl.String))
