"""Operators' lines: whose answer counts, and what a name behind one rests on."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest

from sightline.model import ResolutionVerdict
from sightline.stages.resolve.model import VERDICTS, VerdictReason
from sightline.stages.resolve.operators import NAMES_OF_OPERATORS, add_passed_evidence, follow_operators


def answer(row_id: str, line: str, *why: VerdictReason, through: str | None = None, **more: Any) -> dict[str, Any]:
    """An answer of a place (0): one line, a subscriber unless it has reasons."""
    verdict = ResolutionVerdict.CANDIDATES if why else ResolutionVerdict.SUBSCRIBER
    reasons = [verdict_reason.value for verdict_reason in why] or [VerdictReason.COVERED.value]
    usual = {"part_index": 0, "session_id": "s", "holders": 1, "is_certified": True, "licensee_id": f"isp of {line}"}
    verdict_row = {
        "row_id": row_id,
        "verdict": verdict.value,
        "subscribers": [line],
        "why": reasons,
        "through": through,
    }
    return dict.fromkeys(VERDICTS) | usual | verdict_row | more


def rows(*answers: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(answers, schema={"part_index": pl.UInt32(), **VERDICTS})


OPERATOR = answer("r1", "A", VerdictReason.OPERATOR, assignments=[1])
CUSTOMER = answer("r2", "B", through="A", assignments=[1 << 32])


def test_the_answer_of_an_operator_takes_the_place_of_that_of_its_isp() -> None:
    current, passed = follow_operators(rows(OPERATOR, CUSTOMER))
    assert current["row_id"].to_list() == ["r2"]
    (verdict_row,) = passed.to_dicts()
    assert verdict_row == {
        "part_index": 0,
        "through": ["A"],
        "through_licensees": ["isp of A"],
        "passed_rows": ["r1"],
        "passed_certified": True,
        "next_licensee": "isp of B",
    }


@pytest.mark.parametrize(
    "first",
    [
        answer("r1", "A"),
        answer("r1", "C", VerdictReason.OPERATOR),
        answer("r1", "A", VerdictReason.PART_ONLY, VerdictReason.OPERATOR),
        answer("r1", "A", VerdictReason.OPERATOR, VerdictReason.NO_RECORDS),
        answer("r1", "A", VerdictReason.OPERATOR, holders=2, subscribers=["A", "C"]),
    ],
)
def test_it_counts_only_where_the_isp_names_that_very_line_and_lacks_no_more(first: dict[str, Any]) -> None:
    current, passed = follow_operators(rows(first, CUSTOMER))
    assert (current["row_id"].to_list(), passed.height) == (["r1"], 0)


def test_one_of_two_answers_of_the_isp_that_names_another_line_is_enough_against_it() -> None:
    current, passed = follow_operators(rows(OPERATOR, answer("r3", "C", VerdictReason.OPERATOR), CUSTOMER))
    assert (current["row_id"].to_list(), passed.height) == (["r1", "r3"], 0)


def test_a_silent_operator_leaves_the_answer_of_the_isp() -> None:
    silent = answer("r2", "B", VerdictReason.NOT_ANSWERED, through="A", verdict="none", subscribers=[], holders=0)
    current, passed = follow_operators(rows(OPERATOR, silent))
    assert (current["row_id"].to_list(), passed.height) == (["r1"], 0)


def test_operators_behind_operators_are_followed_in_turn() -> None:
    second = answer("r2", "B", VerdictReason.OPERATOR, through="A", assignments=[1 << 32], is_certified=False)
    third = answer("r3", "D", through="B", assignments=[2 << 32])
    every = rows(third, second, OPERATOR)
    current, passed = follow_operators(every)
    assert current["row_id"].to_list() == ["r3"]
    assert passed["through"].to_list() == [["A", "B"]]
    assert passed["passed_certified"].to_list() == [False]
    (named,) = add_passed_evidence(rows(third), every).to_dicts()
    assert (named["assignments"], named["is_certified"]) == ([1, 1 << 32, 2 << 32], False)
    (alone,) = add_passed_evidence(rows(answer("r9", "Z", assignments=[7])), every).to_dicts()
    assert (alone["assignments"], alone["is_certified"]) == ([7], True)


@pytest.mark.parametrize(
    "name",
    [
        "Sri Balaji PG Accommodation", "Anna P G Home", "Student Housing", "Sea View Inn", "Dharamshala", "YWCA",
        "XYZ Telelinks Pvt Ltd", "Speednet", "Skylink Internet", "Siti Cable", "Bandwidth Solutions Pvt Ltd",
        "CSC Centre", "Jan Seva Kendra", "Internet Centre", "Bus Stand Free Internet", "Prestige Apartments RWA",
    ],
)  # fmt: skip
def test_names_of_houses_of_guests_and_of_firms_that_sell_connections_are_operators(name: str) -> None:
    assert re.search(NAMES_OF_OPERATORS, name.lower())


@pytest.mark.parametrize(
    "name",
    [
        "P.G. Nair", "PG Nair", "Inn Raju", "CSC Nair", "Star Electricals", "Anil Cables and Hardware",
        "Skyline Builders", "Residency Road Stores", "Student Book Stall", "Ramesh Stay", "Village Office",
        "Digital Studio",
    ],
)  # fmt: skip
def test_names_of_other_customers_are_none(name: str) -> None:
    assert re.search(NAMES_OF_OPERATORS, name.lower()) is None
