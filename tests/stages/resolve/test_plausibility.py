"""Signs that a whole file is in doubt: each fault in several forms, and beside it what an honest file may look like."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

from sightline.model import ReplyCode
from sightline.stages.resolve.model import REJECTS, SIGNS, FindingKind
from sightline.stages.resolve.reply_check import ReplyCheck, ReplyCheckResult
from tests.stages.resolve.rows import asked, assigned, checked, notice, reply, us

HOUR, DAY = 3_600, 86_400
INDIA = 5.5 * HOUR
Row = dict[str, Any]


def ip(at: int) -> str:
    return f"203.0.{at % 113}.{at * 37 % 250 + 1}"


def visits(count: int, *, apart: float = DAY / 3, seed: int = 1) -> list[Row]:
    """Rows of a notice: each of an address of its own, at odd seconds spread over days."""
    dice = random.Random(seed)
    begins = [dice.randrange(3, 40) * 60 + at * apart + dice.random() * 50 for at in range(count)]
    return [
        asked(f"r{at}", begin, begin + 90, ip=ip(at), session_id=f"s{at}", lead_id=f"l{at}", uncertainty_s=30)
        for at, begin in enumerate(begins)
    ]


def leases(rows: list[Row], seed: int = 2) -> list[Row]:
    """An honest answer: the lease around each visit, of a line of its own."""
    dice = random.Random(seed)
    return [
        assigned(
            at + 1,
            f"91980000{at * (at * 31 + 17) % 9973:04}",
            int(_s(row["from_us"]) - dice.randrange(70, 5 * HOUR)),
            int(_s(row["until_us"]) + dice.randrange(70, 5 * HOUR)),
            ip=row["ip"],
            start_slack_us=1_000_000,
            end_slack_us=1_000_000,
        )
        for at, row in enumerate(rows)
    ]


def _s(at_us: int) -> float:
    return (at_us - us(0)) / 1_000_000


def signs(found: ReplyCheckResult) -> set[str]:
    return {kind.value for kind in found.counts if kind in SIGNS}


def of_twelve(row: Row) -> Row:
    """The row as a clock of twelve hours writes it in India, without AM and PM."""
    fields = dict(row)
    for edge in ("start_us", "end_us"):
        local = row[edge] + int(INDIA * 1_000_000)
        into = local % (DAY * 1_000_000)
        half = into % (12 * HOUR * 1_000_000)
        hour = half // (HOUR * 1_000_000)
        fields[edge] = local - into + (half if hour else half + 12 * HOUR * 1_000_000) - int(INDIA * 1_000_000)
    return fields


def test_an_honest_file_shows_no_sign_however_it_is_made() -> None:
    for count in (1, 2, 3, 5, 8, 13, 30, 60, 200):
        for seed in range(5):
            rows = visits(count, seed=seed, apart=(900, DAY / 3, 2 * DAY)[seed % 3])
            found = checked(notice(*rows), reply(*leases(rows, seed + 9)))
            assert signs(found) == set()
            assert not found.met["is_doubted"].any()


def test_a_clock_of_twelve_hours_doubts_all() -> None:
    for seed in range(6):
        rows = visits(60, seed=seed)
        found = checked(notice(*rows), reply(*(of_twelve(lease) for lease in leases(rows, seed))))
        assert "twelve-hours" in signs(found)
        assert found.met["is_doubted"].all()


def test_leases_that_begin_and_end_by_a_schedule_in_the_morning_tell_of_no_clock() -> None:
    rows = visits(60)
    given = [
        one
        | {
            "start_us": us(at * DAY // 3 // DAY * DAY - (at % 6) * HOUR),
            "end_us": us(at * DAY // 3 // DAY * DAY + (24 - at % 6) * HOUR),
        }
        for at, one in enumerate(leases(rows))
    ]
    assert "twelve-hours" not in signs(checked(notice(*rows), reply(*given)))


def test_evenings_written_as_mornings_are_one_shift() -> None:
    """All visits lie between 20 and 22 in India: too few hours to know the clock by, but most would fit 12 h later."""
    rows = [
        asked(f"r{at}", at * DAY + 14.6 * HOUR + 31, at * DAY + 14.6 * HOUR + 90, ip=ip(at), uncertainty_s=5)
        for at in range(8)
    ]
    good = [
        assigned(at, f"9198{at:08}", _s(row["from_us"]) - 900, _s(row["until_us"]) + 901.0, ip=row["ip"])
        for at, row in enumerate(rows)
    ]
    late = [of_twelve(one) for one in good[:6]]
    assert {"one-shift", "covers-little"} <= signs(checked(notice(*rows), reply(*late, *good[6:])))


@pytest.mark.parametrize(
    ("reversed_rows", "rows", "is_told"), [(1, 3, True), (1, 20, False), (2, 21, False), (4, 60, True), (3, 90, False)]
)
def test_rows_that_end_before_they_start(reversed_rows: int, rows: int, is_told: bool) -> None:
    asked_rows = visits(rows)
    rejects = [(at + 1, "end", ReplyCode.ENDS_BEFORE_START.value) for at in range(reversed_rows)]
    check = ReplyCheck(notice(*asked_rows))
    check.take(reply(*leases(asked_rows)), pl.DataFrame(rejects, schema=REJECTS, orient="row"))
    assert signs(check.finish()) == ({"ends-before-start"} if is_told else set())


@pytest.mark.parametrize(
    ("factor", "more", "is_told"), [(1, 0, False), (1, 4, False), (1000, 0, True), (1 / 60, 0, True), (1, 600, True)]
)
def test_durations_are_the_time_between_start_and_end(factor: float, more: int, is_told: bool) -> None:
    rows = visits(5)
    given = reply(*leases(rows))
    lasts = (pl.col("end_us") - pl.col("start_us")) / 1_000_000 * factor + more
    found = checked(notice(*rows), given.with_columns(duration_s=lasts.cast(pl.Int64)))
    assert signs(found) == ({"duration-differs"} if is_told else set())
    assert "duration_s" not in found.met.columns


def test_most_rows_at_other_times() -> None:
    rows = visits(9)
    other = [
        lease | {edge: lease[edge] + 10 * DAY * 1_000_000 for edge in ("start_us", "end_us")} for lease in leases(rows)
    ]
    for right, is_told in ((4, True), (5, False)):
        assert signs(checked(notice(*rows), reply(*leases(rows)[:right], *other[right:]))) == (
            {"covers-little"} if is_told else set()
        )


def test_ports_of_others_at_other_times_are_not_what_was_asked() -> None:
    rows = [
        asked(f"r{at}", at * DAY, at * DAY + 60, ip="192.0.2.9", port=2_000 + at, uncertainty_s=5) for at in range(9)
    ]
    of_others = [
        assigned(at, f"9197{at:08}", at * DAY + 900, at * DAY + 990, ip="192.0.2.9", ports=(9_000 + at,) * 2)
        for at in range(40)
    ]
    assert "covers-little" not in signs(checked(notice(*rows), reply(*of_others)))
    same = [
        assigned(at, f"9197{at:08}", (at + 20) * DAY, (at + 20) * DAY + 9, ip="192.0.2.9", ports=(2_000 + at,) * 2)
        for at in range(9)
    ]
    assert "covers-little" in signs(checked(notice(*rows), reply(*same)))


def test_all_begin_or_end_at_one_instant() -> None:
    rows = visits(6, apart=DAY)
    begun = [one | {"start_us": us(-DAY), "end_us": us(60 * DAY + at)} for at, one in enumerate(leases(rows))]
    assert "one-instant" in signs(checked(notice(*rows), reply(*begun)))
    ended = [lease | {"end_us": us(40 * DAY)} for lease in leases(rows)]
    assert "one-instant" in signs(checked(notice(*rows), reply(*ended)))
    static = [
        one | {"start_us": us(-(200 + 31 * at + at * at) * DAY - 77 * at), "end_us": us(40 * DAY)}
        for at, one in enumerate(leases(rows))
    ]
    assert signs(checked(notice(*rows), reply(*static))) == set()
    day = visits(6, apart=600)
    one_day = [lease | {"start_us": us(-5 * HOUR), "end_us": us(19 * HOUR)} for lease in leases(day)]
    assert "one-instant" in signs(checked(notice(*day), reply(*one_day)))
    of_two = [*one_day[:4], *(one | {"start_us": us(-29 * HOUR)} for one in one_day[4:])]
    assert signs(checked(notice(*day), reply(*of_two))) == set()


def test_days_from_midnight_to_midnight_and_clocks_that_were_not_set() -> None:
    rows = visits(4, apart=DAY)
    days = [
        one | {"start_us": us(at * DAY - INDIA), "end_us": us((at + 1) * DAY - INDIA - 1)}
        for at, one in enumerate(leases(rows))
    ]
    assert "echo" in signs(checked(notice(*rows), reply(*days)))
    unset = leases(rows)
    unset[1] |= {"start_us": 0}
    found = checked(notice(*rows), reply(*unset))
    assert signs(found) == {"empty-clock"}
    assert found.met.filter("is_doubted")["row"].to_list() == [2]


WHOLE_DAYS = {
    "until 23:59:59": (0, DAY - 1),
    "until 23:59": (0, DAY - 60),
    "until midnight": (0, DAY),
    "a month": (-4 * DAY, 26 * DAY),
    "a month until 23:59:59": (-4 * DAY, 26 * DAY - 1),
    "a contract of two months": (-4 * DAY, 56 * DAY),
}


@pytest.mark.parametrize("name", WHOLE_DAYS)
def test_a_row_of_whole_days_doubts_itself_and_no_other(name: str) -> None:
    begins, ends = (us(at - INDIA) for at in WHOLE_DAYS[name])
    rows = visits(4, apart=600)
    own = leases(rows)
    for ports in ({}, {"port_from": 2_000, "port_to": 2_000}):
        day = own[1] | ports | {"start_us": begins, "end_us": ends}
        found = checked(notice(*rows), reply(own[0], day, own[2], own[3], day | {"row": 9}))
        assert signs(found) == {"echo"}
        assert found.met.filter("is_doubted")["row"].to_list() == [2, 9]
        static = signs(checked(notice(*rows), reply(own[0], day | {"is_static": True}, *own[2:])))
        assert static == (set() if name.startswith("a contract") else {"echo"})
        reckoned = reply(own[0], day, *own[2:]).with_columns(is_reckoned=pl.lit(value=True))
        assert signs(checked(notice(*rows), reckoned)) == set()


def test_a_licensee_may_renew_all_its_leases_at_midnight() -> None:
    rows = visits(6, apart=DAY)
    at_midnight = [
        one | {"start_us": us(at * DAY - INDIA), "end_us": us((at + 1) * DAY - INDIA)}
        for at, one in enumerate(leases(rows))
    ]
    assert signs(checked(notice(*rows), reply(*at_midnight))) == set()
    found = checked(notice(*rows), reply(*at_midnight[:4], *leases(rows)[4:]))
    assert found.met.filter("is_doubted")["row"].to_list() == [1, 2, 3, 4]


@pytest.mark.parametrize(("begins", "ends"), [(0, 600), (600, DAY), (0, 25 * HOUR), (-9 * HOUR, DAY - 1)])
def test_one_edge_at_midnight_is_of_no_query(begins: float, ends: float) -> None:
    rows = visits(4, apart=60)
    own = leases(rows)
    some = own[1] | {"start_us": us(begins - INDIA), "end_us": us(ends - INDIA)}
    assert signs(checked(notice(*rows), reply(own[0], some, *own[2:]))) == set()


def test_one_edge_of_the_question_and_the_other_of_the_query_doubt_the_row() -> None:
    rows = visits(4, apart=600)
    own, one = leases(rows), rows[1]
    came = us(90 * DAY - INDIA)
    for edges, is_told in (
        ({"start_us": one["from_us"], "end_us": us(DAY - INDIA - 1)}, True),
        ({"start_us": one["from_us"] - 1_500_000, "end_us": us(3 * DAY - INDIA)}, True),
        ({"start_us": us(-INDIA), "end_us": one["until_us"]}, True),
        ({"start_us": one["from_us"], "end_us": came - int(50.123 * HOUR) * 1_000_000}, True),
        ({"start_us": one["from_us"], "end_us": us(5 * HOUR + 77)}, False),
        ({"start_us": one["from_us"] - 9_000_000, "end_us": came - int(50.123 * HOUR) * 1_000_000}, False),
    ):
        for ports in ({}, {"port_from": 1_990, "port_to": 2_009}):
            check = ReplyCheck(notice(*rows), received_us=came)
            check.take(reply(own[0], own[1] | ports | edges, *own[2:]))
            found = check.finish()
            assert found.met.filter("is_doubted")["row"].to_list() == ([2] if is_told else []), edges


def test_every_copy_of_a_doubtful_row_is_doubtful() -> None:
    rows = visits(20)
    own = leases(rows)
    late = own[1] | {"end_us": us(4_000 * DAY)}
    check = ReplyCheck(notice(*rows), received_us=us(30 * DAY))
    check.take(reply(own[0], late, *own[2:], late | {"row": 99}))
    assert check.finish().met.filter("is_doubted")["row"].to_list() == [2, 99]


def test_an_echo_of_the_question_of_its_address_or_of_the_whole_notice() -> None:
    rows = visits(4)
    own = [
        one | {"start_us": row["from_us"], "end_us": row["until_us"]}
        for one, row in zip(leases(rows), rows, strict=True)
    ]
    cut = [one | {edge: one[edge] // 1_000_000 * 1_000_000 for edge in ("start_us", "end_us")} for one in own]
    whole = [lease | {"start_us": rows[0]["from_us"], "end_us": rows[-1]["until_us"]} for lease in leases(rows)]
    for given in (own, cut, whole, own[:1]):
        found = checked(notice(*rows), reply(*given))
        assert "echo" in signs(found)
        assert found.met["is_doubted"].all()
    mixed = checked(notice(*rows), reply(own[0], *leases(rows)[1:]))
    assert mixed.met.sort("row")["is_doubted"].to_list() == [True, False, False, False]


def test_a_connection_may_last_as_long_as_the_visits_on_it() -> None:
    rows = [asked(f"r{at}", at * 99, at * 99 + 1, ip=ip(at), port=4_000 + at) for at in range(4)]
    given = [assigned(at, f"9{at}", at * 99, at * 99 + 1, ip=ip(at), ports=(4_000 + at,) * 2) for at in range(4)]
    assert signs(checked(notice(*rows), reply(*given))) == set()


def test_ends_that_were_planned() -> None:
    rows = visits(8)
    planned = [lease | {"end_us": lease["start_us"] + 12 * HOUR * 1_000_000} for lease in leases(rows)]
    assert signs(checked(notice(*rows), reply(*planned))) == {"scheduled-ends"}
    grid = [
        one | {"start_us": us(at * DAY / 3 // DAY * DAY - HOUR), "end_us": us(at * DAY / 3 // DAY * DAY + 23 * HOUR)}
        for at, one in enumerate(leases(rows))
    ]
    assert "scheduled-ends" not in signs(checked(notice(*rows), reply(*grid)))


def test_times_after_the_reply_came() -> None:
    rows = visits(8)
    later = leases(rows)
    later[2] |= {"end_us": us(4_000 * DAY)}
    check = ReplyCheck(notice(*rows), received_us=us(30 * DAY))
    check.take(reply(*later))
    one = check.finish()
    assert one.met.filter("is_doubted")["row"].to_list() == [3]
    many = [row | {"end_us": us(4_000 * DAY + at)} if at % 2 else row for at, row in enumerate(leases(rows))]
    check = ReplyCheck(notice(*rows), received_us=us(30 * DAY))
    check.take(reply(*many))
    assert check.finish().met["is_doubted"].all()
    static = [row | {"is_static": True} for row in many]
    check = ReplyCheck(notice(*rows), received_us=us(30 * DAY))
    check.take(reply(*static))
    assert signs(check.finish()) == set()


def test_one_subscriber_for_all_that_was_asked() -> None:
    rows = visits(10)
    filled = [lease | {"number": "919800000000"} for lease in leases(rows)]
    assert signs(checked(notice(*rows), reply(*filled))) == {"one-subscriber"}
    of_one_lead = notice(*(row | {"lead_id": "lead"} for row in rows))
    assert signs(checked(of_one_lead, reply(*filled))) == set()
    copied = [one | {"start_us": us(0), "end_us": us(9 * DAY)} for one in filled[:3]]
    assert "one-subscriber" in signs(checked(of_one_lead, reply(*copied)))
    at_once = [one | {"start_us": us(-at * 77), "end_us": us(9 * DAY + at * 99)} for at, one in enumerate(filled[:3])]
    assert "one-subscriber" in signs(checked(of_one_lead, reply(*at_once)))
    block = [one | {"ip": f"203.0.113.{17 + at}", "is_static": True} for at, one in enumerate(at_once)]
    of_block = notice(*(row | {"lead_id": "lead", "ip": f"203.0.113.{17 + at}"} for at, row in enumerate(rows)))
    assert signs(checked(of_block, reply(*block))) == set()


def test_times_without_seconds_may_be_a_minute_later() -> None:
    rows = visits(8)
    bare = [
        lease | {edge: lease[edge] // 60_000_000 * 60_000_000 for edge in ("start_us", "end_us")}
        for lease in leases(rows)
    ]
    found = checked(notice(*rows), reply(*bare))
    assert found.counts == {FindingKind.WITHOUT_SECONDS: 1}
    assert found.met["start_slack_us"].to_list() == [60_000_000] * 8
    assert not found.met["is_doubted"].any()


def test_a_sign_says_what_is_odd_in_which_row_and_what_to_ask() -> None:
    rows = visits(10)
    found = checked(notice(*rows), reply(*(lease | {"number": "919800000000"} for lease in leases(rows))))
    findings = found.findings.filter(kind="one-subscriber")
    assert findings["row"].to_list() == list(range(1, 11))
    assert "Ask the ISP" in findings["text"][0]


def _numbered(count: int, number: str, *, every: int = 1, at: int = 0) -> list[Row]:
    """An honest answer, but for a column of numbers that were filled down, `every` a row, from a row on."""
    rows = leases(visits(count))
    for place, row in enumerate(rows[at:]):
        row["number"] = number.format(place * every)
    return rows


@pytest.mark.parametrize(
    ("count", "number", "every", "at", "is_told"),
    [
        (5, "98000000{:02}", 1, 0, True),
        (4, "98000000{:02}", 1, 0, True),
        (3, "98000000{:02}", 1, 0, True),
        (3, "98000{:05}", 1234, 0, True),
        (2, "98000000{:02}", 1, 0, False),
        (3, "subscriber {:05}", 1, 0, False),
        (3, "subscriber 7{:04}", 2, 0, False),
        (4, "subscriber {:02}", 1, 0, False),
        (30, "98000000{:03}", 1, 0, True),
        (6, "98000{:05}", 1234, 0, True),
        (6, "subscriber {:02}", 1, 0, True),
        (6, "98000000{:02}", 1, 1, True),
        (30, "98000000{:03}", 1, 25, False),
        (30, "98000000{:03}", 1, 24, True),
        (9, "98000000{}0@isp.example", 1, 0, False),
    ],
)
def test_numbers_that_a_spreadsheet_filled_down(count: int, number: str, every: int, at: int, is_told: bool) -> None:
    rows = _numbered(count, number, every=every, at=at)
    found = checked(notice(*visits(count)), reply(*rows))
    assert signs(found) == ({"filled-down"} if is_told else set())
    filled = count if at < 2 else count - at
    assert found.met["is_doubted"].sum() == (filled if is_told else 0)


@pytest.mark.parametrize(("by", "each", "is_told"), [(1, 2, True), (-1, 2, True), (0, 2, False), (1, 1, False)])
def test_a_column_of_numbers_that_moved_by_a_row(by: int, each: int, is_told: bool) -> None:
    rows = [dict(row) for row in leases(visits(4)) for _ in range(each)]
    numbers = [row["number"] for row in rows]
    for place, row in enumerate(rows):
        row |= {"row": place + 2, "number": numbers[(place + by) % len(rows)]}
    found = checked(notice(*visits(4)), reply(*rows))
    assert signs(found) == ({"numbers-moved"} if is_told else set())
    assert found.met["is_doubted"].all() == is_told


@pytest.mark.parametrize(("split", "is_told"), [(4, True), (3, False), (2, False)])
def test_most_repeated_assignments_with_two_lines_show_a_column_that_moved(split: int, is_told: bool) -> None:
    """Each second assignment stands once: beside one that stands twice no row shows the same two lines."""
    asked, rows = visits(10), []
    for at, row in enumerate(leases(asked)):
        of_next = {"number": f"97{at:08}"} if at // 2 < split else {}
        rows += [row, row | of_next] if at % 2 == 0 else [row]
    rows = [row | {"row": place + 2} for place, row in enumerate(rows)]
    found = checked(notice(*asked), reply(*rows))
    assert ("numbers-moved" in signs(found)) is is_told
    assert found.met["is_doubted"].all() == is_told


@pytest.mark.parametrize(("lasts", "is_told"), [(31 * 24 * HOUR - 1, True), (31 * 24 * HOUR - 7, False)])
def test_a_month_in_a_zone_that_only_the_row_names(lasts: float, is_told: bool) -> None:
    rows = [dict(row) for row in leases(visits(3))]
    rows[1] |= {"start_us": us(-300 * HOUR), "end_us": us(-300 * HOUR + lasts)}
    assert ("echo" in signs(checked(notice(*visits(3)), reply(*rows)))) is is_told


def test_a_second_line_of_some_assignments_is_no_column_that_moved() -> None:
    rows = [dict(row) for row in leases(visits(4)) for _ in range(2)]
    for place, row in enumerate(rows):
        row["row"] = place + 2
    for place in (1, 5):
        rows[place]["number"] = f"97{place:08}"
    assert signs(checked(notice(*visits(4)), reply(*rows))) == set()
    for place in (0, 2, 3, 4, 6, 7):
        rows[place]["number"] = rows[0]["number"]
    assert "numbers-moved" not in signs(checked(notice(*visits(4)), reply(*rows)))


def test_neighbouring_numbers_in_another_order_or_with_others_between_are_honest() -> None:
    for numbers in ([1, 2, 3, 5, 6, 7, 8], [3, 1, 2, 5, 4, 7, 6], [1, 1, 2, 2, 3, 3, 4], [1, 2, 3, 4, 40, 41, 42]):
        rows = leases(visits(7))
        for row, number in zip(rows, numbers, strict=True):
            row["number"] = f"98000000{number:02}"
        assert signs(checked(notice(*visits(7)), reply(*rows))) == set()


def _timed(count: int, begins: float, apart: float, *, lines: int = 100) -> set[str]:
    """The signs of leases that begin so long apart, around visits at odd times, of so many lines."""
    dice = random.Random(3)
    starts = [begins + at * apart for at in range(count)]
    asks = [
        asked(f"r{at}", start + 600 + 17 * dice.random(), start + 700, ip=ip(at), session_id=f"s{at}", lead_id=f"l{at}")
        for at, start in enumerate(starts)
    ]
    rows = leases(asks)
    for at, (row, start) in enumerate(zip(rows, starts, strict=True)):
        row |= {"start_us": us(start), "number": f"98000000{at * at % lines:02}"}
    return signs(checked(notice(*asks), reply(*rows)))


def test_times_of_several_lines_that_rise_by_one_step() -> None:
    assert _timed(5, 1_234, 3_607) == {"filled-down"}
    assert _timed(4, 1_234, 3_607) == set()
    assert "filled-down" not in _timed(6, 1_234, 3_607, lines=1)
    assert "filled-down" not in _timed(9, 0, HOUR)
    assert "filled-down" in _timed(10, 0, HOUR)
