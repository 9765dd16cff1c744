"""What rows say of a session, sessions of a lead, and leads of a subscriber."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from sightline.stages.resolve.candidates import apply_narrowing, intersect_candidates
from sightline.stages.resolve.corroboration import corroborate_subscribers
from sightline.stages.resolve.model import FORM, VERDICTS
from sightline.stages.resolve.sessions import split_sessions, sum_parts
from tests.stages.resolve.rows import us

SUBSCRIBER, CANDIDATES, CONFLICT, NONE = "subscriber", "candidates", "conflict", "none"
Said = tuple[str, list[str], list[str]]
A: Said = (SUBSCRIBER, ["a"], ["covered"])
A_UNSEALED: Said = (SUBSCRIBER, ["a"], ["covered", "without-certificate"])
B: Said = (SUBSCRIBER, ["b"], ["covered"])
A_PART: Said = (CANDIDATES, ["a"], ["part-only"])
B_PART: Said = (CANDIDATES, ["b"], ["lost-stop"])
BOTH: Said = (CONFLICT, ["a", "b"], ["overlapping"])
UNANSWERED: Said = (NONE, [], ["not-answered"])
NO_RECORDS: Said = (NONE, [], ["no-records"])


def row(answer: Said, row_id: str, session: str = "s", **more: Any) -> dict[str, Any]:
    verdict, subscribers, why = answer
    usual = {"notice": 1, "session_id": session, "lead_id": "lead", "holders": len(subscribers), "near": []}
    usual |= {"assignments": [], "is_certified": True}
    return usual | {"row_id": row_id, "verdict": verdict, "subscribers": subscribers, "why": why} | more


def answered(*visits: list[dict[str, Any]], port: int | None = None, **session: Any) -> pl.DataFrame:
    """PARTS of sessions (`s` unless the rows say another), each visit with the rows that ask about it."""
    rows = [one for some in visits for one in some]
    answers = pl.DataFrame(rows, VERDICTS).with_row_index("answer")
    links = [(at, rows.index(one)) for at, some in enumerate(visits) for one in some]
    usual = {"lead_id": "lead", "licensee_id": "isp", "ip": "192.0.2.1", "asks": "port", "uncertainty_s": 0}
    usual |= {"protocol": None, "destination_ip": None, "destination_port": None} | session
    seen = [
        {"session_id": some[0]["session_id"] if some else "s", "port": port}
        | dict.fromkeys(("t_us", "from_us", "until_us"), us(at))
        | usual
        for at, some in enumerate(visits)
    ]
    kinds = {"port": pl.UInt16, "protocol": pl.String, "destination_ip": pl.String, "destination_port": pl.UInt16}
    schema = {"visit": pl.UInt32, "answer": pl.UInt32}
    return split_sessions(
        pl.DataFrame(seen, schema_overrides=kinds), answers, pl.DataFrame(links, schema, orient="row")
    )[0]


def part(*rows: dict[str, Any]) -> Said:
    """What rows that all ask about one visit say of it."""
    verdict, subscribers, why = answered(list(rows)).select("verdict", "subscribers", "why").row(0)
    return verdict, subscribers, why


def session(*visits: list[dict[str, Any]]) -> tuple[str, list[str], list[str], int, int]:
    """What visits say of their session, each by its rows; how many there are, and how many are named."""
    parts = answered(*visits)
    frame = sum_parts(parts, pl.DataFrame({"session_id": ["s"], "lead_id": ["lead"]}))
    verdict, subscribers, why, *counts = frame.select(*"verdict subscribers why visits visits_named".split()).row(0)
    return verdict, subscribers, why, *counts


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([A], A),
        ([A, A], A),
        ([A, A_UNSEALED], A_UNSEALED),
        ([A, B], (CONFLICT, ["a", "b"], ["overlapping"])),
        ([A, B_PART], (CONFLICT, ["a", "b"], ["overlapping", "lost-stop"])),
        ([A, A_PART], (CANDIDATES, ["a"], ["part-only"])),
        # A row of another notice that was not answered says nothing.
        ([A, UNANSWERED], A),
        ([A, NO_RECORDS], (CANDIDATES, ["a"], ["no-records", "rows-missing"])),
        ([A, BOTH], (CONFLICT, ["a", "b"], ["overlapping"])),
        ([NO_RECORDS, UNANSWERED], NO_RECORDS),
        ([UNANSWERED], UNANSWERED),
    ],
)
def test_all_rows_that_ask_about_a_visit_must_say_the_same_one(rows: list[Said], wanted: Said) -> None:
    assert part(*(row(answer, f"r{at}", notice=at) for at, answer in enumerate(rows))) == wanted


@pytest.mark.parametrize("port", [None, 40000])
def test_the_times_of_a_part_say_which_visits_are_its_own(port: int | None) -> None:
    parts = answered([row(A, "r0")], [row(A, "r0")], [row(BOTH, "r1")], [row(A, "r0")], port=port)
    assert parts.select("visits", "verdict", "first_us", "last_us").rows() == [
        (2, SUBSCRIBER, us(0), us(1)),
        (1, CONFLICT, us(2), us(2)),
        (1, SUBSCRIBER, us(3), us(3)),
    ]


def test_a_visit_that_no_row_asks_about_is_nobodys() -> None:
    parts = answered([row(A, "r0")], [], [row(A, "r1")], [])
    assert parts.select("part", "visits", "verdict", "why", "row_ids").rows() == [
        (0, 1, SUBSCRIBER, ["covered"], ["r0"]),
        (1, 1, NONE, ["not-asked"], []),
        (2, 1, SUBSCRIBER, ["covered"], ["r1"]),
        (3, 1, NONE, ["not-asked"], []),
    ]


@pytest.mark.parametrize(
    ("visits", "wanted"),
    [
        ([A, A], (*A, 2, 2)),
        ([A, B], (CANDIDATES, ["a", "b"], ["rows-differ"], 2, 2)),
        ([A, A_PART], (CANDIDATES, ["a"], ["part-only", "visits-not-covered"], 2, 1)),
        ([A, UNANSWERED], (CANDIDATES, ["a"], ["not-answered", "rows-missing", "visits-not-covered"], 2, 1)),
        ([A, None], (CANDIDATES, ["a"], ["not-asked", "visits-not-covered"], 2, 1)),
        ([A, BOTH], (CONFLICT, ["a", "b"], ["overlapping", "visits-not-covered"], 2, 1)),
        ([A, B_PART], (CANDIDATES, ["a", "b"], ["lost-stop", "visits-not-covered"], 2, 1)),
        ([NO_RECORDS, UNANSWERED], (NONE, [], ["no-records", "not-answered"], 2, 0)),
        ([NO_RECORDS, None], (NONE, [], ["no-records", "not-asked"], 2, 0)),
    ],
)
def test_a_line_is_named_for_a_session_only_where_it_made_all_visits(
    visits: list[Said | None], wanted: tuple[object, ...]
) -> None:
    rows = [[] if answer is None else [row(answer, f"r{at}")] for at, answer in enumerate(visits)]
    assert session(*rows) == wanted


def lead(*sets: tuple[str, list[str], list[str]], stated: int | None = None) -> pl.DataFrame:
    """Sessions of a lead: address, candidates, and what else is said of the answer."""
    rows = [
        [row((CANDIDATES if names else NONE, names, (["by-destination"] if names else []) + why), f"r{at}", f"s{at}")]
        for at, (_, names, why) in enumerate(sets)
    ]
    facts = {"session_id": [f"s{at}" for at in range(len(sets))], "source_ip": [ip for ip, _, _ in sets]}
    asked_of = pl.DataFrame(facts).with_columns(
        pl.lit("lead").alias("lead_id"), pl.lit(stated, pl.UInt32).alias("candidates")
    )
    return sum_parts(answered(*rows, asks="destination"), asked_of)


def names(*numbers: int) -> list[str]:
    return [f"n{number:03}" for number in numbers]


def test_candidates_under_different_addresses_are_intersected() -> None:
    first, second, third = names(1, 2, 3, 4), names(1, 2, 5), names(1, 6)
    found = lead(("192.0.2.1", first, []), ("192.0.2.2", second, []), ("192.0.2.3", third, []), stated=100)
    one = intersect_candidates(found).row(0, named=True)
    assert one["subscribers"] == names(1)
    assert one["survivors_by_chance"] == pytest.approx(2 * 3 / 100 * 4 / 100)
    left = apply_narrowing(found, intersect_candidates(found))
    assert left["subscribers"].to_list() == [names(1)] * 3
    assert left["verdict"].to_list() == [CANDIDATES] * 3
    assert left["holders"].to_list() == [1] * 3


def test_the_population_is_never_less_than_the_numbers_seen() -> None:
    for stated in (None, 3):
        found = lead(("192.0.2.1", names(1, 2, 3), []), ("192.0.2.2", names(3, 4), []), stated=stated)
        assert intersect_candidates(found)["survivors_by_chance"].item() == pytest.approx(2 * 3 / 4)


def test_one_address_narrows_nothing() -> None:
    one = intersect_candidates(lead(("192.0.2.1", names(1, 2), []), ("192.0.2.1", names(2, 3), []))).row(0, named=True)
    assert (one["subscribers"], one["survivors_by_chance"]) == (names(1, 2, 3), pytest.approx(3))


@pytest.mark.parametrize("doubt", ["names-nobody", "not-answered", "no-records"])
def test_a_session_that_may_lack_the_visitor_is_left_out_and_named(doubt: str) -> None:
    found = lead(("192.0.2.1", names(1, 2), []), ("192.0.2.2", names(2), [doubt]), ("192.0.2.3", [], ["no-records"]))
    one = intersect_candidates(found).row(0, named=True)
    assert (one["subscribers"], one["used"], one["left_out"]) == (names(1, 2), ["s0"], ["s1", "s2"])


def test_candidates_above_the_cap_are_counted_and_not_listed() -> None:
    for many, left in ((20, names(*range(20))), (21, [])):
        found = lead(("192.0.2.1", names(*range(many)), []))
        one = apply_narrowing(found, intersect_candidates(found)).row(0, named=True)
        assert (one["holders"], one["subscribers"], "over-cap" in one["why"]) == (many, left, many > 20)


PHONE = {"msisdn": "1", "imsi": "2", "imei": "3", "cell": "4", "application_form": "5"}
HOME = {"installation_address": "1 Hill Road"}


def standing(
    *named: tuple[int, str, float, float | None, bool],
    form: dict[str, str] | None = HOME,
    kind: str = "circuit",
    **more: bool,
) -> tuple[str, list[str]]:
    """Resolutions of one subscriber: notice, session, start and end of the assignment, whether certified."""
    rows, met = [], []
    for at, (number, of, begins, ends, certified) in enumerate(named):
        place = (number << 32) + at
        rows.append(row(A, f"r{at}", of, notice=number, assignments=[place], is_certified=certified))
        end_us = None if ends is None else us(ends)
        met.append((number, "a", number, at, us(begins), end_us, 0, 0))
    columns = "notice subscriber reply row start_us end_us start_slack_us end_slack_us".split()
    facts = {"subscriber": "a", "number_kind": kind, "is_certified": True, "from_us": us(-9_000)}
    forms = [] if form is None else [{**facts, **form, **more}]
    schema = {"subscriber": pl.String, "number_kind": pl.String, "is_certified": pl.Boolean, "from_us": pl.Int64}
    schema |= dict.fromkeys(FORM, pl.String)
    types = {"notice": pl.UInt32, "reply": pl.UInt32, "row": pl.UInt32}
    held = pl.DataFrame(met, schema=columns, orient="row", schema_overrides=types | {"end_us": pl.Int64})
    found = corroborate_subscribers(pl.DataFrame(rows, VERDICTS), held, pl.DataFrame(forms, schema))
    one = found.row(0, named=True)
    return one["standing"], one["lacks"]


FIRST, SECOND = (1, "s", 0.0, 100.0, True), (2, "t", 200.0, 300.0, True)


def test_two_leases_two_notices_and_a_form_corroborate() -> None:
    assert standing(FIRST, SECOND) == ("corroborated", [])
    assert standing(FIRST, SECOND, form=PHONE, kind="msisdn") == ("corroborated", [])


@pytest.mark.parametrize(
    ("second", "lacks"),
    [
        ((2, "t", 101.0, 300.0, True), "one-lease"),
        ((2, "t", 50.0, 60.0, True), "one-lease"),
        ((2, "t", -50.0, None, True), "one-lease"),
        ((1, "t", 200.0, 300.0, True), "one-notice"),
        ((2, "t", 200.0, 300.0, False), "without-certificate"),
    ],
)
def test_without_any_of_these_it_is_consistent(second: tuple[int, str, float, float | None, bool], lacks: str) -> None:
    assert standing(FIRST, second) == ("consistent", [lacks])


def test_a_lease_that_goes_on_through_others_is_one() -> None:
    assert standing(FIRST, (2, "t", 100.5, 200.0, True), (3, "u", 201.0, 300.0, True)) == ("consistent", ["one-lease"])


def test_one_session_asked_twice_is_one() -> None:
    assert standing(FIRST, (2, "s", 0.0, 100.0, True)) == ("named", ["one-session"])
    assert standing(FIRST, (2, "s", 200.0, 300.0, True)) == ("named", ["one-session"])


def test_the_form_must_be_whole_and_certified() -> None:
    assert standing(FIRST, SECOND, form=None) == ("consistent", ["no-form"])
    assert standing(FIRST, SECOND, form={"installation_address": " "}) == ("consistent", ["form-incomplete"])
    for lacking in PHONE:
        assert standing(FIRST, SECOND, form=PHONE | {lacking: ""}, kind="msisdn") == ("consistent", ["form-incomplete"])
    assert standing(FIRST, SECOND, form=HOME, kind="imsi") == ("consistent", ["form-incomplete"])
    assert standing(FIRST, SECOND, is_certified=False) == ("consistent", ["form-without-certificate"])


def corroboration(
    spans: Sequence[tuple[int, float, float]], forms: Sequence[tuple[float | None, float | None]], **more: Any
) -> tuple[str, list[str]]:
    """Resolutions of one subscriber (notice, start and end of its lease), and from when until when each form holds."""
    rows = [
        row(A, f"r{at}", f"s{at}", notice=number, assignments=[(number << 32) + at], is_certified=True)
        for at, (number, _, _) in enumerate(spans)
    ]
    columns = "notice subscriber reply row start_us end_us start_slack_us end_slack_us".split()
    met = [(number, "a", number, at, us(begins), us(ends), 0, 0) for at, (number, begins, ends) in enumerate(spans)]
    held = pl.DataFrame(met, {name: pl.Int64 if name != "subscriber" else pl.String for name in columns}, orient="row")
    known = [
        {"subscriber": "a", "number_kind": "circuit", "is_certified": True, **HOME}
        | {"from_us": None if begins is None else us(begins), "until_us": None if ends is None else us(ends)}
        for begins, ends in forms
    ]
    schema = {**dict.fromkeys(("subscriber", "number_kind", *FORM), pl.String), "is_certified": pl.Boolean}
    schema |= {"from_us": pl.Int64, "until_us": pl.Int64}
    parts = pl.DataFrame(
        [{"first_us": us(begins), "last_us": us(ends), "subscribers": ["a"]} for _, begins, ends in spans]
    )
    exports = more.get("exports")
    exports_table = (
        None if exports is None else pl.DataFrame({"reply": list(exports), "export": list(exports.values())})
    )
    found = corroborate_subscribers(
        pl.DataFrame(rows, VERDICTS), held, pl.DataFrame(known, schema), parts, exports_table
    )
    one = found.row(0, named=True)
    return one["standing"], one["lacks"]


TWO: list[tuple[int, float, float]] = [(1, 0, 100), (2, 5_000, 5_100)]


def test_a_form_names_only_for_the_time_that_it_holds() -> None:
    assert corroboration(TWO, [(None, None)]) == ("consistent", ["form-without-date"])
    assert corroboration(TWO, [(None, 6_000)]) == ("consistent", ["form-without-date"])
    assert corroboration(TWO, [(0, None)]) == ("corroborated", [])
    assert corroboration(TWO, [(0, 5_101)]) == ("corroborated", [])
    assert corroboration(TWO, [(None, 5_100)]) == ("named", ["form-of-another-time"])
    assert corroboration(TWO, [(1, None)]) == ("named", ["form-of-another-time"])
    assert corroboration(TWO, [(9_000, None)]) == ("named", ["form-of-another-time"])


def test_visits_of_two_holders_of_one_number_are_never_one_subscribers() -> None:
    assert corroboration(TWO, [(None, 1_000), (1_000, None)]) == ("named", ["two-holders"])
    assert corroboration(TWO, [(0, 6_000), (6_000, None)]) == ("corroborated", [])


def test_one_export_under_two_notices_corroborates_nothing() -> None:
    assert corroboration(TWO, [(0, None)], exports={1: 1, 2: 1}) == ("consistent", ["same-export"])
    assert corroboration(TWO, [(0, None)], exports={1: 1, 2: 2}) == ("corroborated", [])
    three = [*TWO, (3, 9_000.0, 9_100.0)]
    assert corroboration(three, [(0, None)], exports={1: 1, 2: 1, 3: 3}) == ("corroborated", [])


def test_one_row_pasted_twice_is_one_lease() -> None:
    pasted = [(1, 0.0, 100.0), (2, 0.0, 100.0)]
    assert corroboration(pasted, [(0, None)]) == ("consistent", ["one-lease"])
