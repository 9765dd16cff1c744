"""The oracle of replies, case by case, by hand."""

from typing import Any

import polars as pl
import pytest

from sightline.exercise.oracle.replies import corroborated, rows_resolved, sessions_resolved

S = 1_000_000
T = 1_774_000_000 * S
HOUR = 3600 * S
SCHEMA = {
    "ip": pl.String,
    "port_from": pl.Int64,
    "port_to": pl.Int64,
    "start_us": pl.Int64,
    "end_us": pl.Int64,
    "start_slack_us": pl.Int64,
    "end_slack_us": pl.Int64,
    "destination_ip": pl.String,
    "destination_port": pl.Int64,
    "number": pl.String,
    "row_id": pl.String,
    "seen_us": pl.Int64,
    "certified": pl.Boolean,
    "timezone": pl.String,
    "notice": pl.Int64,
    "says": pl.String,
}


def said(number: str | None, start: int | None, end: int | None, **others: Any) -> dict[str, Any]:
    """A row of a reply; times in seconds since T."""
    starts, ends = (None if one is None else T + one * S for one in (start, end))
    row = {"ip": "240.0.0.1", "number": number, "start_us": starts, "end_us": ends, "notice": 0}
    return (
        row
        | {"start_slack_us": S, "end_slack_us": S, "certified": True, "timezone": "Asia/Kolkata", "says": "assigned"}
        | others
    )


def resolved(*rows: dict[str, Any], **others: Any) -> tuple[str, str | None]:
    """What is made of a row that asks for 100 s to 200 s after T."""
    asked = {"ip": "240.0.0.1", "port": None, "destination_ip": None, "from_us": T + 100 * S, "until_us": T + 200 * S}
    found = rows_resolved(_asked(asked | others), pl.DataFrame(rows, schema=SCHEMA))
    return found["verdict"][0], found["number"][0]


def _asked(*rows: dict[str, Any]) -> pl.DataFrame:
    types = {"port": pl.Int64, "destination_ip": pl.String, "at": pl.UInt32, "notice": pl.Int64}
    some = [{"at": place, "notice": 0, "session": place, "row_id": f"{place}"} | row for place, row in enumerate(rows)]
    return pl.DataFrame(some, schema_overrides=types)


def test_one_line_that_surely_had_it_all_the_time_is_named() -> None:
    assert resolved(said("a", 0, 300)) == ("subscriber", "a")
    assert resolved(said("a", 99, 200)) == ("subscriber", "a")
    assert resolved(said("a", 0, 150), said("a", 150, 300)) == ("subscriber", "a")
    assert resolved(said("a", 0, 300), said("a", 0, 300)) == ("subscriber", "a")


@pytest.mark.parametrize(("start", "end"), [(100, 300), (0, 199), (120, 180), (0, None)])
def test_one_that_may_not_have_had_it_all_the_time_is_a_candidate(start: int, end: int | None) -> None:
    assert resolved(said("a", start, end)) == ("candidates", None)


def test_a_gap_of_more_than_a_second_is_no_cover_unless_it_lies_outside() -> None:
    assert resolved(said("a", 0, 150), said("a", 152, 300)) == ("candidates", None)
    assert resolved(said("a", 0, 40), said("a", 50, 300)) == ("subscriber", "a")
    assert resolved(said("a", 0, 300), said("a", 50, 60), said("a", 400, 500)) == ("subscriber", "a")


def test_two_numbers_are_a_conflict_and_never_a_choice() -> None:
    assert resolved(said("a", 0, 300), said("b", 150, 160))[0] == "conflict"
    assert resolved(said("a", 0, 150), said("b", 150, 300))[0] == "conflict"
    assert resolved(said("a", 0, 300), said("b", -500, 99))[0] == "conflict"  # it may have ended a second later
    assert resolved(said("a", 0, 300), said("b", -500, 98)) == ("subscriber", "a")
    assert resolved(said("a", 0, 300), said("b", -500, None))[0] == "conflict"


def test_a_lost_stop_counts_to_the_last_sign_of_life() -> None:
    assert resolved(said("a", 0, None, seen_us=T + 200 * S)) == ("subscriber", "a")
    assert resolved(said("a", 0, None, seen_us=T + 199 * S))[0] == "candidates"


def test_only_rows_of_the_address_the_port_and_the_notice_are_used() -> None:
    assert resolved(said("a", 0, 300, ip="240.0.0.2"))[0] == "none"
    assert resolved(said("a", 0, 300, notice=1))[0] == "none"
    block = {"port_from": 1024, "port_to": 2047}
    assert resolved(said("a", 0, 300, **block), port=2047) == ("subscriber", "a")
    assert resolved(said("a", 0, 300, **block), port=2048)[0] == "none"
    assert resolved(said("a", 0, 300), port=2048) == ("subscriber", "a")


def test_by_destination_there_are_candidates_and_no_line() -> None:
    site = {"destination_ip": "198.18.0.9"}
    assert resolved(said("a", 0, 300, **site), **site) == ("candidates", None)
    assert resolved(said("a", 0, 300, destination_ip="198.18.0.8"), **site)[0] == "none"


def test_a_row_that_repeats_another_row_s_id_may_hold_and_proves_nothing() -> None:
    assert resolved(said("a", 0, 300, row_id="0")) == ("subscriber", "a")
    assert resolved(said("a", 0, 300, row_id="7"))[0] == "candidates"
    assert resolved(said("a", 0, 300, row_id="0"), said("b", 0, 300, row_id="7"))[0] == "conflict"


def test_where_there_are_no_records_nobody_is_named() -> None:
    none = said("a", 0, 300) | {"ip": None, "number": None, "row_id": "0", "says": "no-records"}
    assert resolved(none)[0] == "none"
    assert resolved(none, said("a", 0, 300))[0] == "candidates"
    of_another = said(None, None, None, row_id="7", says="no-records")
    assert resolved(of_another, said("a", 0, 300)) == ("subscriber", "a")


def test_a_row_that_cannot_be_read_stands_where_it_may_be_and_names_nobody() -> None:
    whole = said("a", 0, 300)
    for doubt in (said(None, None, 150), said(None, None, None), said(None, 150, 160)):
        assert resolved(whole, doubt)[0] == resolved(whole, doubt | {"ip": None, "row_id": "0"})[0] == "candidates"
        assert resolved(doubt)[0] == "none"
    assert resolved(whole, said(None, None, 98)) == ("subscriber", "a")
    assert resolved(whole, said(None, 150, 160, ip=None))[0] == "candidates"
    assert resolved(whole, said(None, 202, 260, ip=None)) == ("subscriber", "a")
    assert resolved(whole, said(None, 150, 160, ip="240.0.0.2")) == ("subscriber", "a")


@pytest.mark.parametrize("shift_s", [3600, -3600, 19_800, -19_800, 43_200, -43_200])
def test_an_idle_row_that_a_known_shift_would_make_another_answer_casts_doubt(shift_s: int) -> None:
    assert resolved(said("a", 0, 300), said("b", shift_s, shift_s + 300))[0] == "conflict"
    assert resolved(said("a", 0, 300), said("a", shift_s, shift_s + 300)) == ("subscriber", "a")
    assert resolved(said("a", 0, 300), said("b", shift_s + 1000, shift_s + 1300)) == ("subscriber", "a")


def test_an_idle_row_with_day_and_month_swapped_casts_doubt() -> None:
    def at(day: int, month: int, hour: int) -> int:
        local = pl.datetime(2026, month, day, hour, time_zone="Asia/Kolkata").dt.epoch("us")
        return int(pl.select(local).item())

    times = {"from_us": at(5, 4, 11), "until_us": at(5, 4, 12)}
    right = said("a", 0, 0) | {"start_us": at(5, 4, 0), "end_us": at(6, 4, 0)}
    swapped = said("b", 0, 0) | {"start_us": at(4, 5, 10), "end_us": at(4, 5, 13)}
    assert resolved(right, **times) == ("subscriber", "a")
    assert resolved(right, swapped, **times)[0] == "conflict"


def test_a_session_has_what_all_its_rows_say() -> None:
    rows = pl.DataFrame({"session": [1, 1, 2, 2, 3, 3], "number": ["a", "a", "a", "b", "a", None]})
    assert sessions_resolved(rows)["number"].to_list() == ["a", None, None]


def test_corroborated_takes_two_notices_two_assignments_certificates_and_a_whole_form() -> None:
    def of(*rows: tuple[int, int, bool], **form: str | bool) -> list[str]:
        found = pl.DataFrame(
            {
                "verdict": ["subscriber"] * len(rows),
                "number": ["a"] * len(rows),
                "notice": [notice for notice, _, _ in rows],
                "assignments": [[{"ip": "240.0.0.1", "start_us": start}] for _, start, _ in rows],
                "certified": [certified for _, _, certified in rows],
            }
        )
        fields = ("number", "installation_address", "msisdn", "imsi", "imei", "cell", "application_form")
        said = dict.fromkeys(fields) | {"number": "a", "certified": True} | form
        types = dict.fromkeys(fields, pl.String)
        return corroborated(found, pl.DataFrame([said], schema_overrides=types))["number"].to_list()

    fixed = {"installation_address": "1, Made-up Road"}
    assert of((0, 1, True), (1, 2, True), **fixed) == ["a"]
    assert of((0, 1, True), (0, 2, True), **fixed) == []
    assert of((0, 1, True), (1, 1, True), **fixed) == []
    assert of((0, 1, True), (1, 2, False), **fixed) == []
    assert of((0, 1, True), (1, 2, True)) == []
    assert of((0, 1, True), (1, 2, True), certified=False, **fixed) == []
    mobile = dict.fromkeys(("msisdn", "imsi", "imei", "cell", "application_form"), "1")
    assert of((0, 1, True), (1, 2, True), **mobile) == ["a"]
