"""Legends of event codes beside a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.stages.resolve.replies.event_legend import parse_legend
from tests.stages.resolve.replies.conftest import of_bytes

HEAD = "NAT Event,MSISDN,Public IP,Port From,Port To,Event Time"
ROWS = (
    "1,919800000001,203.0.113.7,40000,40999,05/03/2026 17:00:12\n"
    "2,919800000001,203.0.113.7,40000,40999,05/03/2026 17:53:41\n"
)


@pytest.mark.parametrize(
    "line",
    [
        "NAT Event: 1 = Create, 2 = Delete",
        "Legend: 1 - NAT create; 2 - NAT delete",
        "1=Created 2=Deleted",
        "Note: Event Type 1: Create and 2: Delete",
    ],
)
def test_a_legend_gives_each_code_its_event(line: str) -> None:
    assert [*parse_legend(line)] == ["1", "2"]


@pytest.mark.parametrize(
    "line",
    [
        "NAT Event: 1 = Create",
        "1 = Create, 2 = Unknown",
        "1 = Create, 2 = Create",
        "1 = Create, 1 = Delete",
        "Probably 1 = Create, 2 = Delete",
        "1 = Create, 2 = Delete (not verified)",
        "Rows 1 = Create, 2 = Delete are simulated",
        "Total: 1 - 2",
    ],
)
def test_what_is_no_clear_legend_gives_none(line: str) -> None:
    assert parse_legend(line) == {}


def test_codes_count_only_with_one_legend(tmp_path: Path) -> None:
    legend = "NAT Event: 1 = Create, 2 = Delete"
    for text in (f"{HEAD}\n{ROWS}{legend}\n", f"{legend}\n{HEAD}\n{ROWS}"):
        assert of_bytes(tmp_path, text).rows("number", "doubted_by") == [("919800000001", None)]
    for text in (f"{HEAD}\n{ROWS}", f"{HEAD}\n{ROWS}{legend}\nNAT Event: 2 = Create, 1 = Delete\n"):
        assert None not in {doubt for _, doubt in of_bytes(tmp_path, text).rows("number", "doubted_by")}
