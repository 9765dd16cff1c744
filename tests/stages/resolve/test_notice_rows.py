"""Rows of notices, case by case: what may be asked for, by what, over exactly which time; and why not."""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl
import pytest

from sightline.stages.resolve.model import ASKED
from sightline.stages.resolve.questions import SESSIONS, VISITS, LeftOutReason, Questions, make_questions

S = 1_000_000
USUAL: dict[str, Any] = {
    "session": 0,
    "session_id": "a" * 32,
    "lead_id": "b" * 32,
    "ip": "203.0.113.7",
    "hi": 0,
    "lo": 7,
    "ceiling": "subscriber",
    "is_alone": False,
    "is_inside": False,
    "candidates": None,
    "nat_logs": "destinations",
}
Visit = tuple[int, int, int | None, str | None, int | None]
WEB, OTHER = ("198.51.100.80", 443), ("198.51.100.81", 443)


def of(visits: list[Visit], protocol: str | None = None, **session: Any) -> Questions:
    """The rows of one session: visits are second, uncertainty, port, destination and its port."""
    sessions = pl.DataFrame([USUAL | session], schema=SESSIONS)
    rows = [
        (0, at * S, (at - wide) * S, (at + wide) * S, wide, port, protocol, *destination)
        for at, wide, port, *destination in visits
    ]
    return make_questions(sessions, pl.DataFrame(rows, schema=VISITS, orient="row"))


def question_tuples(found: Questions) -> list[tuple[object, ...]]:
    columns = ("asks", "port", "destination_ip", "destination_port", "from_us", "until_us", "uncertainty_s")
    return [(*row[:4], row[4] / S, row[5] / S, row[6]) for row in found.rows.select(columns).iter_rows()]


@pytest.mark.parametrize(
    ("session", "visits", "rows"),
    [
        ({"is_alone": True}, [(100, 2, 7, *WEB), (90, 5, None, *OTHER)], [("address", None, None, None, 85, 102, 5)]),
        ({}, [(100, 2, 7, *WEB), (120, 2, 7, *WEB)], [("port", 7, *WEB, 98, 122, 2)]),
        # Nothing ties the visit without a port to the line behind the port: it is asked for by its destination.
        (
            {},
            [(100, 2, 7, *WEB), (200, 9, None, *WEB), (300, 2, None, None, None)],
            [("port", 7, *WEB, 98, 102, 2), ("destination", None, *WEB, 191, 209, 9)],
        ),
        ({"nat_logs": "blocks"}, [(100, 2, 7, *WEB), (200, 9, None, *WEB)], [("port", 7, *WEB, 98, 102, 2)]),
        (
            {},
            [(100, 2, 7, *WEB), (110, 3, 8, *WEB), (120, 2, 7, *WEB)],
            [("port", 7, *WEB, 98, 122, 2), ("port", 8, *WEB, 107, 113, 3)],
        ),
        # One port to two destinations is two connections, and may be two lines.
        (
            {},
            [(100, 2, 7, *WEB), (110, 2, 7, *OTHER), (120, 2, 7, None, None)],
            [("port", 7, *WEB, 98, 102, 2), ("port", 7, *OTHER, 108, 112, 2), ("port", 7, None, None, 118, 122, 2)],
        ),
        # A minute later the port may be another line's.
        (
            {},
            [(100, 2, 7, *WEB), (160, 2, 7, *WEB), (221, 2, 7, *WEB)],
            [("port", 7, *WEB, 98, 162, 2), ("port", 7, *WEB, 219, 223, 2)],
        ),
        # By each of its destinations, and over the times of that one alone.
        (
            {"ceiling": "shared"},
            [(90, 1, 7, None, None), (100, 1, 7, *WEB), (130, 1, 7, *OTHER), (120, 1, 9, *WEB)],
            [("destination", None, *WEB, 99, 121, 1), ("destination", None, *OTHER, 129, 131, 1)],
        ),
    ],
)
def test_a_row_asks_by_what_tells_lines_apart_and_for_no_more_time(
    session: dict[str, Any], visits: list[Visit], rows: list[tuple[object, ...]]
) -> None:
    found = of(visits, **session)
    assert question_tuples(found) == rows
    assert found.left_out.is_empty()


@pytest.mark.parametrize(
    ("session", "visits", "why"),
    [
        *(
            ({"ceiling": one, "is_alone": True}, [(1, 1, 7, *WEB)], LeftOutReason.CEILING)
            for one in ("statistics", "automated", "relay", "time-unproven", "resolution-only", "connection-only")
        ),
        ({"ceiling": "shared", "nat_logs": "blocks"}, [(1, 1, None, *WEB)], LeftOutReason.KEEPS_NONE),
        ({"ceiling": "shared", "nat_logs": "connections"}, [(1, 1, None, *WEB)], LeftOutReason.KEEPS_NONE),
        ({"ceiling": "shared", "nat_logs": "unknown"}, [(1, 1, None, *WEB)], LeftOutReason.NOT_SAID),
        ({"ceiling": "shared"}, [(1, 1, 7, None, None)], LeftOutReason.NO_DESTINATION),
        ({"ceiling": "shared", "is_inside": True}, [(1, 1, 7, *WEB)], LeftOutReason.INSIDE),
        ({"nat_logs": "blocks"}, [(1, 1, None, *WEB)], LeftOutReason.NO_VISIT),
        ({"is_alone": True}, [], LeftOutReason.NO_VISIT),
    ],
)
def test_a_visit_that_cannot_be_asked_about_gives_the_reason(
    session: dict[str, Any], visits: list[Visit], why: LeftOutReason
) -> None:
    found = of(visits, **session)
    assert found.rows.is_empty()
    assert found.left_out["why"].to_list() == [why.value]


def test_every_visit_is_asked_for_whatever_its_port() -> None:
    found = of([(100 + port, 1, 1024 + 50 * port, *WEB) for port in range(40)])
    assert [row[1] for row in question_tuples(found)] == [1024 + 50 * port for port in range(40)]
    assert found.rows["visits"].to_list() == [1] * 40


def test_row_ids_are_of_what_is_asked_and_order_does_not_matter() -> None:
    one = of([(100, 2, 7, *WEB), (110, 2, 8, *WEB)])
    again = of([(110, 2, 8, *WEB), (100, 2, 7, *WEB)])
    text = f"{'a' * 32}\n203.0.113.7\n7\n\n{WEB[0]}\n{WEB[1]}\n{98 * S}\n{102 * S}"
    assert one.rows.equals(again.rows)
    assert one.rows["row_id"][0] == hashlib.sha256(text.encode()).hexdigest()[:12]
    assert one.rows.select(list(ASKED)).schema == pl.Schema(ASKED)


def test_questions_that_differ_in_protocol_or_port_of_the_destination_have_ids_of_their_own() -> None:
    ways = [of([(100, 2, 7, *WEB)], one) for one in ("tcp", "udp", None)] + [of([(100, 2, 7, WEB[0], 80)])]
    assert len({found.rows["row_id"].item() for found in ways}) == 4
    assert [found.rows["protocol"].item() for found in ways] == ["tcp", "udp", None, None]
