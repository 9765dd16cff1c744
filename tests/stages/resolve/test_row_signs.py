"""Each sign by itself, on the fewest rows that show it, and beside it what an honest reply may look like.

Every function here is the only one that sees its rows: without it, its test fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from sightline.stages.resolve import (
    inside_addresses,
    line_signs,
    query_signs,
    repeated_rows,
    row_conflicts,
    spreadsheet_faults,
    time_signs,
)
from sightline.stages.resolve.model import ASSIGNED, FindingKind
from tests.stages.resolve.rows import asked, assigned, notice, us

HOUR, DAY = 3_600, 86_400
ZONES = ["Asia/Kolkata", "UTC"]
MIDNIGHT = 18.5 * HOUR
"""Midnight in India, in seconds of UTC."""
NO_ROWS = pl.Series("row", [], pl.UInt32)
AT = 10 * HOUR + 30 * 60 + 17
Row = dict[str, Any]
_QUESTION: dict[str, pl.DataType] = {
    name: pl.Int64() for name in ("from_us", "until_us", "first_us", "last_us", "uncertainty_s")
} | {name: pl.String() for name in ("asked", "session_id", "lead_id")}


def answer(row: int, begins: float | None, ends: float | None, *, at: float = AT, lasts: float = 5, **more: Any) -> Row:
    """A row of a reply with its question, which is about `at`, for `lasts` seconds."""
    of = {"from_us": us(at), "until_us": us(at + lasts), "first_us": us(at), "last_us": us(at + lasts)}
    named = {"asked": f"r{row}", "session_id": f"s{row}", "lead_id": f"l{row}", "uncertainty_s": 0}
    number = more.pop("number", f"91980000{row * 7919 % 9973:04}")
    return assigned(row, number, begins, ends, **{"ip": f"203.0.113.{row}", **more}) | of | named


def frame(rows: Iterable[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ASSIGNED | _QUESTION)


def questions_of(rows: pl.DataFrame, ports: Iterable[int | None] | None = None) -> pl.DataFrame:
    every = rows.select("asked", "from_us", "until_us", "ip").to_dicts()
    given = list(ports) if ports is not None else [None] * len(every)
    return notice(
        *(
            asked(one["asked"], 0, 0, ip=one["ip"], port=port)
            | {"from_us": one["from_us"], "until_us": one["until_us"]}
            | {"first_us": one["from_us"], "last_us": one["until_us"]}
            for one, port in zip(every, given, strict=True)
        )
    )


def rows_of(found: Iterator[pl.DataFrame], kind: FindingKind) -> list[int]:
    frames = list(found)
    assert all(set(each["kind"]) == {kind.value} for each in frames)
    return sorted({row for each in frames for row in each["row"]})


@pytest.mark.parametrize(("ends", "shows"), [(13 * HOUR, True), (11 * HOUR, False)])
def test_one_port_for_more_than_half_a_day_was_copied_from_the_question(ends: float, shows: bool) -> None:
    rows = frame([answer(1, AT - 60, AT + ends, ports=(40_000, 40_000))])
    assert rows_of(query_signs.find_asked_ports(rows), FindingKind.ECHO) == [1] * shows
    block = frame([answer(1, AT - 60, AT + ends, ports=(40_000, 40_999))])
    assert not list(query_signs.find_asked_ports(block))


@pytest.mark.parametrize(("last", "shows"), [(3_599, True), (3_600, False), (3_541, False)])
def test_an_hour_of_a_report_ends_a_second_before_the_next(last: int, shows: bool) -> None:
    rows = frame([answer(1, 10 * HOUR, 10 * HOUR + last)])
    assert rows_of(query_signs.find_hours(rows), FindingKind.ECHO) == [1] * shows


@pytest.mark.parametrize(("by", "shows"), [(0, True), (37, False)])
def test_rows_that_end_with_the_next_question(by: float, shows: bool) -> None:
    times = [AT + one for one in (0, 4_321, 9_007, 15_551)]
    rows = frame(
        answer(at + 1, begins - 777 - 13 * at, then + by, at=begins)
        for at, (begins, then) in enumerate(pairwise(times))
    )
    found = query_signs.find_next_questions(
        rows, questions_of(frame(answer(n, 0, 1, at=t) for n, t in enumerate(times)))
    )
    assert rows_of(found, FindingKind.ECHO) == [1, 2, 3] * shows


@pytest.mark.parametrize(
    ("begins", "ends", "shows"),
    [
        (AT - 300, AT + 5 + 300, True),
        (AT - 17, AT + 43, True),
        (AT - 17 - 300, AT + 43 + 300, True),
        (AT - 313, AT + 5 + 291, False),
        (AT - 300, AT + 5 + 291, False),
    ],
)
def test_a_row_that_is_the_question_with_a_margin(begins: float, ends: float, shows: bool) -> None:
    rows = frame([answer(1, begins, ends)])
    assert rows_of(query_signs.find_searched(rows), FindingKind.ECHO) == [1] * shows


@pytest.mark.parametrize(
    ("ports", "port", "shows"),
    [
        ((39_990, 40_010), 40_000, True),
        ((40_003, 40_102), 40_003, True),
        ((39_936, 40_448), 40_448, True),
        ((40_000, 40_999), 40_000, False),
        ((39_936, 40_447), 40_000, False),
    ],
)
def test_ports_that_were_made_from_the_one_asked(ports: tuple[int, int], port: int, shows: bool) -> None:
    rows = frame([answer(1, AT - 600, AT + 600, ports=ports)])
    found = query_signs.find_made_ports(rows, questions_of(rows, [port]))
    assert rows_of(found, FindingKind.ECHO) == [1] * shows


def test_ports_from_one_question_to_another() -> None:
    rows = frame([answer(1, AT - 600, AT + 600, ports=(40_003, 41_116)), answer(2, AT - 600, AT + 600)])
    found = query_signs.find_made_ports(rows, questions_of(rows, [40_003, 41_117]))
    assert rows_of(found, FindingKind.ECHO) == [1]


@pytest.mark.parametrize("unlike", [0, 3])
def test_five_rows_each_as_long_before_its_question_as_behind(unlike: float) -> None:
    rows = frame(
        answer(at, AT + at * 5_003 - 900 - at * 61, AT + at * 5_003 + 5 + 900 + at * 61 + unlike, at=AT + at * 5_003)
        for at in range(1, 6)
    )
    found = query_signs.find_made(rows, questions_of(rows))
    assert rows_of(found, FindingKind.ECHO) == [1, 2, 3, 4, 5] * (not unlike)


@pytest.mark.parametrize(("ends", "shows"), [(AT + 5, True), (AT + 9, False)])
def test_a_row_from_the_first_to_the_last_moment_asked(ends: float, shows: bool) -> None:
    assert rows_of(query_signs.find_echoes(frame([answer(1, AT, ends)])), FindingKind.ECHO) == [1] * shows


@pytest.mark.parametrize("unlike", [0, 7])
def test_two_rows_with_one_odd_margin(unlike: float) -> None:
    times = (AT, AT + 20_011)
    rows = frame(
        answer(at + 1, one - 437 - at * unlike, one + 5 + 913, at=one, ports=(40_000, 40_999))
        for at, one in enumerate(times)
    )
    assert rows_of(query_signs.find_margins(rows), FindingKind.ECHO) == [1, 2] * (not unlike)


@pytest.mark.parametrize("unlike", [0, 71])
def test_three_rows_that_begin_as_long_before_their_question(unlike: float) -> None:
    rows = frame(
        answer(at + 1, AT + at * 9_001 - 437 - at * unlike, AT + at * 9_001 + 5 + 913 + 197 * at, at=AT + at * 9_001)
        for at in range(3)
    )
    assert rows_of(query_signs.find_rounded_margins(rows), FindingKind.ECHO) == [1, 2, 3] * (not unlike)


@pytest.mark.parametrize(
    ("begins", "ends", "shows"),
    [
        (MIDNIGHT, MIDNIGHT + DAY - 1, True),
        (MIDNIGHT, MIDNIGHT + DAY, True),
        (MIDNIGHT + 61, MIDNIGHT + DAY - 1, False),
    ],
)
def test_a_row_of_one_whole_day(begins: float, ends: float, shows: bool) -> None:
    rows = frame([answer(1, begins, ends, at=MIDNIGHT + AT)])
    assert rows_of(query_signs.find_whole_days(rows, ZONES, rows), FindingKind.ECHO) == [1] * shows


@pytest.mark.parametrize(
    ("begins", "ends", "shows"),
    [(AT, MIDNIGHT, True), (MIDNIGHT - DAY, AT + 5, True), (AT, MIDNIGHT - 100, False), (AT - 11, MIDNIGHT, False)],
)
def test_a_row_from_its_question_to_the_end_of_the_day(begins: float, ends: float, shows: bool) -> None:
    rows = frame([answer(1, begins, ends)])
    assert rows_of(query_signs.find_half_windows(rows, ZONES, None), FindingKind.ECHO) == [1] * shows


@pytest.mark.parametrize(
    ("begins", "ends", "shows"),
    [
        (AT, None, True),
        (AT, AT + 190 * DAY, True),
        (AT - 11, None, False),
        (AT - 400 * DAY, None, False),
        (AT, AT + 9 * DAY, False),
    ],
)
def test_a_permanent_address_that_begins_with_its_question(begins: float, ends: float | None, shows: bool) -> None:
    rows = frame([answer(1, begins, ends, is_static=True)])
    received = us(AT + 191 * DAY)
    assert rows_of(query_signs.find_half_windows(rows, ZONES, received), FindingKind.ECHO) == [1] * shows


@pytest.mark.parametrize(
    ("other", "more", "shows"),
    [
        ("203.0.114.9", {}, True),
        ("203.0.113.9", {}, False),  # ordered together
        ("203.0.114.9", {"is_static": None}, False),
        ("203.0.114.9", {"start_us": us(AT + 1)}, False),
        ("203.0.114.9", {"number": "another"}, False),
    ],
)
def test_one_contract_at_two_addresses(other: str, more: Row, shows: bool) -> None:
    first = answer(1, AT, None, number="one", is_static=True)
    rows = frame([first, answer(2, AT, None, number="one", is_static=True) | {"ip": other} | more])
    assert sorted(repeated_rows.find_copied_contracts(rows)) == [1, 2] * shows


def test_a_row_from_its_question_to_the_day_of_the_reply() -> None:
    rows = frame([answer(1, AT, AT + 9 * DAY + 777)])
    received = us(AT + 10 * DAY)
    assert rows_of(query_signs.find_half_windows(rows, ZONES, received), FindingKind.ECHO) == [1]
    assert not list(query_signs.find_half_windows(rows, ZONES, None))


@pytest.mark.parametrize(
    ("ips", "shows"), [(("203.0.113.1",) * 3, False), (("203.0.113.1", "198.51.100.1", "192.0.2.1"), True)]
)
def test_one_line_at_three_networks_at_once(ips: tuple[str, ...], shows: bool) -> None:
    rows = frame(
        answer(at + 1, AT - 300 - at * 7, AT + 500 + at * 11, number="919800000001", ip=ip) for at, ip in enumerate(ips)
    )
    assert rows_of(line_signs.find_one_subscriber(rows, NO_ROWS), FindingKind.ONE_SUBSCRIBER) == [1, 2, 3] * shows


def test_ports_of_three_addresses_of_one_line_beside_others() -> None:
    mine = [
        answer(at, AT - at, AT + 50 + at, number="919800000001", ports=(1024 * at, 1024 * at + 99)) for at in (1, 2, 3)
    ]
    others = [answer(at, AT - at, AT + 50 + at) for at in (4, 5, 6)]
    assert rows_of(line_signs.find_one_subscriber(frame(mine + others), NO_ROWS), FindingKind.ONE_SUBSCRIBER) == [
        1,
        2,
        3,
    ]
    assert not list(line_signs.find_one_subscriber(frame(mine[:2] + others), NO_ROWS))


def test_of_three_addresses_at_once_only_the_rows_of_that_time_are_listed() -> None:
    mine = [
        answer(at, AT - at, AT + 50 + at, number="919800000001", ports=(1024 * at, 1024 * at + 99)) for at in (1, 2, 3)
    ]
    later = answer(4, AT + 900, AT + 990, number="919800000001", ports=(9000, 9099))
    rows = frame([*mine, later])
    assert line_signs.find_at_several_addresses(rows, NO_ROWS).to_list() == [1, 2, 3]
    assert rows_of(
        line_signs.find_one_subscriber(frame([*mine, later, answer(5, AT, AT + 9)]), NO_ROWS),
        FindingKind.ONE_SUBSCRIBER,
    ) == [1, 2, 3, 4]


def test_rows_without_a_line_are_no_line_at_three_addresses() -> None:
    rows = frame(answer(at, AT - at, AT + 50 + at, ports=(1024 * at, 1024 * at + 99)) for at in (1, 2, 3))
    nobody = rows.with_columns(number=pl.lit(None, pl.String))
    assert line_signs.find_at_several_addresses(nobody, NO_ROWS).is_empty()


@pytest.mark.parametrize(("destination", "shows"), [(None, True), ("203.0.113.80", False)])
def test_a_number_copied_to_blocks_that_nobody_asked_about(destination: str | None, shows: bool) -> None:
    mine = [
        answer(at, AT - at, AT + 50 + at, number="919800000001", ports=(1024 * at, 1024 * at + 99)) for at in (1, 2, 3)
    ]
    rows = frame([*mine, answer(4, AT, AT + 9)]).with_columns(destination_ip=pl.lit(destination, pl.String))
    assert rows_of(line_signs.find_copied_lines(rows, NO_ROWS), FindingKind.ONE_SUBSCRIBER) == [1, 2, 3] * shows


@pytest.mark.parametrize(("begins", "shows"), [(AT - 40, True), (AT - 4_000, False)])
def test_a_search_that_finds_a_line_at_a_third_address(begins: float, shows: bool) -> None:
    mine = [answer(at, AT - 500, AT + 500, number="919800000001", ports=(1024 * at, 1024 * at + 99)) for at in (1, 2)]
    searched = answer(3, begins, AT + 40, number="919800000001", ports=(9000, 9099))
    found = line_signs.find_at_several_addresses(frame([*mine, searched]), pl.Series("row", [3], pl.UInt32))
    assert found.to_list() == [1, 2, 3] * shows


@pytest.mark.parametrize("begins", [AT + 300, AT - 20])
def test_a_mistyped_start_at_a_third_address(begins: float) -> None:
    """Another row with the same end says that the third address began later, or at the same time."""
    mine = [
        answer(at, AT - at, AT + 50 + at, number="919800000001", ports=(1024 * at, 1024 * at + 99)) for at in (1, 2)
    ]
    same: dict[str, Any] = {"number": "919800000001", "ports": (9000, 9099), "ip": "203.0.113.3"}
    third = [answer(at, start, AT + 900, **same) for at, start in ((3, AT - 30), (4, begins))]
    found = line_signs.find_at_several_addresses(frame([*mine, *third]), NO_ROWS)
    assert found.to_list() == [1, 2, 3, 4] * (begins < AT)


@pytest.mark.parametrize(
    ("insides", "shows"), [(("100.64.0.1",) * 3, False), (("100.64.0.1", None, "100.64.0.9"), True)]
)
def test_three_addresses_of_a_network_that_spreads_connections(insides: tuple[str | None, ...], shows: bool) -> None:
    rows = frame(
        answer(at, AT - at, AT + 50 + at, number="919800000001", ports=(1024 * at, 1024 * at), inside_ip=inside)
        for at, inside in enumerate(insides, 1)
    )
    assert line_signs.find_at_several_addresses(rows, NO_ROWS, rows["row"]).to_list() == [1, 2, 3] * shows
    assert line_signs.find_at_several_addresses(rows, NO_ROWS, rows["row"].head(2)).to_list() == [1, 2, 3]


@pytest.mark.parametrize(("around", "shows"), [(60, True), (40_000, False)])
def test_a_search_that_finds_an_inside_address_of_another_line(around: float, shows: bool) -> None:
    """It contradicts a line that had the address all the time of the search."""
    addresses = inside_addresses.InsideAddresses()
    mine = answer(1, AT - 300, AT + 300, number="919800000001", inside_ip="100.64.0.7")
    other = answer(2, AT - around, AT + around, number="919800000002", inside_ip="100.64.0.7")
    addresses.take(frame([mine, other]))
    assert addresses.find_shared(pl.Series("row", [2], pl.UInt32)).to_list() == [1, 2] * shows
    assert addresses.find_shared(NO_ROWS).to_list() == [1, 2]


@pytest.mark.parametrize("last", ["013", "999"])
def test_numbers_that_end_in_their_address(last: str) -> None:
    rows = frame(
        answer(at, AT - 300, AT + 500, ip=f"203.0.113.{at}", number=f"9198000{tail}")
        for at, tail in ((11, "00011"), (12, "00012"), (13, f"00{last}"))
    )
    found = rows_of(line_signs.find_derived(rows, questions_of(rows)), FindingKind.FILLED_DOWN)
    assert found == [11, 12, 13] * (last == "013")


def test_a_row_that_begins_before_1995() -> None:
    rows = frame([answer(1, -60 * 365 * DAY, AT + 500), answer(2, AT - 5 * 365 * DAY, AT + 500)])
    assert rows_of(time_signs.find_empty_clocks(rows), FindingKind.EMPTY_CLOCK) == [1]


@pytest.mark.parametrize("unlike", [0, 3])
def test_three_lines_with_one_start_and_one_end(unlike: float) -> None:
    rows = frame(answer(at, AT - 777 - at * unlike, AT + 4_001) for at in (1, 2, 3))
    assert rows_of(time_signs.find_one_instant(rows), FindingKind.ONE_INSTANT) == [1, 2, 3] * (not unlike)


@pytest.mark.parametrize("unlike", [0, 3])
def test_three_leases_that_last_one_odd_time(unlike: float) -> None:
    rows = frame(answer(at, AT - at * 797, AT - at * 797 + 4_013 + at * unlike) for at in (1, 2, 3))
    assert rows_of(time_signs.find_scheduled(rows), FindingKind.SCHEDULED) == [1, 2, 3] * (not unlike)


def test_a_row_that_ends_after_the_reply_came() -> None:
    rows = frame([answer(1, AT - 500, AT + 9 * DAY), answer(2, AT - 500, AT + 500)])
    assert rows_of(time_signs.find_later(rows, 2, us(AT + DAY)), FindingKind.AFTER_RECEIVED) == [1]


def signs_of(rows: pl.DataFrame, questions: pl.DataFrame) -> set[tuple[FindingKind, bool]]:
    faults = spreadsheet_faults.SpreadsheetFaults()
    faults.take(rows.select(list(ASSIGNED)))
    return {(kind, is_whole) for kind, _, is_whole in faults.find_signs(questions, rows)}


@pytest.mark.parametrize("step", [1, 0])
def test_four_numbers_in_a_row_were_filled_down(step: int) -> None:
    numbers = [919800004321 + at * step + (0 if step else at * at * 97) for at in range(4)]
    rows = frame(
        answer(at + 1, AT + at * 7_001 - 311 * at - 77, AT + at * 7_001 + 997 + 13 * at * at, number=str(number))
        for at, number in enumerate(numbers)
    )
    assert signs_of(rows, questions_of(rows)) == ({(FindingKind.FILLED_DOWN, True)} if step else set())


@pytest.mark.parametrize("is_block", [True, False])
def test_numbers_that_repeat_with_a_period_were_copied_down(is_block: bool) -> None:
    numbers = ["919800007919", "919800000338", "919800005115", "919800001234"]
    given = numbers * 2 if is_block else [*numbers, *reversed(numbers)]
    rows = frame(
        answer(at + 1, AT + at * 7_001 - 311 * at * at, AT + at * 7_001 + 997 + 13 * at * at, number=number)
        for at, number in enumerate(given)
    )
    assert signs_of(rows, questions_of(rows)) == ({(FindingKind.FILLED_DOWN, True)} if is_block else set())


@pytest.mark.parametrize("is_sorted", [True, False])
def test_numbers_that_ascend_beside_questions_in_order_were_sorted_alone(is_sorted: bool) -> None:
    numbers = [919800000000 + (at * at * 313 if is_sorted else at * 4_241 % 9_001) for at in range(1, 9)]
    rows = frame(
        answer(at, AT + at * 7_001 - 311 * (at % 5), AT + at * 7_001 + 997 + 13 * at * at, number=str(number),
               ports=(1024 + at * 6_400 % 60_000, 1024 + at * 6_400 % 60_000 + 63), at=AT + at * 7_001)
        for at, number in enumerate(numbers, 1)
    )  # fmt: skip
    assert signs_of(rows, questions_of(rows)) == ({(FindingKind.NUMBERS_SORTED, True)} if is_sorted else set())


def test_numbers_that_ascend_with_the_ports_of_one_address() -> None:
    rows = frame(
        answer(at, AT + at * 7_001 % 40_007 - 311, AT + at * 7_001 % 40_007 + 997 + at, ip="203.0.113.9",
               number=str(919800000000 + at * at * 313), ports=(2_048 + at * 64, 2_048 + at * 64 + 63))
        for at in range(1, 10)
    )  # fmt: skip
    found = list(spreadsheet_faults._find_sorted_numbers_and_ports(rows))
    assert [kind for kind, *_ in found] == [FindingKind.NUMBERS_SORTED]
    other = rows.with_columns(number=pl.col("number").reverse().shuffle(seed=3))
    assert not list(spreadsheet_faults._find_sorted_numbers_and_ports(other))


@pytest.mark.parametrize("by", [1, 0])
def test_times_that_stand_a_row_too_low(by: int) -> None:
    times = [AT + at * 11_003 + at * at * 61 for at in range(7)]
    moved = [times[max(0, at - by)] if at or not by else AT - 40_000 for at in range(7)]
    rows = frame(
        answer(at + 1, begins - 311 - at * 17, begins + 997 + 13 * at * at, at=one)
        for at, (one, begins) in enumerate(zip(times, moved, strict=True))
    )
    assert signs_of(rows, questions_of(rows)) == ({(FindingKind.TIMES_MOVED, True)} if by else set())


def test_a_column_of_numbers_that_stands_a_row_too_high() -> None:
    lines = [f"91980000{at * 7919 % 9973:04}" for at in range(6)]
    rows = frame(
        answer(at * 2 + part + 1, AT + at * 997, AT + at * 997 + 1_501 + at * at, ip=f"203.0.113.{at}", number=number)
        for at in range(4)
        for part, number in enumerate((lines[at], lines[at + 1]))
    )
    assert (FindingKind.NUMBERS_MOVED, True) in signs_of(rows, questions_of(rows))


@pytest.mark.parametrize(("begins", "shows"), [(AT + 100, True), (AT + 495, False)])
def test_one_inside_address_of_two_lines_at_once(begins: float, shows: bool) -> None:
    addresses = inside_addresses.InsideAddresses()
    addresses.take(
        frame([
            answer(1, AT - 500, AT + 500, inside_ip="100.64.0.7"),
            answer(2, begins, AT + 900, inside_ip="100.64.0.7"),
        ])
    )  # fmt: skip
    assert addresses.find_shared(NO_ROWS).to_list() == [1, 2] * shows


def conflicts_of(*rows: Row) -> row_conflicts.RowConflicts:
    conflicts = row_conflicts.RowConflicts()
    conflicts.take(frame(rows).select(list(ASSIGNED)))
    return conflicts


@pytest.mark.parametrize(("ports", "shows"), [((40_500, 41_499), True), ((41_000, 41_999), False)])
def test_blocks_of_two_lines_that_overlap(ports: tuple[int, int], shows: bool) -> None:
    one = answer(1, AT - 500, AT + 500, ip="203.0.113.9", ports=(40_000, 40_999))
    two = answer(2, AT - 300, AT + 700, ip="203.0.113.9", ports=ports)
    assert row_conflicts._find_overlapped(conflicts_of(one, two).rows).sort().to_list() == [1, 2] * shows


@pytest.mark.parametrize(("prefix", "shows"), [("2001:db8:b::/48", True), ("2001:db8:c::/48", False)])
def test_a_prefix_within_another_lines(prefix: str, shows: bool) -> None:
    one = answer(1, AT - 500, AT + 500, ip=prefix)
    two = answer(2, AT - 300, AT + 700, ip="2001:db8:b:7::/64")
    rows = conflicts_of(one, two).rows
    bare = rows.head(1).with_columns(pl.lit(None, rows[name].dtype).alias(name) for name in ("ip", "number"))
    assert row_conflicts.find_nested(pl.concat([rows, bare])).sort().to_list() == [1, 2] * shows


@pytest.mark.parametrize(("ends", "shows"), [(AT + 900, True), (AT + 504, False)])
def test_one_assignment_with_two_ends(ends: float, shows: bool) -> None:
    one = answer(1, AT - 500, AT + 500, number="919800000001", ip="203.0.113.9")
    two = answer(2, AT - 500, ends, number="919800000001", ip="203.0.113.9")
    assert (2 in conflicts_of(one, two).find().to_list()) is shows


@pytest.mark.parametrize(("ends", "shows"), [(AT - 60_000, True), (AT - 83_990, False)])
def test_an_assignment_that_two_lines_had_far_from_the_question(ends: float, shows: bool) -> None:
    mine = answer(1, AT - 84_000, AT + 500, ip="203.0.113.9", number="919800000001")
    other = answer(2, AT - 85_000, ends, ip="203.0.113.9", number="919800000002")
    assignments = frame([mine])
    assert conflicts_of(mine, other).find_doubled(assignments, NO_ROWS).to_list() == [1] * shows


@pytest.mark.parametrize(("begins", "shows"), [(AT - 83_000, True), (AT - 85_000, False)])
def test_a_search_that_finds_another_line_at_the_address(begins: float, shows: bool) -> None:
    mine = answer(1, AT - 84_000, AT + 500, ip="203.0.113.9", number="919800000001")
    other = answer(2, begins, AT - 60_000, ip="203.0.113.9", number="919800000002")
    searched = pl.Series("row", [2], pl.UInt32)
    assert conflicts_of(mine, other).find_doubled(frame([mine]), searched).to_list() == [1] * shows


@pytest.mark.parametrize(
    ("ids", "other_number", "shows"),
    [
        ((["imsi:404450000000001"], ["imsi:404450000000001"]), True, True),
        ((["imsi:404450000000001"], ["imsi:404450000000002"]), True, False),
        ((["name:ravi kumar"], ["name:asha das"]), False, True),
        ((["name:ravi kumar"], ["name:ravi k"]), False, False),
        ((["imsi:404450000000001"], ["imsi:404450000000002"]), False, True),
    ],
)
def test_ids_beside_numbers_that_contradict(ids: tuple[list[str], list[str]], other_number: bool, shows: bool) -> None:
    numbers = ("919800000001", "919800000002" if other_number else "919800000001")
    conflicts = row_conflicts.RowConflicts()
    schema = ASSIGNED | {"ids": pl.List(pl.String())}
    rows = [
        answer(at + 1, AT - 500 + at * 37, AT + 500 + at * 91, number=number, ids=of, ip=f"203.0.113.{at + 7}")
        for at, (number, of) in enumerate(zip(numbers, ids, strict=True))
    ]
    conflicts.take(pl.DataFrame(rows, schema=schema | _QUESTION).select(list(schema)))
    assert bool(conflicts.find().to_list()) is shows


def test_rows_that_are_another_one_written_again() -> None:
    """The same times for another line at another address, and half a day away for the same one."""
    one = answer(1, AT - 500.25, AT + 500, number="919800000001", ip="203.0.113.9")
    away = answer(2, AT - 500.25 - 12 * HOUR, AT + 500 - 12 * HOUR, number="919800000001", ip="203.0.113.9")
    honest = answer(3, AT - 500.25 - 9 * HOUR, AT - 7 * HOUR, number="919800000001", ip="203.0.113.9")
    assert repeated_rows.find_moved(conflicts_of(one, away).rows).sort().to_list() == [1, 2]
    assert not repeated_rows.find_moved(conflicts_of(one, honest).rows).to_list()
