"""What a check names of a reply: one case for each kind of finding; the notice asks for the seconds 100 to 200."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from sightline.stages.resolve import findings, reply_check
from sightline.stages.resolve.doubts import add_vetoes, find_causes
from sightline.stages.resolve.model import FindingKind
from tests.stages.resolve.rows import asked, assigned, checked, none, notice, reply

A = "910000000001"
HOUR, DAY = 3600, 86_400
ROW, PORT = asked("r", 100, 200), asked("p", 100, 200, ip="192.0.2.20", port=20_000)
TO = asked("d", 100, 200, ip="192.0.2.30", destination_ip="203.0.113.9", destination_port=443)


def held(begins: float, ends: float, **more: Any) -> dict[str, Any]:
    return assigned(7, A, begins, ends, **more)


CASES: dict[str, tuple[dict[str, Any], set[tuple[str, int | None, str | None]]]] = {
    "fits": (held(90, 210), set()),
    "another address": (held(90, 210, ip="198.51.100.77"), {("extra", 7, None)}),
    "another time": (held(90 + 8 * DAY, 95 + 8 * DAY), {("outside-time", 7, None)}),
    "another port": (held(90, 210, ip="192.0.2.20", ports=(1, 1)), {("another-port", 7, None)}),
    "another destination": (held(90, 210, ip="192.0.2.30", destination_ip="203.0.113.1"), {("another-destination", 7,
        None)}),
    "another port of the destination": (
        held(90, 210, ip="192.0.2.30", destination_ip="203.0.113.9", destination_port=80),
        {("another-destination", 7, None)},
    ),
    "an hour late": (held(HOUR + 90, HOUR + 210), {("shifted", 7, "r")}),
    "an hour early": (held(90 - HOUR, 210 - HOUR), {("shifted", 7, "r")}),
    "in India's time": (held(5.5 * HOUR + 150, 5.5 * HOUR + 160), {("shifted", 7, "r")}),
    "by a clock of twelve hours": (held(12 * HOUR + 150, 12 * HOUR + 160), {("shifted", 7, "r")}),
    "the day after": (held(DAY + 150, DAY + 160), {("shifted", 7, "r")}),
    "an hour and a moment": (held(HOUR + 201, HOUR + 210), {("outside-time", 7, None)}),
    "an hour, within its whole minutes": (held(90 - HOUR, 95 - HOUR, end_slack_us=60_000_000), {("shifted", 7, "r")}),
    "a digit of the address": (held(90, 210, ip="192.0.2.18"), {("one-digit", 7, "r")}),
    "a digit too few": (held(90, 210, ip="192.0.2.1"), {("one-digit", 7, "r")}),
    "a digit too many": (held(90, 210, ip="192.0.2.110"), {("one-digit", 7, "r")}),
    "digits swapped": (held(90, 210, ip="129.0.2.10"), {("one-digit", 7, "r")}),
    "two digits": (held(90, 210, ip="192.0.3.18"), {("extra", 7, None)}),
    "a digit of the port": (held(90, 210, ip="192.0.2.20", ports=(20_001, 20_001)), {("one-digit", 7, "p")}),
    "a digit, and another time": (held(90 + 8 * DAY, 99 + 8 * DAY, ip="192.0.2.18"), {("extra", 7, None)}),
    "the id of another row": (held(90, 210, row_id="p"), {("contradicts", 7, "p")}),
    "an id, and another time": (held(90 + 8 * DAY, 99 + 8 * DAY, row_id="r"), {("contradicts", 7, "r")}),
    "its own id": (held(90, 210, row_id="r"), set()),
    "no records of an address": (none(7, ip="192.0.2.10"), {("no-records", 7, "r")}),
    "no records of a row": (none(7, row_id="r"), {("no-records", 7, "r")}),
    "no records of another address": (none(7, ip="192.0.2.99"), {("extra", 7, None)}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_row_is_named_for_what_it_is(name: str) -> None:
    row, wanted = CASES[name]
    found = checked(notice(ROW, PORT, TO), reply(row))
    finding_rows = set(found.findings.filter(pl.col("kind") != "missing").select("kind", "row", "row_id").rows())
    assert finding_rows == wanted
    meets = not wanted or name in {"the id of another row"} or "no-records" in {kind for kind, _, _ in wanted}
    assert (found.met.height > 0) is meets
    missing = set(found.findings.filter(kind="missing")["row_id"])
    assert missing == {"r", "p", "d"} - set(found.met["asked"])


NO_SIGNS = pl.DataFrame(schema={"reply": pl.UInt32, "kind": pl.String, "row": pl.UInt32})


def test_day_and_month_swapped() -> None:
    """The visit is of 3 April, 01:00 in India; the reply says 4 March."""
    april, march = 92 * DAY - 4.5 * HOUR, 62 * DAY - 4.5 * HOUR
    found = checked(notice(asked("r", april, april + 60)), reply(held(march - 60, march + 90)))
    assert found.findings.select("kind", "row", "row_id").rows() == [("missing", None, "r"), ("day-month", 7, "r")]


def test_a_lease_of_days_is_not_swapped_into_one_of_months() -> None:
    """From 2 March to the 6th, or the 4th; with day and month swapped, from 3 February to 3 June, or 3 April."""
    visit, mine = asked("r", 92 * DAY, 92 * DAY + 60), assigned(1, A, 91 * DAY, 95 * DAY)
    for first, last, is_doubted in ((60, 64, False), (60, 62, True)):
        other = assigned(2, "919800000002", first * DAY + 9 * HOUR, last * DAY + 3 * HOUR)
        assert checked(notice(visit), reply(mine, other)).met["is_doubted"].to_list() == [is_doubted]


def test_a_lease_of_another_whose_end_alone_would_be_swapped_gives_doubt() -> None:
    """The visit is of 5 April; another had the line from the 4th of April to the 5th, or of
    May, if those are swapped.
    """
    fourth, fifth = 93 * DAY, 94 * DAY
    visit, mine = asked("r", fifth + 20 * HOUR, fifth + 20 * HOUR + 60), assigned(1, A, fifth, fifth + DAY)
    for until, is_doubted in ((fifth - 9 * HOUR, False), (fifth + 3 * HOUR, True)):
        other = assigned(2, "919800000002", fourth, until)
        assert checked(notice(visit), reply(mine, other)).met["is_doubted"].to_list() == [is_doubted]


def test_no_records_of_all_answers_each_row() -> None:
    found = checked(notice(ROW, PORT, TO), reply(none(1), none(2)))
    assert found.counts == {FindingKind.NO_RECORDS: 3}
    assert sorted(found.met["asked"]) == ["d", "p", "r"]


def test_a_repeated_row_is_a_duplicate_and_one_row_may_meet_several_requests() -> None:
    rows = notice(ROW, asked("s", 150, 160), asked("t", 500, 600))
    found = checked(rows, reply(assigned(1, A, 0, 300), assigned(2, A, 0, 300), assigned(3, A, 0, 301)))
    assert found.counts == {FindingKind.MISSING: 1, FindingKind.DUPLICATE: 1}
    assert found.findings.filter(kind="duplicate")["row"].to_list() == [2]
    assert sorted(found.met.select("row", "asked").rows()) == [(n, row) for n in (1, 2, 3) for row in "rs"]


def test_extra_columns_are_returned_and_numbers_are_not_needed() -> None:
    sealed = reply(held(90, 210)).with_columns(pl.lit(None, pl.String).alias("number"), subscriber=pl.lit("p1"))
    found = checked(notice(ROW), sealed)
    assert found.met.select("subscriber", "asked", "is_doubted").rows() == [("p1", "r", False)]


def test_a_reply_without_rows_is_missing_all() -> None:
    for batches in ((), (reply(),)):
        assert checked(notice(ROW, PORT), *batches).counts == {FindingKind.MISSING: 2}


def test_all_are_counted_the_first_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_check, "MOST_KEPT", 10)
    rows = [held(90, 210, ip="198.51.100.77") | {"row": row} for row in range(1, 2001)]
    whole = reply(*rows)
    found = checked(notice(ROW), whole[:700], whole[700:])
    assert found.counts == {FindingKind.EXTRA: 2000, FindingKind.MISSING: 1}
    assert found.findings.filter(kind="extra")["row"].to_list() == list(range(1, 1001))


@pytest.mark.parametrize(("others", "is_doubted"), [(2, True), (3, False), (300, False)])
def test_another_at_another_hour_casts_doubt_only_where_each_row_is_an_answer(
    others: int, is_doubted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply_check, "MOST_KEPT", 1)
    rows = [held(90, 210), *(assigned(8 + at, "910000000002", HOUR + 90, HOUR + 210) for at in range(others))]
    assert checked(notice(ROW, PORT), reply(*rows)).met["is_doubted"].to_list() == [is_doubted]


def test_no_finding_shows_what_a_row_holds() -> None:
    rows = [row | {"row": at} for at, (row, _) in enumerate(CASES.values(), 1)]
    found = checked(notice(ROW, PORT, TO), reply(*rows))
    text = " ".join(found.findings["text"])
    assert found.findings.height > 15
    assert A not in text and "198.51" not in text and "192.0" not in text


def unaddressed(row: int, begins: float | None, ends: float | None, **more: Any) -> dict[str, Any]:
    return assigned(row, None, begins, ends, ip=None, **more)


def test_a_row_without_an_address_is_of_the_row_whose_id_it_repeats_or_of_every_one_that_its_time_meets() -> None:
    late = asked("late", 500, 600, ip="192.0.2.40")
    rows = notice(ROW, PORT, TO, late)
    found = checked(rows, reply(unaddressed(1, 150, 160, row_id="p")))
    assert found.met.select("asked", "ip", "number").rows() == [("p", "192.0.2.20", None)]
    found = checked(rows, reply(unaddressed(1, 150, 160)), reply(unaddressed(2, 200, None), held(90, 210)))
    assert sorted(found.met.select("asked", "row").rows()) == [("d", 1), ("late", 2), ("p", 1), ("r", 1), ("r", 7)]
    # It is no answer to any of them.
    assert found.counts == {FindingKind.MISSING: 3}


def test_the_last_ending_row_without_an_address_of_those_begun_meets_the_request() -> None:
    rows = notice(ROW, asked("early", 0, 50, ip="192.0.2.40"))
    some = [unaddressed(1, 60, 400), unaddressed(2, 70, 80), unaddressed(3, 300, 310), unaddressed(4, None, None)]
    assert checked(rows, reply(*some)).met.select("asked", "row").rows() == [("r", 1)]


def test_a_row_that_its_remark_takes_back_is_named_and_proves_nothing() -> None:
    found = checked(notice(ROW), reply(held(90, 210, doubted_by="Remarks"), assigned(8, A, 90, 210)))
    assert found.met.select("row", "is_doubted").rows() == [(7, True), (8, False)]
    assert found.findings.filter(kind="hedged").select("row", "row_id").rows() == [(7, "r")]


def test_a_row_of_another_reply_to_the_notice_casts_doubt_and_is_named_as_its_cause() -> None:
    mine, other = reply(held(90, 210)), reply(assigned(9, "919800000002", HOUR + 90, HOUR + 210))
    found = [checked(notice(ROW), table) for table in (mine, other)]
    of = [{"notice": pl.lit(1, pl.UInt32), "reply": pl.lit(at, pl.UInt32)} for at in (0, 1)]
    met = pl.concat(one.met.with_columns(**more) for one, more in zip(found, of, strict=True))
    near = pl.concat(one.near.with_columns(**more) for one, more in zip(found, of, strict=True))
    whose = near.rename({"number": "subscriber"}).drop("number_kind")
    assert not met["is_doubted"].any()
    doubted, effective = add_vetoes(met, whose)
    assert doubted.select("row", "doubts", "is_doubted").rows() == [(7, ["shifted"], True)]
    causes = find_causes(doubted, effective, NO_SIGNS)
    assert causes.select("row_id", "reply", "row", "kind", "by_us").rows() == [
        ("r", 1, 9, "shifted", -HOUR * 1_000_000)
    ]
    same = whose.with_columns(subscriber=pl.lit(A))
    assert not add_vetoes(met, same)[0]["is_doubted"].any()


def test_the_sign_of_a_file_is_caused_by_the_row_that_shows_it() -> None:
    doubts = [["ends-before-start"], ["ends-before-start"], ["window-repeated", "column:Remarks"]]
    met = pl.DataFrame(
        {"notice": [1] * 3, "asked": ["a", "b", "c"], "reply": [0, 0, 1], "row": [7, 8, 9], "doubts": doubts},
        schema_overrides={"notice": pl.UInt32, "reply": pl.UInt32, "row": pl.UInt32},
    )
    near = pl.DataFrame(schema={"notice": pl.UInt32, "row_id": pl.String, "reply": pl.UInt32, "row": pl.UInt32}
                        | {"kind": pl.String, "by_us": pl.Int64})  # fmt: skip
    rows = [(0, "ends-before-start", 3), (0, "ends-before-start", 8), (1, "durations", 2)]
    signs = pl.DataFrame(rows, schema=NO_SIGNS.schema, orient="row")
    causes = find_causes(met, near, signs)
    assert causes.select("row_id", "row").rows() == [("a", 3), ("b", 8), ("c", 9), ("c", 9)]


def test_a_veto_holds_for_all_rows_not_for_the_first_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "MOST_NAMED", 3)
    rows = [asked(f"r{at}", 100, 200, ip=f"192.0.2.{at}") for at in range(9)]
    mine = [assigned(at, f"91{at}", 90, 210, ip=f"192.0.2.{at}") for at in range(9)]
    others = [assigned(20 + at, f"92{at}", HOUR + 90, HOUR + 210, ip=f"192.0.2.{at}") for at in range(9)]
    found = checked(notice(*rows), reply(*mine, *others))
    assert found.met["is_doubted"].all()
    assert found.near.height == 9


def test_earlier_and_later_holders_veto_nobody_when_visits_are_asked_one_by_one() -> None:
    rows = [
        asked(f"r{at}-{n}", 100 + n, 101 + n, ip=f"192.0.2.{at}", session_id=f"s{at}")
        for at in range(3)
        for n in range(9)
    ]
    hour = HOUR + 7  # to the second, an hour would be a row written again
    given = [
        assigned(
            3 * at + place, f"91{at}{place}", 90 - at + step * hour, 210 + at + step * (hour + 1), ip=f"192.0.2.{at}"
        )
        for at in range(3)
        for place, step in enumerate((-1, 0, 1))
    ]
    assert not checked(notice(*rows), reply(*given)).met["is_doubted"].any()
