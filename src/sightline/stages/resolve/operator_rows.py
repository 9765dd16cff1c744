"""Find rows of an operator's answer that do not fit what the licensee before it gave the operator's line."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.assignment_spans import FOREVER_US
from sightline.stages.resolve.model import SECOND_US, RowStatement

_SLACK_US = 600 * SECOND_US
"""The clocks of two networks are so far apart."""


def find_beyond_operators(question_rows: pl.DataFrame, met: pl.DataFrame) -> pl.DataFrame:
    """Return `reply row` of rows whose ports or times go beyond those of the line through which they were asked.

    `question_rows` (ASKED and `notice`) and `met` as `add_reply_conflicts` takes them. A customer of an operator can
    have an address only while the operator's line has it, and no port that the line has not. An open value fits.
    """
    questions = question_rows.filter(pl.col("through").is_not_null()).select("notice", "through", asked="row_id")
    rows = met.filter(pl.col("says") == RowStatement.ASSIGNED, pl.col("ip").is_not_null())
    answers = rows.join(questions, on=["notice", "asked"]).with_row_index("answer")
    if answers.is_empty():
        return met.select("reply", "row").head(0)
    ports = [pl.col("port_from").fill_null(0), pl.col("port_to").fill_null((1 << 16) - 1)]
    lines = rows.group_by("ip", *ports, through="subscriber").agg(
        from_us=pl.col("start_us").fill_null(-FOREVER_US).min(), until_us=pl.col("end_us").fill_null(FOREVER_US).max()
    )
    pairs = answers.join(lines, on=["through", "ip"], suffix="_of_line")
    is_within = (
        pl.col("port_from").ge(pl.col("port_from_of_line")).fill_null(value=True),
        pl.col("port_to").le(pl.col("port_to_of_line")).fill_null(value=True),
        pl.col("start_us").ge(pl.col("from_us") - _SLACK_US).fill_null(value=True),
        pl.col("end_us").le(pl.col("until_us") + _SLACK_US).fill_null(value=True),
    )
    fits = pairs.group_by("answer").agg(pl.all_horizontal(is_within).any().alias("fits"))
    beyond = fits.filter(~pl.col("fits"))["answer"]
    return answers.filter(pl.col("answer").is_in(beyond.implode())).select("reply", "row").unique()
