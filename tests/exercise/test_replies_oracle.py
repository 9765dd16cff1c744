"""The oracle of replies, case by case, by hand."""

from typing import Any

import polars as pl
import pytest

from sightline.exercise.oracle.identities import find_corroborated, limit_to_validity
from sightline.exercise.oracle.replies import resolve_visits

S = 1_000_000
T = 1_774_000_000 * S
HOUR = 3600 * S
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
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
    "file": pl.Int64,
    "protocol": pl.String,
    "inside_ip": pl.String,
    "duration_us": pl.Int64,
    "is_static": pl.Boolean,
    "layout": pl.String,
    "number_kind": pl.String,
    "cells": pl.List(pl.Struct({"heading": pl.String, "value": pl.String})),
}


def make_row(number: str | None, start: int | None, end: int | None, **others: Any) -> dict[str, Any]:
    """A row of a reply; times in seconds since T."""
    starts, ends = (None if one is None else T + one * S for one in (start, end))
    row = {"ip": "240.0.0.1", "number": number, "start_us": starts, "end_us": ends, "notice": 0, "file": 0}
    return (
        row
        | {"start_slack_us": S, "end_slack_us": S, "certified": True, "timezone": "Asia/Kolkata", "says": "assigned"}
        | others
    )


VISIT = {
    "ip": "240.0.0.1",
    "port": None,
    "protocol": None,
    "destination_ip": None,
    "at_us": T + 150 * S,
    "from_us": T + 100 * S,
    "until_us": T + 200 * S,
    "is_unshared": True,
    "is_shared": False,
    "reuses_ports": False,
}
PORT = {"port": 2047, "is_unshared": False, "is_shared": True}
OF_PORT = {"port_from": 2047, "port_to": 2047}
SITE = {"destination_ip": "198.18.0.9"}


def concluded(*rows: dict[str, Any], **others: Any) -> dict[str, Any]:
    """What is concluded of a visit from 100 s to 200 s after T, that one row of a notice asks about."""
    others_asked = others.pop("others_asked", [])
    visit = {"at": 0} | VISIT | others
    asked = [visit | {"notice": 0, "row_id": "0"}, visit | {"notice": 0, "row_id": "7", "ip": "240.0.0.7"}]
    asked.append(visit | {"notice": 1, "row_id": "9", "ip": "240.0.0.9"})
    asked += [asked[0] | {"row_id": one["ip"]} | one for one in others_asked]
    types = {"port": pl.Int64, "destination_ip": pl.String, "protocol": pl.String}
    found = resolve_visits(
        pl.DataFrame([visit], schema_overrides=types),
        pl.DataFrame(asked, schema_overrides=types),
        pl.DataFrame(rows, schema=SCHEMA),
    )
    return found.row(0, named=True)


def resolved(*rows: dict[str, Any], **others: Any) -> tuple[str, str | None]:
    found = concluded(*rows, **others)
    return found["verdict"], found["number"]


def test_one_line_that_surely_had_it_all_the_time_is_named() -> None:
    assert resolved(make_row("a", 0, 300)) == ("subscriber", "a")
    assert resolved(make_row("a", 99, 200)) == ("subscriber", "a")
    assert resolved(make_row("a", 0, 150), make_row("a", 150, 300)) == ("subscriber", "a")
    assert resolved(make_row("a", 0, 300), make_row("a", 0, 300)) == ("subscriber", "a")


@pytest.mark.parametrize(("start", "end"), [(100, 300), (0, 199), (120, 180), (0, None)])
def test_one_that_may_not_have_had_it_all_the_time_is_a_candidate(start: int, end: int | None) -> None:
    """A visit in the second of an edge is not covered."""
    assert resolved(make_row("a", start, end)) == ("candidates", None)


def test_a_gap_of_more_than_a_second_is_no_cover_unless_it_lies_outside() -> None:
    assert resolved(make_row("a", 0, 150), make_row("a", 152, 300)) == ("candidates", None)
    assert resolved(make_row("a", 0, 40), make_row("a", 50, 300)) == ("subscriber", "a")
    assert resolved(make_row("a", 0, 300), make_row("a", 50, 60), make_row("a", 400, 500)) == ("subscriber", "a")


def test_a_reply_to_another_notice_counts_against_a_line_and_never_for_one() -> None:
    other = {"notice": 1, "file": 1}
    assert resolved(make_row("a", 0, 300), make_row("b", 150, 160, **other))[0] == "conflict"
    assert resolved(make_row("a", 0, 300), make_row(None, 150, 160, **other))[0] == "candidates"
    assert resolved(make_row("a", 0, 300), make_row("a", 150, 160, **other)) == ("subscriber", "a")
    assert resolved(make_row("a", 0, 300), make_row("b", 400, 500, **other)) == ("subscriber", "a")
    assert resolved(make_row("a", 120, 180), make_row("a", 0, 300, **other)) == ("candidates", None)


def test_a_file_in_another_zone_is_believed_only_where_its_zone_does_not_matter() -> None:
    """Three other addresses would be answered 5 h 30 min later: then so may this one, by whoever had it by then."""
    early = -11 * HOUR // 2 // S
    others = [make_row("x", early, early + 300, ip=f"240.0.0.{at}") for at in (2, 3, 4)]
    others += [make_row("x", 0, 300, ip=f"240.0.0.{at}") for at in (5, 6, 7)]
    asked = [{"ip": row["ip"]} for row in others]
    assert resolved(make_row("a", 0, 300), *others, others_asked=asked) == ("candidates", None)
    assert resolved(make_row("a", early, 300), *others, others_asked=asked) == ("subscriber", "a")
    assert resolved(make_row("a", early, 300), make_row("b", early, 0), *others, others_asked=asked)[0] == "conflict"
    assert resolved(make_row("a", 0, 300), *others[1:], others_asked=asked) == ("subscriber", "a"), "two may be slips"


def test_two_numbers_are_a_conflict_and_never_a_choice() -> None:
    assert resolved(make_row("a", 0, 300), make_row("b", 150, 160))[0] == "conflict"
    assert resolved(make_row("a", 0, 150), make_row("b", 150, 300))[0] == "conflict"
    assert (
        resolved(make_row("a", 0, 300), make_row("b", -500, 100))[0] == "conflict"
    )  # it may have ended a second later
    assert resolved(make_row("a", 0, 300), make_row("b", -500, 99)) == (
        "subscriber",
        "a",
    )  # half-open: it had ended by then
    assert resolved(make_row("a", 0, 300), make_row("b", 200, 500)) == ("subscriber", "a")
    assert resolved(make_row("a", 0, 300), make_row("b", -500, None))[0] == "conflict"


def test_a_lost_stop_counts_to_the_last_sign_of_life_and_a_static_line_for_ever() -> None:
    assert resolved(make_row("a", 0, None, seen_us=T + 200 * S)) == ("subscriber", "a")
    assert resolved(make_row("a", 0, None, seen_us=T + 199 * S))[0] == "candidates"
    assert resolved(make_row("a", 0, None, is_static=True)) == ("subscriber", "a")


def test_only_rows_of_the_address_the_port_and_the_notice_are_used() -> None:
    assert resolved(make_row("a", 0, 300, ip="240.0.0.2"))[0] == "none"
    assert resolved(make_row("a", 0, 300, notice=1))[0] == "none"
    block = {"port_from": 1024, "port_to": 2047}
    assert resolved(make_row("a", 0, 300, **block), **PORT) == ("subscriber", "a")
    assert resolved(make_row("a", 0, 300, **block), **PORT | {"port": 2048})[0] == "none"
    assert resolved(make_row("a", 0, 300, **block))[0] == "candidates", "of some ports, and the visit's is not known"


def test_an_address_is_shared_until_a_statement_or_the_row_says_otherwise() -> None:
    row = make_row("a", 0, 300)
    nothing = {"is_unshared": False}
    assert resolved(row, **nothing)[0] == resolved(row, port=2047, **nothing)[0] == "candidates"
    assert resolved(row, port=2047) == ("subscriber", "a")
    dedicated = row | {"cells": [{"heading": "Type", "value": "Dedicated public IP"}]}
    assert resolved(dedicated, **nothing) == ("subscriber", "a")
    assert resolved(dedicated, is_unshared=False, is_shared=True)[0] == "candidates"
    assert resolved(row | {"cells": [{"heading": "Type", "value": "Dynamic (CGNAT)"}]})[0] == "candidates"
    assert resolved(row | {"inside_ip": "100.64.3.4"})[0] == "candidates"
    assert resolved(row | {"inside_ip": "100.64.3.4"} | OF_PORT, **PORT) == ("subscriber", "a")


def test_one_address_of_ipv6_is_a_line_s_and_a_prefix_only_by_a_statement() -> None:
    host = {"ip": "2001:db8:1:2::17", "is_unshared": False}
    assert resolved(make_row("a", 0, 300, ip=host["ip"]), **host) == ("subscriber", "a")
    prefix = make_row("a", 0, 300, ip="2001:db8:1:2::/64")
    assert resolved(prefix, **host)[0] == "candidates"
    assert resolved(prefix, **host, delegated_length=56) == ("subscriber", "a")
    assert resolved(make_row("a", 0, 300, ip="2001:db8:1::/48"), **host, delegated_length=56)[0] == "candidates"


def test_the_whole_connection_is_compared() -> None:
    row = make_row("a", 0, 300, **OF_PORT)
    udp = row | {"number": "b", "protocol": "udp"}
    assert resolved(udp, protocol="tcp", **PORT)[0] == "none"
    assert resolved(row | {"protocol": "tcp"}, udp, protocol="tcp", **PORT) == ("subscriber", "a")
    elsewhere = row | {"number": "b", "destination_ip": "198.18.0.8"}
    assert resolved(row | SITE, elsewhere, **PORT, **SITE) == ("subscriber", "a")
    assert resolved(row | SITE, elsewhere, **PORT)[0] == "conflict"
    assert resolved(row | SITE, **PORT) == ("subscriber", "a")
    assert resolved(row | SITE, **PORT | {"reuses_ports": True})[0] == "candidates"
    reused = PORT | SITE | {"reuses_ports": True}
    assert resolved(row | SITE, **reused)[0] == "candidates", "another line may have it by UDP"
    assert resolved(row | SITE | {"protocol": "tcp"}, **reused)[0] == "candidates"
    assert resolved(row | SITE | {"protocol": "tcp"}, **reused | {"protocol": "tcp"}) == ("subscriber", "a")


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("", "subscriber"),
        ("Stop", "subscriber"),
        ("Login OK", "subscriber"),
        ("Login rejected", "candidates"),
        ("Offered", "candidates"),
        ("Declined", "candidates"),
        ("previous user; current one could not be traced", "candidates"),
        ("Bandwidth reseller", "candidates"),
    ],
)
def test_a_cell_that_is_not_known_to_confirm_doubts_its_row(value: str, verdict: str) -> None:
    assert resolved(make_row("a", 0, 300, cells=[{"heading": "Remarks", "value": value}]))[0] == verdict


def test_a_contact_number_is_never_the_line() -> None:
    assert resolved(make_row("a", 0, 300, number_kind="contact"))[0] == "candidates"


def test_a_row_that_repeats_another_row_s_id_may_hold_and_proves_nothing() -> None:
    assert resolved(make_row("a", 0, 300, row_id="0")) == ("subscriber", "a")
    assert resolved(make_row("a", 0, 300, row_id="7"))[0] == "candidates"
    assert resolved(make_row("a", 0, 300, row_id="0"), make_row("b", 0, 300, row_id="7"))[0] == "conflict"


def test_where_there_are_no_records_nobody_is_named() -> None:
    none = make_row("a", 0, 300) | {"ip": None, "number": None, "row_id": "0", "says": "no-records"}
    assert resolved(none)[0] == "none"
    assert resolved(none, make_row("a", 0, 300))[0] == "candidates"
    of_another = make_row(None, None, None, row_id="7", says="no-records")
    assert resolved(of_another, make_row("a", 0, 300)) == ("subscriber", "a")


def test_a_row_that_cannot_be_read_is_taken_where_it_may_be_and_names_nobody() -> None:
    row = make_row("a", 0, 300)
    for doubt in (make_row(None, None, 150), make_row(None, None, None), make_row(None, 150, 160)):
        assert resolved(row, doubt)[0] == resolved(row, doubt | {"ip": None, "row_id": "0"})[0] == "candidates"
        assert resolved(doubt)[0] == "none"
    assert resolved(row, make_row(None, None, 98)) == ("subscriber", "a")
    assert resolved(row, make_row(None, 150, 160, ip=None))[0] == "candidates"
    assert resolved(row, make_row(None, 202, 260, ip=None)) == ("subscriber", "a")
    assert resolved(row, make_row(None, 150, 160, ip="240.0.0.2")) == ("subscriber", "a")


@pytest.mark.parametrize("shift_s", [3600, -3600, 19_800, -19_800, 43_200, -43_200])
def test_an_idle_row_that_a_known_shift_would_make_another_answer_casts_doubt(shift_s: int) -> None:
    assert resolved(make_row("a", 0, 300), make_row("b", shift_s, shift_s + 300))[0] == "conflict"
    assert resolved(make_row("a", 0, 300), make_row("a", shift_s, shift_s + 300)) == ("subscriber", "a")
    assert resolved(make_row("a", 0, 300), make_row("b", shift_s + 1000, shift_s + 1300)) == ("subscriber", "a")


def test_an_idle_row_with_day_and_month_swapped_casts_doubt() -> None:
    def at(day: int, month: int, hour: int) -> int:
        local = pl.datetime(2026, month, day, hour, time_zone="Asia/Kolkata").dt.epoch("us")
        return int(pl.select(local).item())

    times = {"at_us": at(5, 4, 11), "from_us": at(5, 4, 11), "until_us": at(5, 4, 12)}
    right = make_row("a", 0, 0) | {"start_us": at(5, 4, 0), "end_us": at(6, 4, 0)}
    swapped = make_row("b", 0, 0) | {"start_us": at(4, 5, 10), "end_us": at(4, 5, 13)}
    assert resolved(right, **times) == ("subscriber", "a")
    assert resolved(right, swapped, **times)[0] == "conflict"


def test_a_window_that_repeats_the_question_proves_nothing() -> None:
    assert concluded(make_row("a", 100, 200))["why"] == "windows that repeat the question"


def file_of(*rows: dict[str, Any]) -> tuple[str, str]:
    """What is concluded from a row that covers the visit, in one file with these."""
    found = concluded(make_row("a", 0, 300), *rows)
    return found["verdict"], found["why"]


def elsewhere(number: str, start: int, end: int, **others: Any) -> dict[str, Any]:
    return make_row(number, start, end, ip=f"240.9.0.{number}", **others)


def test_a_file_is_doubtful_as_a_whole() -> None:
    far = [elsewhere(str(at), at * 7000, at * 7000 + 600) for at in range(1, 30)]
    assert file_of(*far) == ("subscriber", "covered")
    assert file_of(*far, elsewhere("99", 5000, 4000)) == ("subscriber", "covered"), "a slip in one row of many"
    assert file_of(elsewhere("1", 5000, 4000)) == ("candidates", "ends before starts")
    in_ms = [elsewhere(str(at), 0, 300 + at, duration_us=300_000 * S) for at in range(3)]
    assert file_of(*in_ms) == ("candidates", "durations in another unit")
    leases = [elsewhere(str(at), 1000 * at, 1000 * at + 300, layout="dhcp-leases") for at in range(3)]
    assert concluded(make_row("a", 0, 300, layout="dhcp-leases"), *leases)["why"] == "ends as scheduled"
    at_once = [elsewhere(str(at), 0, 300) for at in range(3)]
    assert file_of(*at_once) == ("candidates", "all rows at one instant")


def test_a_clock_of_twelve_hours_is_seen_where_an_afternoon_is_not_met() -> None:
    noon = (T // (24 * HOUR)) * 24 * HOUR + 12 * HOUR
    times = {"at_us": noon + 3 * HOUR, "from_us": noon + 3 * HOUR, "until_us": noon + 3 * HOUR + S}
    mine = make_row("a", 0, 0, timezone="UTC", is_static=True) | {"start_us": noon - 11 * HOUR, "end_us": None}
    begins = [noon - 10 * HOUR + at * 700 * S for at in range(9)]
    morning = [mine | {"ip": "240.0.0.7", "number": str(at), "start_us": at, "end_us": at + 600 * S} for at in begins]
    assert concluded(mine, *morning, **times)["why"] == "no hour above 12"
    assert concluded(mine, **times)["verdict"] == "subscriber"


def test_a_number_is_a_line_s_for_the_dates_of_its_form() -> None:
    found = pl.DataFrame({"at": [0], "verdict": ["subscriber"], "why": ["covered"], "number": ["a"]})
    visits = pl.DataFrame({"at": [0], "from_us": [100], "until_us": [200]})

    def of(since: int | None, until: int | None) -> str:
        forms = pl.DataFrame(
            {"number": ["a"], "valid_from_us": [since], "valid_until_us": [until]},
            schema={"number": pl.String, "valid_from_us": pl.Int64, "valid_until_us": pl.Int64},
        )
        return str(limit_to_validity(found, visits, forms)["verdict"][0])

    assert of(None, None) == of(100, 200) == of(50, None) == "subscriber"
    assert of(101, None) == of(None, 199) == of(300, 400) == "candidates"


def test_corroborated_takes_two_notices_two_assignments_certificates_and_a_whole_form() -> None:
    def of(*rows: tuple[int, int, bool], **form: str | bool) -> list[str]:
        found = pl.DataFrame(
            {
                "verdict": ["subscriber"] * len(rows),
                "number": ["a"] * len(rows),
                "notices": [[notice] for notice, _, _ in rows],
                "leases": [[[start * HOUR, (start + 1) * HOUR - 2 * S]] for _, start, _ in rows],
                "certified": [certified for _, _, certified in rows],
            }
        )
        fields = ("number", "installation_address", "msisdn", "imsi", "imei", "cell", "application_form")
        fields_by_name = dict.fromkeys(fields) | {"number": "a", "certified": True} | form
        types = dict.fromkeys(fields, pl.String)
        return find_corroborated(found, pl.DataFrame([fields_by_name], schema_overrides=types))["number"].to_list()

    fixed = {"installation_address": "1, Made-up Road"}
    assert of((0, 1, True), (1, 2, True), **fixed) == ["a"]
    assert of((0, 1, True), (0, 2, True), **fixed) == []
    assert of((0, 1, True), (1, 1, True), **fixed) == [], "one row pasted twice"
    assert of((0, 1, True), (1, 2, False), **fixed) == []
    assert of((0, 1, True), (1, 2, True)) == []
    assert of((0, 1, True), (1, 2, True), certified=False, **fixed) == []
    mobile = dict.fromkeys(("msisdn", "imsi", "imei", "cell", "application_form"), "1")
    assert of((0, 1, True), (1, 2, True), **mobile) == ["a"]
