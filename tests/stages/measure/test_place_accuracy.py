"""What counts as a measurement of a data set of places, and from when on it is not believed."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from sightline.stages.enrich.independence import DataSetPair
from sightline.stages.enrich.muted_datasets import Mute
from sightline.stages.measure.place_accuracy import (
    ANSWERS,
    MEASURED,
    count_agreements,
    find_mutes,
    measure_accuracy,
    measure_by_outcomes,
    measure_by_replies,
    select_independent_pairs,
)
from sightline.stages.resolve.model import NAMED, SESSIONS

Row = dict[str, Any]
ANSWER: Row = {"isp": "Alpha", "line": "fixed", "dataset": "one", "state": "IN-KL", "district": "Thrissur"}


def answer(session: int | str, **more: Any) -> Row:
    ids = {"session_id": str(session), "lead_id": str(session), "ip": f"203.0.{session}.9", "first_us": 0}
    return ANSWER | ids | more


def measured(answers: list[Row], lines: dict[str, Row] | None = None, **verdicts: str) -> pl.DataFrame:
    """The measurements of sessions, each of a line of its own in Thrissur, unless `lines` says otherwise."""
    ids = list(dict.fromkeys(one["session_id"] for one in answers))
    places: Row = {"installation_state": "KERALA", "installation_district": "Thrissur Dist.", "number_kind": "circuit"}
    named = {f"line {id_}": places for id_ in ids} | {
        one: places | places_of_line for one, places_of_line in (lines or {}).items()
    }
    of = {
        id_: next(
            (name for name, places_of_line in (lines or {}).items() if id_ in places_of_line.get("of", ())),
            f"line {id_}",
        )
        for id_ in ids
    }
    sessions = [
        {"session_id": id_, "lead_id": id_, "verdict": verdicts.get(f"s{id_}", "subscriber"), "subscribers": [of[id_]]}
        for id_ in ids
    ]
    subscribers = [
        {"subscriber": one} | {name: places_of_line[name] for name in places} for one, places_of_line in named.items()
    ]
    return measure_by_replies(frame(sessions, SESSIONS), frame(subscribers, NAMED), frame(answers, ANSWERS))


def frame(rows: list[Row], schema: Any) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def counts(found: pl.DataFrame) -> list[tuple[Any, ...]]:
    return (
        measure_accuracy(found)
        .select("dataset", "isp", "state_n", "state_right", "district_n", "district_right")
        .rows()
    )


def test_states_and_districts_are_held_against_the_form_however_it_spells_them() -> None:
    found = measured([answer(1), answer(2, state="IN-TN"), answer(3, district="Kochi"), answer(4, district=None)])
    assert counts(found) == [("one", "Alpha", 4, 3, 3, 1)]


def test_only_fixed_lines_that_one_subscriber_held_count() -> None:
    answers = [answer(1), answer(2, line="mobile"), answer(3, line=None), answer(4, line=None), answer(5), answer(6)]
    lines = {"line 4": {"number_kind": "msisdn"}, "line 6": {"installation_state": "Atlantis"}}
    assert counts(measured(answers, lines, s5="candidates")) == [("one", "Alpha", 2, 2, 2, 2)]


def test_an_answer_too_wide_for_a_state_or_a_district_measures_none() -> None:
    assert counts(measured([answer(1, radius_km=51), answer(2, radius_km=201), answer(3, state=None)])) == [
        ("one", "Alpha", 1, 1, 0, 0)
    ]


def test_a_busy_line_counts_once_in_an_area_and_its_newest_session_speaks() -> None:
    busy = [answer(at, ip=f"203.0.7.{at}", first_us=at, state="IN-TN") for at in range(30)]
    busy += [answer(30, ip="203.0.7.30", first_us=30), answer(31, ip="203.0.8.1", first_us=31)]
    busy += [answer(at, ip=f"2001:db8::{at}", first_us=at) for at in (32, 33)]
    whose = {"busy": {"of": {one["session_id"] for one in busy}}}
    assert counts(measured(busy, whose)) == [("one", "Alpha", 3, 3, 3, 3)]


def outcomes(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"lead_id": pl.String, "kind": pl.String}, orient="row")


def test_an_outcome_measures_the_state_that_two_data_sets_named() -> None:
    answers = [answer(lead, dataset=name) for lead in (1, 2, 3, 4) for name in ("one", "two")]
    answers[5]["state"], answers[7]["state"] = "IN-TN", None
    outcome_kinds = [
        ("1", "wrong-place"),
        ("1", "confirmed-by-forensics"),
        ("2", "confirmed-by-forensics"),
        ("2", "innocent"),
    ]
    outcome_kinds += [("3", "wrong-place"), ("4", "wrong-place")]
    found = measure_by_outcomes(outcomes(*outcome_kinds), frame(answers, ANSWERS))
    assert counts(found) == [(name, "Alpha", 2, 1, 0, 0) for name in ("one", "two")]


@pytest.mark.parametrize(("right", "of", "muted"), [(5, 20, True), (6, 20, False), (0, 19, False), (9, 30, True)])
def test_a_data_set_is_muted_from_twenty_on_if_its_upper_bound_is_below_a_half(
    right: int, of: int, muted: bool
) -> None:
    rows = [
        {"dataset": "one", "isp": isp, "line_id": str(at), "area": "", "session_id": str(at), "first_us": 0}
        | {"is_state": at < right, "is_district": None}
        for at in range(of)
        for isp in ("Alpha", None)
    ]
    assert find_mutes(measure_accuracy(frame(rows, MEASURED))) == ((Mute("one", "Alpha", "state"),) if muted else ())


def test_two_data_sets_are_measured_where_both_name_one_place_and_one_that_differs_counts_for_neither() -> None:
    alike = [answer(at, dataset=name) for at in range(4) for name in ("two", "one")]
    apart = [answer(9, dataset="one", state="IN-TN"), answer(9, dataset="two", state="IN-KL")]
    wrong = [answer(5, dataset=name, state="IN-TN", district="Kochi") for name in ("one", "two")]
    agreed = count_agreements(measured([*alike, *apart, *wrong]))
    assert agreed.select("first", "second", "isp", "level", "n", "right").rows() == [
        ("one", "two", "Alpha", "district", 5, 4),
        ("one", "two", "Alpha", "state", 5, 4),
    ]
    assert not select_independent_pairs(agreed)


@pytest.mark.parametrize(("right", "of", "counts"), [(34, 34, False), (35, 35, True), (98, 99, False), (99, 100, True)])
def test_an_agreement_counts_from_enough_places_of_which_one_in_a_hundred_was_wrong(
    right: int, of: int, counts: bool
) -> None:
    rows = [
        {"dataset": name, "isp": "Alpha", "line_id": str(at), "area": "", "session_id": str(at), "first_us": 0}
        | {"state": "IN-KL", "is_state": at < right}
        for at in range(of)
        for name in ("one", "two")
    ]
    found = select_independent_pairs(count_agreements(frame(rows, MEASURED)))
    assert found == ((DataSetPair("one", "two", "Alpha", "state"),) if counts else ())


def test_a_busy_line_measures_two_data_sets_once() -> None:
    busy = [answer(at, ip=f"203.0.7.{at}", dataset=name) for at in range(40) for name in ("one", "two")]
    whose = {"busy": {"of": {one["session_id"] for one in busy}}}
    assert count_agreements(measured(busy, whose))["n"].to_list() == [1, 1]
