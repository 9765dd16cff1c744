"""Find signs over several replies of a licensee whose rows are too few in each: series of numbers, and one shift.

Numbers are sealed here. A row has `next:` and the id of the line whose number is one higher among its `ids`.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from sightline.stages.resolve.model import FindingKind, RowStatement
from sightline.stages.resolve.near_matches import DAY_US

NEXT = "next:"
LEAST_SERIES = 5
"""Lines whose numbers go up by one while their assignments begin one after the other: of a million, none does so."""
LEAST_SHIFTED = 3
"""Sessions that rows would answer, were the clock another by one and the same number of hours."""
FEWEST_OF_ITS_OWN = 3
"""Sessions that a reply answers as it is written, from which on it shows itself that its clock is right."""


def find_series(each: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield `reply row of_replies` of lines with successive numbers, in the order in which their assignments begin.

    `each`: the assignments of a licensee (`reply row_of_reply number start_us ids`).
    """
    timed = each.drop_nulls(["number", "start_us", "ids"]).sort("start_us", "reply", "row_of_reply")
    lines = timed.group_by("number", maintain_order=True).agg(pl.first("start_us"), pl.first("ids"))
    rows = lines.explode("ids").filter(pl.col("ids").str.starts_with(NEXT))
    follows = rows.select("number", after=pl.col("ids").str.strip_prefix(NEXT)).filter(
        pl.col("after").is_in(lines["number"].implode())
    )
    after = dict(follows.iter_rows())
    starts = dict(lines.select("number", "start_us").iter_rows())
    for first in sorted(after.keys() - set(after.values())):
        chain = [first]
        while (following := after.get(chain[-1])) is not None and following not in chain:
            chain.append(following)
        times = [starts[number] for number in chain]
        if len(chain) >= LEAST_SERIES and times in (sorted(times), sorted(times, reverse=True)):
            some = each.filter(pl.col("number").is_in(chain))
            yield some.select("reply", row="row_of_reply", of_replies=pl.lit(FindingKind.FILLED_DOWN.value))


def find_shifts(questions: pl.DataFrame, met: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """Return `reply row of_replies` of the rows of replies that answer little, beside rows that one shift moves.

    `questions`: ASKED and `notice` of a licensee; `met`: its assignments; `near`: its near misses, with `notice` and
    `reply`. A tenth of the sessions that have rows must have a shifted one.
    """
    sessions = questions.select("notice", "row_id", "session_id").unique(["notice", "row_id"])
    shifted = near.filter(pl.col("kind") == FindingKind.SHIFTED.value, pl.col("by_us") % DAY_US != 0)
    shifted = shifted.select("notice", "row_id", "by_us").join(sessions, on=["notice", "row_id"])
    counts = shifted.group_by("by_us").agg(pl.col("session_id").n_unique()).sort("session_id", "by_us")
    answers = met.filter(pl.col("says") == RowStatement.ASSIGNED.value).join(
        sessions, left_on=["notice", "asked"], right_on=["notice", "row_id"]
    )
    most = counts["session_id"].max() or 0
    if not isinstance(most, int) or most < LEAST_SHIFTED or 10 * most < answers["session_id"].n_unique() + most:
        return met.select("reply", "row").head(0).with_columns(of_replies=pl.lit(None, pl.String))
    few = answers.group_by("reply").agg(pl.col("session_id").n_unique().alias("own"))
    few = few.filter(pl.col("own") < FEWEST_OF_ITS_OWN)
    some = answers.join(few, on="reply", how="semi").select("reply", "row").unique()
    return some.with_columns(of_replies=pl.lit(FindingKind.ONE_SHIFT.value))
