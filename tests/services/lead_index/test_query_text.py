"""A filter of leads as a line of text: what it stands for, how it is written again, and what is wrong with a part."""

from __future__ import annotations

import pytest

from sightline.model import LeadStatus
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.query_text import LONGEST, QueryProblemKind, parse_query, write_query

ISPS = ("Jivan Mobile", "Kayal Cable", "Jivan Fibre")


def read(text: str) -> dict[str, set[str]]:
    """The fields and values of a text that has nothing wrong."""
    query = parse_query(text, me="S. Rao", isps=ISPS)
    assert query.problems == [], text
    found: dict[str, set[str]] = {}
    for name, value in query.list_pairs():
        found.setdefault(name, set()).add(value)
    return found


@pytest.mark.parametrize(
    ("text", "stands_for"),
    [
        ("", {}),
        ("isp:jivan", {"isp": {"Jivan Mobile", "Jivan Fibre"}}),
        ('isp:"kayal c"', {"isp": {"Kayal Cable"}}),
        ("isp:Unheard", {"isp": {"Unheard"}}),
        ("reason:upload,download REASON:Account", {"reason": {"upload", "download", "account"}}),
        ("-status:closed", {"status": {lead_status.value for lead_status in LeadStatus} - {"closed"}}),
        ("status:new,asked -status:asked", {"status": {"new"}}),
        ("seen:>2026-11-12", {"since": {"2026-11-12"}}),
        ("seen:<2026-11-12", {"until": {"2026-11-12"}}),
        ("seen:2026-11-12", {"since": {"2026-11-12"}, "until": {"2026-11-12"}}),
        ("owner:me", {"assignee": {"S. Rao"}}),
        ("owner:Nobody,me", {"assignee": {"S. Rao", "-"}}),
        ("  state:kerala   reach:subscriber ", {"place": {"IN-KL"}, "ceiling": {"subscriber"}}),
    ],
)
def test_a_query_text_is_read_as_its_filter_and_written_back_as_an_equal_one(
    text: str, stands_for: dict[str, set[str]]
) -> None:
    assert read(text) == stands_for
    lead_filter = LeadFilter.from_pairs((name, value) for name, values in stands_for.items() for value in values)
    assert read(write_query(lead_filter)) == stands_for


@pytest.mark.parametrize(
    ("text", "trouble", "part"),
    [
        ("jivan", QueryProblemKind.NO_FIELD, "jivan"),
        ("isp:jivan colour:red", QueryProblemKind.UNKNOWN_FIELD, "colour:red"),
        ("status:", QueryProblemKind.NO_VALUE, "status:"),
        ("-isp:jivan", QueryProblemKind.NOT_LEFT_OUT, "-isp:jivan"),
        ('isp:"jivan', QueryProblemKind.UNCLOSED, 'isp:"jivan'),
        ("status:lost", QueryProblemKind.WRONG_VALUE, "status:lost"),
        ("seen:>yesterday", QueryProblemKind.WRONG_VALUE, "seen:>yesterday"),
        ("place:Atlantis", QueryProblemKind.WRONG_VALUE, "place:Atlantis"),
        ("x" * (LONGEST + 1), QueryProblemKind.TOO_LONG, "x" * 20),
    ],
)
def test_an_unreadable_query_is_reported_with_its_part(text: str, trouble: QueryProblemKind, part: str) -> None:
    (problem,) = parse_query(text, me="S. Rao", isps=ISPS).problems
    assert (problem.trouble, problem.part) == (trouble, part)


def test_every_part_that_is_wrong_is_named_at_once() -> None:
    assert [problem.part for problem in parse_query("a b:c status:lost", me="", isps=()).problems] == [
        "a",
        "b:c",
        "status:lost",
    ]
