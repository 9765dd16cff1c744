"""Replies that are no tables become one, or are left alone; hostile text ends in neither an error nor a long wait."""

import random

import pytest

from sightline.stages.resolve.replies.fact_lists import MOST_LETTERS, convert_to_table

RECORD = "MSISDN: 919800000001\nPublic IP: 198.51.100.7\nPort: 40000\nStart Time = 2026-03-05 17:00:00\n"
HEADINGS = ["MSISDN", "Public IP", "Port", "Start Time"]
ROW = ["919800000001", "198.51.100.7", "40000", "2026-03-05 17:00:00"]


def test_a_list_of_facts_becomes_a_row_and_the_other_lines_stay_around_it() -> None:
    found = convert_to_table(f"Time Zone: UTC\n\n{RECORD}\n{RECORD}\nNot verified\n")

    assert found == ([["Time Zone", "UTC"], HEADINGS, ROW, ROW, ["Not verified"]], "facts that stand one a line")


def test_the_two_headings_of_a_list_of_facts_are_no_fact() -> None:
    lines = "Field,Value\nMSISDN,919800000001\nPublic IP,198.51.100.7\nPort,40000\nStart Time,2026-03-05 17:00:00\n"

    assert convert_to_table(lines) == ([HEADINGS, ROW], "facts that stand one a line")


def test_records_that_stand_in_columns_are_turned() -> None:
    lines = "MSISDN,1,2\nPublic IP,a,b\nPort,3,4\nStart Time,c,d\n"

    assert convert_to_table(lines) == ([HEADINGS, ["1", "a", "3", "c"], ["2", "b", "4", "d"]],
                                       "a table whose records are columns")  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        '[{"MSISDN": 919800000001, "ok": true}]',
        '{"MSISDN": 919800000001, "ok": true}',
        '{"records": [{"MSISDN": 919800000001, "ok": true}]}',
        '{"MSISDN": 919800000001, "ok": true}\n{"MSISDN": 919800000001, "ok": true}\n',
    ],
)
def test_json_records_keep_numbers_as_they_are_written(text: str) -> None:
    found = convert_to_table(text)

    assert found is not None
    assert found[0][:2] == [["MSISDN", "ok"], ["919800000001", "true"]]
    assert convert_to_table(text.replace("919800000001", "9.198e11"))[0][1][0] == "9.198e11"  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": "1", "a": "2"}]',
        '[{"a": {"b": "1"}}]',
        '{"a": [{"x": "1"}], "b": [{"x": "2"}]}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '[{"a": NaN}]',
        "[1, 2]",
        "x: y\n" * 3,
        "",
        "a" * (MOST_LETTERS + 1),
        "Dear Sir: please\nfind: below\n",
        f"{RECORD}\n{RECORD.replace('Port', 'NAT Port')}",
    ],
)
def test_a_text_without_a_fact_list_is_left_unchanged(text: str) -> None:
    assert convert_to_table(text) is None


def test_any_text_is_read_without_an_error() -> None:
    dice = random.Random(3)
    for _ in range(3_000):
        convert_to_table(
            "".join(dice.choice('{}[]",:=;|\t\n MSISDN1.\x00\u202e\ud800') for _ in range(dice.randrange(80)))
        )
