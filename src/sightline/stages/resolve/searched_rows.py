"""Find what a row with the times of a search contradicts: an assignment around it, or only what was asked near it."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.assignment_spans import FOREVER_US
from sightline.stages.resolve.model import SECOND_US, FindingKind
from sightline.stages.resolve.near_matches import DAY_US, LEAST_REPEATED

AROUND_US = DAY_US
"""The line that a search found may have had the address for so long before and after: few leases last longer."""
_SLACK_US, _MINUTE_US = 10 * SECOND_US, 60 * SECOND_US
_ASSIGNMENT = ["ip", "port_from", "port_to", "protocol", "destination_ip", "destination_port", "number_kind"]
_QUESTION = ["reply", "row", "notice", "asked"]


def is_contradicted(searched: pl.Series) -> pl.Expr:
    """Match pairs of rows of one assignment and two lines (the second: `_2`) of which the second contradicts the first.

    A row with the times of a search (`searched`) says only that its line had the address at some instant of these. It
    contradicts a row that held all of them. Not so where LEAST_REPEATED rows say the same (`repeated`: how many), hold
    as many other questions (`asked`), and no other search contradicts them: then it contradicts only what was asked
    near its times, see `find_near_searches`. An assignment whose end is not known is never beyond doubt.
    """
    is_record = ~pl.col("row_2").is_in(searched.implode())
    is_around = (pl.col("start_us") <= pl.col("start_us_2")) & (pl.col("end_us") >= pl.col("end_us_2"))
    search = pl.when(~is_record & is_around).then(pl.format("{} {} {}", "start_us_2", "end_us_2", "number_2"))
    is_single = search.drop_nulls().n_unique().over("row") == 1
    has_end = (pl.col("end_us") < FOREVER_US) | pl.col("is_static").fill_null(value=False)
    is_own = ~pl.col("row").is_in(searched.implode())
    is_repeated = (pl.col("repeated") >= LEAST_REPEATED) & (pl.col("asked").n_unique().over("row") >= LEAST_REPEATED)
    is_lasting = is_repeated & has_end & is_own & is_single
    return is_record | (is_around & ~is_lasting)


def find_near_searches(rows: pl.DataFrame, questions: pl.DataFrame, answered: pl.Series) -> pl.DataFrame:
    """Return `reply row notice asked` of rows that a search for another line contradicts, for questions near its times.

    `rows`: assignments of one licensee with `doubts`, once for each question that they meet. `answered`: the replies
    whose times an officer declared to be those of assignments: their rows contradict all of the assignment.
    """
    key = [pl.col(name).cast(pl.String).fill_null("") for name in _ASSIGNMENT]
    each = rows.with_columns(*key, pl.col("end_us").fill_null(FOREVER_US)).drop_nulls(["subscriber", "start_us"])
    is_search = pl.col("doubts").list.contains(FindingKind.ECHO.value)
    is_answered = pl.col("reply").is_in(answered.implode())
    search_rows = each.filter(is_search | is_answered).select(
        *_ASSIGNMENT, "subscriber", "start_us", "end_us", is_answered=is_answered
    )
    times = questions.select("notice", "from_us", "until_us", asked="row_id")
    mine = each.filter(~is_search).join(times, on=["notice", "asked"])
    pairs = mine.join(search_rows.unique(), on=_ASSIGNMENT, suffix="_2").filter(
        pl.col("subscriber") != pl.col("subscriber_2"),
        (pl.col("start_us") <= pl.col("start_us_2")) & (pl.col("end_us") >= pl.col("end_us_2")),
    )
    lasts = pl.col("end_us_2") - pl.col("start_us_2")
    near = [_is_within(us) for us in (_MINUTE_US, AROUND_US)]
    contradicting = pairs.filter(lasts > _SLACK_US, (lasts > _MINUTE_US) | near[0], near[1] | pl.col("is_answered"))
    return contradicting.select(_QUESTION).unique()


def _is_within(us: int) -> pl.Expr:
    """Match pairs whose question lies so near to the times of the search."""
    return (pl.col("start_us_2") - us <= pl.col("until_us")) & (pl.col("end_us_2") + us >= pl.col("from_us"))
