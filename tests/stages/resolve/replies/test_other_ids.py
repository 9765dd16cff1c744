"""Ids beside the number of a line: one that is no id puts its row in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.stages.resolve.replies.conftest import of_bytes

HEAD = "MSISDN,Public IP,Port From,Port To,Start Time,End Time"


def list_doubts(folder: Path, heading: str, values: Sequence[str]) -> list[str | None]:
    """Return by what the row of each value is in doubt: rows of several lines, one below the other."""
    rows = [
        f"91981234{17 + 13 * at:04},203.0.113.{7 + at},{39936 + 512 * at},{40447 + 512 * at},"
        f"05/03/2026 17:{10 + at}:12,05/03/2026 17:{40 + at}:41,{value}"
        for at, value in enumerate(values)
    ]
    return [doubt for (doubt,) in of_bytes(folder, "\n".join([f"{HEAD},{heading}", *rows]) + "\n").rows("doubted_by")]


@pytest.mark.parametrize("value", ["k4", "0", "9", "N1", "x"])
def test_what_is_shorter_than_an_id_is_an_answer(tmp_path: Path, value: str) -> None:
    assert list_doubts(tmp_path, "Login", [value]) == ["Login"]


@pytest.mark.parametrize(
    "value", ["kl7", "0484 234 5678", "raju@isp.example", "anil.kumar", "alphagprs", "OK", "", "-", "KOC/FTTH/00123"]
)
def test_an_id_and_a_word_that_says_nothing_leave_the_row(tmp_path: Path, value: str) -> None:
    assert list_doubts(tmp_path, "Login", [value]) == [None]


@pytest.mark.parametrize(
    "value", ["not.found1", "login-failed-2", "timeout.err", "raju.expired", "closed", "r\u0430ju12"]
)
def test_an_id_with_a_word_of_a_state_or_two_scripts_is_none(tmp_path: Path, value: str) -> None:
    assert list_doubts(tmp_path, "Login", [value]) == ["Login"]


@pytest.mark.parametrize(("value", "doubt"), [("404100000000001", None), ("KOC-00123", "IMSI"), ("4041", "IMSI")])
def test_an_imsi_beside_the_number_has_its_figures(tmp_path: Path, value: str, doubt: str | None) -> None:
    assert list_doubts(tmp_path, "IMSI", [value]) == [doubt]


def test_words_are_logins_where_three_lines_have_one_each(tmp_path: Path) -> None:
    assert list_doubts(tmp_path, "Login", ["raju", "anita", "biju"]) == [None] * 3
    assert list_doubts(tmp_path, "Login", ["raju", "anita"]) == ["Login"] * 2
    assert list_doubts(tmp_path, "Login", ["raju", "anita", "biju", "anita"]) == [None, "Login", None, "Login"]
    assert list_doubts(tmp_path, "Login", ["raju", "anita", "parked"]) == ["Login"] * 3
    assert list_doubts(tmp_path, "Login", ["raju", "anita", "biju", "kl-1", "kl-2", "kl-3"]) == [
        "Login", "Login", "Login", None, None, None,
    ]  # fmt: skip


def test_a_name_stands_only_where_the_heading_asks_for_one(tmp_path: Path) -> None:
    assert list_doubts(tmp_path, "User Name", ["Anil Kumar Nair"]) == [None]
    assert list_doubts(tmp_path, "Login", ["Anil Kumar Nair"]) == ["Login"]
