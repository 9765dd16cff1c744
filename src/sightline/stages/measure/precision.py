"""Measure precision: how many leads with a known outcome were confirmed, by what they depend on."""

from __future__ import annotations

import polars as pl

from sightline.model import OutcomeKind
from sightline.stages.measure.wilson import compute_interval

LEAST = 5
"""The number of outcomes below which no rate is given, because it would mean nothing."""
COLUMNS = {
    OutcomeKind.CONFIRMED: "confirmed",
    OutcomeKind.INNOCENT: "innocent",
    OutcomeKind.WRONG_PLACE: "wrong_place",
    OutcomeKind.WRONG_SUBSCRIBER: "wrong_subscriber",
    OutcomeKind.WRONG_TIME: "wrong_time",
    OutcomeKind.NO_RESULT: "no_result",
}
"""The column for the outcomes of a kind."""
OF = ("all", "source", "list", "isp", "dataset")
"""The groups of outcomes, in this order."""
RESTS: dict[str, pl.DataType] = {"outcome": pl.String(), "of": pl.String(), "name": pl.String()}


def compute_precision(outcomes: pl.DataFrame, rests: pl.DataFrame) -> pl.DataFrame:
    """Return the measured precision: one row for all, and one for each input of leads.

    Columns: `of name`, COLUMNS, `judged`, `precision`, `low`, `high`.

    `outcomes`: `outcome` (id), `kind`. `rests`: RESTS, the inputs of an outcome's lead; it counts once for each.
    `judged` excludes those without a result. Shares, with bounds of 95 %; null below LEAST.
    """
    every = outcomes.select("outcome", pl.lit("all").alias("of"), pl.lit("outcomes").alias("name"))
    rows = pl.concat([every, rests.select(list(RESTS)).unique()]).join(outcomes, on="outcome")
    kinds = [(pl.col("kind") == kind.value).sum().alias(name) for kind, name in COLUMNS.items()]
    counted = rows.group_by("of", "name").agg(kinds)
    judged = pl.sum_horizontal(name for kind, name in COLUMNS.items() if kind is not OutcomeKind.NO_RESULT)
    counted = counted.with_columns(judged.alias("judged"))
    low, high = compute_interval(pl.col("confirmed"), pl.col("judged"))
    is_enough = pl.col("judged") >= LEAST
    rates = {"precision": pl.col("confirmed") / pl.col("judged"), "low": low, "high": high}
    return counted.with_columns(pl.when(is_enough).then(rate).alias(name) for name, rate in rates.items()).sort(
        pl.col("of").replace_strict(dict(zip(OF, range(len(OF)), strict=True)), return_dtype=pl.UInt8), "name"
    )
