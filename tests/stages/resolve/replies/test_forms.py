"""Forms: since and until when a line was somebody's, and what names a line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from sightline.model import NoticeKind
from sightline.stages.resolve.model import ReplyDeclarations
from tests.stages.resolve.replies.conftest import IST, of_bytes


def us(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[arg-type, misc]


def forms(folder: Path, text: str, declared: ReplyDeclarations = IST) -> list[tuple[object, ...]]:
    found = of_bytes(folder, text, declared, NoticeKind.SUBSCRIBERS)
    return found.subscribers.filter(pl.col("says").is_null()).select("number", "from_us", "until_us").rows()


def test_a_form_holds_from_the_end_of_the_first_day_to_the_begin_of_the_last(tmp_path: Path) -> None:
    head = "User ID,Name,Activation Date,Deactivation Date"
    rows = ["a-1,A,05/03/2026,20/03/2026", "a-2,A,05/03/2026 17:30:00,Active", "a-3,A,-,", "a-4,A,99/99/2026,"]
    assert forms(tmp_path, "\n".join([head, *rows])) == [
        ("a-1", us(2026, 3, 5, 18, 30), us(2026, 3, 19, 18, 30)),
        ("a-2", us(2026, 3, 5, 12, 0, 1), None),
        ("a-3", None, None),
    ]
    iso = "User ID,Name,Activation Date,Deactivation Date\na-1,A,2026-03-05,2026-03-20\n"
    assert forms(tmp_path, iso, ReplyDeclarations()) == [("a-1", us(2026, 3, 6, 12), us(2026, 3, 19, 10))]


def test_the_narrowest_of_several_dates_counts(tmp_path: Path) -> None:
    head = "MSISDN,Name,Activation Date,Port In Date,Transfer Date,Port Out Date,Disconnection Date"
    row = "919800000001,A,2020-01-01,2024-05-05,2026-03-01,2026-06-01,2026-05-01"
    assert forms(tmp_path, f"{head}\n{row}\n") == [("919800000001", us(2026, 3, 1, 18, 30), us(2026, 4, 30, 18, 30))]


def test_a_contact_number_names_no_line(tmp_path: Path) -> None:
    head = "User ID,Name,Registered Mobile Number"
    found = forms(tmp_path, f"{head}\na-1,A,9800000009\na-2,B,9800000009\n")
    assert [number for number, *_ in found] == ["a-1", "a-2"]


def test_the_rows_that_we_sent_come_back_filled_in(tmp_path: Path) -> None:
    head = "row_id,number,number_kind,sessions,from_utc,until_utc,from_ist,until_ist,Name,Installation Address"
    times = "2026-03-05T12:00:00Z,2026-03-05T12:00:01Z,2026-03-05T17:30:00+05:30,2026-03-05T17:30:01+05:30"
    row = f"0123456789ab,beta-4711,user-id,1,{times},A. Invented,1 Example Road"
    assert forms(tmp_path, f"{head}\n{row}\n") == [("beta-4711", None, None)]
    printed = f"Row,Number,Kind,Sessions,From,Until,Name\n0123456789ab,beta-4711,user-id,1,{times[:41]},A\n"
    assert forms(tmp_path, printed) == [("beta-4711", None, None)]


def test_the_rows_for_records_that_we_sent_come_back_filled_in(tmp_path: Path) -> None:
    head = (
        "row_id,address,port,destination,destination_port,from_utc,until_utc,from_ist,until_ist,uncertainty_s,Number,"
        "Start Time,End Time"
    )
    times = "2026-03-05T12:00:00Z,2026-03-05T12:00:01Z,2026-03-05T17:30:00+05:30,2026-03-05T17:30:01+05:30"
    row = (
        f"0123456789ab,203.0.113.7,40000,198.51.100.80,443,{times},0,919800000001,05/03/2026 17:00:00,"
        "05/03/2026 19:00:00"
    )
    reply = of_bytes(tmp_path, f"{head}\n{row}\n")
    assert reply.rows("ip", "port_from", "destination_ip", "number", "row_id", "doubted_by") == [
        ("203.0.113.7", 40000, "198.51.100.80", "919800000001", "0123456789ab", None)
    ]


def test_a_form_that_is_taken_back_is_no_form(tmp_path: Path) -> None:
    head = "User ID,Name,Installation Address,Remarks,Plan"
    rows = [
        "a-1,A,1 Example Road,address not verified,Home",
        "a-2,A,1 Example Road,ok,Home",
        "a-3,A,1 Example Road,,cancelled",
    ]
    assert [number for number, *_ in forms(tmp_path, "\n".join([head, *rows]))] == ["a-2"]


def test_a_number_without_a_kind_is_each_that_it_may_be(tmp_path: Path) -> None:
    subscribers = of_bytes(tmp_path, "Number,Name\nbeta-4711,A. Invented\n", IST, NoticeKind.SUBSCRIBERS).subscribers
    assert sorted(subscribers["number_kind"]) == ["account", "circuit", "user-id"]
    assert subscribers["number"].unique().to_list() == ["beta-4711"]


def test_a_number_that_is_filled_in_is_none(tmp_path: Path) -> None:
    head = "MSISDN,Public IP,Start Time,End Time"
    for number in ("0000000000", "9999999999", "919999999999"):
        reply = of_bytes(tmp_path, f"{head}\n{number},203.0.113.7,05/03/2026 17:00:00,05/03/2026 19:00:00\n")
        assert reply.rows("number") == [(None,)]


def test_a_truncated_row_stays_and_names_nobody(tmp_path: Path) -> None:
    head = "MSISDN,Public IP,Port From,Port To,Start Time,End Time"
    row = "919800000001,203.0.113.7,40000,40999,05/03/2026 17:00:00,05/03/2026 19:00:00"
    reply = of_bytes(tmp_path, f"{head}\n{row}\n919800000002,203.0.113.7,40000,40999,05/03/2026 17:0\n")
    assert reply.rows("row", "ip", "port_from", "number", "start_us")[1] == (3, "203.0.113.7", 40000, None, None)
    assert reply.codes == [(3, "column-count")]


@pytest.mark.parametrize(
    "note", ["Generated by AI assistant", "Kindly ignore this list", "Prepared by:,Mockaroo", "Sample customers"]
)
def test_a_note_beside_forms_doubts_all_of_them(tmp_path: Path, note: str) -> None:
    form = "User ID,Name,Activation Date\nbeta.raj,A. Invented,05/03/2026\na-2,B,05/03/2026"
    for text in (f"{form}\n{note}\n", f"{note}\n{form}\n"):
        found = of_bytes(tmp_path, text, IST, NoticeKind.SUBSCRIBERS)
        assert found.subscribers.height and not found.subscribers["doubted_by"].has_nulls()


@pytest.mark.parametrize(
    "line",
    ["Generated by CRM on 06-03-2026", "Customer details as on 04-06-2026", "Prepared by: Anil K, NOC", "Total,2"],
)
def test_lines_that_say_nothing_beside_forms_leave_them(tmp_path: Path, line: str) -> None:
    form = "User ID,Name,Activation Date\nbeta.raj,A. Invented,05/03/2026\na-2,B,05/03/2026"
    for text in (f"{form}\n{line}\n", f"{line}\n{form}\n"):
        assert [number for number, *_ in forms(tmp_path, text)] == ["beta.raj", "a-2"]
