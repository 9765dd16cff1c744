"""For which visits a line is named, by the times of its forms."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from sightline.stages.resolve.form_times import doubt_by_forms
from sightline.stages.resolve.model import LINE_STATEMENTS, VERDICTS
from tests.stages.resolve.rows import us
from tests.stages.resolve.test_together import A, B, answered, row

VISITS = [row(A, "r0", "s"), row(A, "r1", "t"), row(B, "r2", "u")]
"""Rows of a notice, each asking about one visit, at second 0, 1 and 2."""
OTHER_TIME = ("candidates", ["form-of-another-time"])
Verdict = tuple[str, list[str]]


Edges = tuple[str, float | None, float | None]


def list_verdicts(*forms: Edges, says: str = "differs", statements: Sequence[Edges] = ()) -> list[Verdict]:
    """Return the verdict and reasons of each visit. `forms`: number, and the seconds from and until which it holds."""
    schema = {"subscriber": pl.String, "from_us": pl.Int64, "until_us": pl.Int64}
    times, stated = (
        pl.DataFrame(
            [(number, *(None if at is None else us(at) for at in edges)) for number, *edges in one],
            schema,
            orient="row",
        )
        for one in (forms, statements)
    )
    stated = stated.with_columns(says=pl.lit(says)).select(list(LINE_STATEMENTS))
    parts, rows = doubt_by_forms(answered(*([one] for one in VISITS)), pl.DataFrame(VISITS, VERDICTS), times, stated)
    verdicts = [(verdict, why) for verdict, why in parts.sort("session_id").select("verdict", "why").iter_rows()]
    assert rows["verdict"].to_list() == [verdict for verdict, _ in verdicts]
    return verdicts


NAMED = ("subscriber", ["covered"])


@pytest.mark.parametrize(
    ("forms", "wanted"),
    [
        ([], [NAMED, NAMED, NAMED]),
        ([("a", None, None)], [NAMED, NAMED, NAMED]),
        ([("a", 1, None)], [OTHER_TIME, NAMED, NAMED]),
        # The end of a form is the first instant that it does not cover.
        ([("a", None, 1)], [NAMED, OTHER_TIME, NAMED]),
        ([("a", 5, None)], [OTHER_TIME, OTHER_TIME, NAMED]),
        ([("a", None, 1), ("a", 1, None)], [NAMED, NAMED, NAMED]),
        ([("a", 5, None), ("b", 0, 9)], [OTHER_TIME, OTHER_TIME, NAMED]),
    ],
)
def test_a_line_is_a_candidate_for_visits_that_no_form_covers(
    forms: list[tuple[str, float | None, float | None]], wanted: list[tuple[str, list[str]]]
) -> None:
    assert list_verdicts(*forms) == wanted


def test_two_late_forms_that_differ_bound_the_time_as_one_does() -> None:
    assert list_verdicts(statements=[("a", 5, None), ("a", 6, None)]) == [OTHER_TIME, OTHER_TIME, NAMED]
    assert list_verdicts(statements=[("a", None, None), ("a", 6, None)]) == [NAMED, NAMED, NAMED]


def test_a_line_that_its_isp_denies_is_named_for_no_visit() -> None:
    denies = ("candidates", ["form-denies"])
    assert list_verdicts(says="denied", statements=[("a", None, None)]) == [denies, denies, NAMED]
