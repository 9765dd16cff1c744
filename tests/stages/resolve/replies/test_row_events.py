"""Rows that are events of a log are paired; one alone is no assignment."""

from __future__ import annotations

from pathlib import Path

from sightline.stages.resolve.model import ReplyDeclarations
from tests.stages.resolve.replies.conftest import of_bytes

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
    reply = of_bytes(tmp_path, "\n".join([head, *rows]) + "\n", ReplyDeclarations(date_order="dmy", timezone="UTC"))
    utc_us = NOON_US + 19_800_000_000
    assert reply.rows("start_us") == [(NOON_US,), (utc_us,), (NOON_US,), (NOON_US,), (None,), (None,)]
    assert [code for _, code in reply.codes] == ["time-without-zone"] * 2


DETAIL = "Fri Jul 31 12:34:56 2026\n"


def block(act: str, hour: int, ip: str, *more: str) -> str:
    lines = [
        f"Acct-Status-Type = {act}",
        'Acct-Session-Id = "s1"',
        'User-Name = "ravi@isp.example"',
        f"Framed-IP-Address = {ip}",
        f'Event-Timestamp = "Jul 31 2026 {hour}:34:56 IST"',
        f"Acct-Session-Time = {(hour - 12) * 3600}",
        *more,
    ]
    return DETAIL.replace("12:34:56", f"{hour}:34:56") + "".join(f"\t{line}\n" for line in lines) + "\n"


def test_an_interim_of_another_address_ends_one_assignment_and_begins_another(tmp_path: Path) -> None:
    blocks = [
        ("Start", 12, "203.0.113.7"),
        ("Interim-Update", 13, "203.0.113.7"),
        ("Interim-Update", 14, "203.0.113.9"),
    ]
    text = "".join(block(*one) for one in blocks) + block("Stop", 15, "203.0.113.9")
    reply = of_bytes(tmp_path, text)
    assert reply.layout == "radius-detail"
    # Between the last update of the one and the first of the other either address may have been in use.
    assert reply.rows("ip", "start_us", "start_slack_us", "end_us", "end_slack_us") == [
        ("203.0.113.7", NOON_US, 1_000_000, NOON_US + HOUR_US, HOUR_US + 1_000_000),
        ("203.0.113.9", NOON_US + HOUR_US, HOUR_US + 1_000_000, NOON_US + 3 * HOUR_US, 1_000_000),
    ]
    assert reply.rows("number", "doubted_by") == [("ravi@isp.example", None)] * 2


def test_an_attribute_that_denies_doubts_its_session(tmp_path: Path) -> None:
    for attribute, name in (
        ("Packet-Type = Access-Reject", "Packet-Type"),
        ('Reply-Message = "Login rejected"', "Reply-Message"),
        ('Filter-Id = "suspended"', "Filter-Id"),
    ):
        text = block("Start", 12, "203.0.113.7", attribute) + block("Stop", 13, "203.0.113.7")
        assert of_bytes(tmp_path, text).rows("number", "doubted_by") == [("ravi@isp.example", name)]
    text = block("Start", 12, "203.0.113.7", "NAS-Port-Type = Ethernet", "Packet-Type = Accounting-Request")
    text += block("Stop", 13, "203.0.113.7", "Acct-Terminate-Cause = User-Request", 'Filter-Id = "100M"')
    assert of_bytes(tmp_path, text).rows("number", "doubted_by") == [("ravi@isp.example", None)]


def test_a_lease_that_is_not_active_is_in_doubt(tmp_path: Path) -> None:
    def lease(state: str, last: int) -> str:
        times = "starts 5 2026/07/31 07:04:56;\n  ends 5 2026/07/31 08:04:56;\n"
        return (
            f'lease 203.0.113.{last} {{\n  {times}  binding state {state};\n  option agent.circuit-id "olt1/1/7";\n}}\n'
        )

    states = ["active", "free", "expired", "released", "abandoned", "backup", "offered"]
    reply = of_bytes(tmp_path, "".join(lease(state, last) for last, state in enumerate(states, 7)))
    assert reply.rows("doubted_by") == [(None,)] + [("binding state",)] * 6
    kea = "address,hwaddr,valid_lifetime,expire,subnet_id,state\n"
    rows = [f"203.0.113.7,00:00:5e:00:53:01,3600,1785483600,1,{state}" for state in "0123"]
    found = of_bytes(tmp_path, kea + "\n".join(rows) + "\n", ReplyDeclarations())
    assert found.rows("doubted_by") == [(None,)] + [("state",)] * 3
