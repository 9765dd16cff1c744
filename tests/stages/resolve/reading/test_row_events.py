"""Rows that are events of a log are paired; one alone is no assignment."""

from __future__ import annotations

from pathlib import Path

from sightline.stages.resolve.model import Declared
from tests.stages.resolve.reading.conftest import of_bytes

HEAD = "User ID,Public IP,Public Port,Start Time,End Time,Event Type"
NOON_US = 1_785_481_496_000_000
HOUR_US = 3_600_000_000


def row(event: str, start: str, end: str = "", who: str = "ravi@isp.example") -> str:
    times = [f"31/07/2026 {one}:34:56" if one else "" for one in (start, end)]
    return f"{who},203.0.113.7,1024,{times[0]},{times[1]},{event}"


def test_a_create_and_its_delete_are_one_assignment(tmp_path: Path) -> None:
    for first, last in (
        ("Create", "Delete"),
        ("NAT44 session create", "NAT44 session delete"),
        ("Allocated", "Released"),
    ):
        reply = of_bytes(tmp_path, "\n".join([HEAD, row(first, "12"), row(last, "13"), row(first, "14")]) + "\n")
        assert reply.rows("row", "start_us", "end_us", "number", "doubted_by") == [
            (2, NOON_US, NOON_US + HOUR_US, "ravi@isp.example", None),
            (4, NOON_US + 2 * HOUR_US, None, "ravi@isp.example", None),
        ]


def test_a_delete_or_interim_alone_is_no_assignment(tmp_path: Path) -> None:
    for event in ("Delete", "Interim-Update", "release"):
        for end in ("", "13"):
            reply = of_bytes(tmp_path, f"{HEAD}\n{row(event, '12', end)}\n")
            for number, doubted_by in reply.rows("number", "doubted_by"):
                assert number is None or doubted_by == "Event Type"


def test_a_whole_record_and_a_create_with_both_times_are_assignments(tmp_path: Path) -> None:
    reply = of_bytes(tmp_path, "\n".join([HEAD, row("Session", "12", "13"), row("create", "14", "15")]) + "\n")
    assert reply.rows("number", "doubted_by") == [("ravi@isp.example", None)] * 2


def test_an_event_that_is_none_doubts_its_row(tmp_path: Path) -> None:
    reply = of_bytes(tmp_path, f"{HEAD}\n{row('Quota warning', '12', '13')}\n")
    assert reply.rows("doubted_by") == [("Event Type",)]


def test_each_row_may_have_its_own_zone(tmp_path: Path) -> None:
    head = HEAD.replace("Event Type", "Time Zone")
    rows = [row(zone, "12", "13") for zone in ("IST", "UTC", "+05:30", "Asia/Kolkata", "", "Mars")]
    reply = of_bytes(tmp_path, "\n".join([head, *rows]) + "\n", Declared(date_order="dmy", timezone="UTC"))
    utc_us = NOON_US + 19_800_000_000
    assert reply.rows("start_us") == [(NOON_US,), (utc_us,), (NOON_US,), (NOON_US,), (utc_us,), (None,)]
    assert [code for _, code in reply.codes] == ["time-without-zone"]
