"""Find answers that a clerk found with the time of another question, by the time that stands beside them."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.replies.searches import SEARCH_SLACK_US, ZONES_APART_US


def split_searches(assigned: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Return rows without `searched_us`, and `row` and `searched_us` of those that have it; None where none does."""
    if "searched_us" not in assigned.columns:
        return assigned, None
    searched = assigned.select("row", "searched_us").drop_nulls().unique("row", keep="first", maintain_order=True)
    return assigned.drop("searched_us"), searched


def find_searched_elsewhere(
    searched: pl.DataFrame, rows: pl.Series, met: pl.DataFrame, asked: pl.DataFrame
) -> pl.DataFrame:
    """Return `at`, `asked` of rows that were searched with the time of another question: of that one, for each.

    `searched`: `row` and `searched_us`; `rows`: the row at each place `at`; `met`: `at` and `asked` of the questions
    that it answers; `asked`: these (`asked`, `from_us`, `until_us`). A time that is none of a question says nothing
    here. The time of a question may be written in India's zone or in UTC.
    """
    times = rows.alias("row").to_frame().with_row_index("at").join(searched, on="row").drop("row")
    questions = asked.select("asked", "from_us", "until_us")
    each = pl.concat([times.with_columns(at_us=pl.col("searched_us") + us) for us in ZONES_APART_US])
    first, last = pl.col("from_us") - SEARCH_SLACK_US, pl.col("until_us") + SEARCH_SLACK_US
    answered = each.join(met, on="at").join(questions, on="asked")
    own = answered.filter(pl.col("at_us").is_between(first, last))["at"].unique()
    others = each.filter(pl.col("at").is_in(answered["at"].implode()), ~pl.col("at").is_in(own.implode()))
    latest = others.with_columns(key=pl.col("at_us") + SEARCH_SLACK_US).sort("key")
    beside = latest.join_asof(questions.sort("from_us"), left_on="key", right_on="from_us", strategy="backward")
    return beside.filter(last >= pl.col("at_us")).select("at", "asked").unique()
