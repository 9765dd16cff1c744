"""Sessions and their ceilings: the table of attribution, as far as a tip can tell; identities by golden vectors."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.model import Ceiling, Party, TimeBasis
from sightline.stages.tabular.table_rows import RowPlace
from sightline.stages.tips.ceiling import CeilingRule, list_reasons
from sightline.stages.tips.model import TipEvent, TipTime
from sightline.stages.tips.sessions import SourcedEvent, TipDeclaration, build_sessions, compute_session_id

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "tip_sessions.json").read_text())
EXERCISE = TipDeclaration("S", "A", 900, exercise=True)
MINUTE_US = 60_000_000


def at(minute: float, **fields: object) -> TipEvent:
    time = TipTime(1_780_660_800_000_000 + round(minute * MINUTE_US), "text", TimeBasis.RECORD)
    event = TipEvent(RowPlace(byte_offset=int(minute * 100)), time, "203.0.113.9", 51234)
    return replace(event, **fields)  # type: ignore[arg-type]


def cut(*events: TipEvent) -> list[list[int]]:
    sessions = build_sessions([SourcedEvent(event, "0" * 64) for event in events], EXERCISE)
    return [[(event.event.place.byte_offset or 0) // 100 for event in session.events] for session in sessions]


def test_thirty_minutes_are_no_gap_and_a_microsecond_more_is() -> None:
    assert cut(at(0), at(30), at(60)) == [[0, 30, 60]]
    assert cut(at(0), replace(at(30), time=replace(at(30).time, recorded_us=at(30).time.recorded_us + 1))) == [
        [0],
        [30],
    ]
    assert cut(at(60), at(0), at(30)) == [[0, 30, 60]]


def test_events_of_different_lines_are_different_sessions() -> None:
    assert cut(at(0), at(1, source_port=51235), at(2, source_ip="203.0.113.8")) == [[0], [1], [2]]
    assert cut(at(0), at(1, source_port=None)) == [[0], [1]]
    unproven = replace(at(1), time=replace(at(1).time, basis=TimeBasis.NONE))
    assert cut(at(0), unproven) == [[0], [1]]
    assert cut(at(0, party=Party.REPORTED), at(1, party=Party.VICTIM), at(2)) == [[0, 2], [1]]


RULE = CeilingRule
TABLE: list[tuple[dict[str, object], Ceiling, list[CeilingRule]]] = [
    ({}, Ceiling.SUBSCRIBER, [RULE.PORT_AND_TIME]),
    ({"source_port": None}, Ceiling.SHARED, [RULE.NO_SOURCE_PORT]),
    ({"source_ip": "100.64.0.1"}, Ceiling.SHARED, [RULE.INSIDE_ADDRESS]),
    ({"source_ip": "192.168.0.1"}, Ceiling.SHARED, [RULE.INSIDE_ADDRESS]),
    ({"source_ip": "240.0.0.1"}, Ceiling.SHARED, [RULE.ADDRESS_OF_NOBODY]),
    ({"is_peer_to_peer": True}, Ceiling.CONNECTION_ONLY, [RULE.PEER_TO_PEER]),
    ({"is_peer_to_peer": True, "received_bytes": 9}, Ceiling.CONNECTION_ONLY, [RULE.PEER_TO_PEER]),
    (
        {"is_peer_to_peer": True, "received_bytes": 9, "digests": (("sha1", "0" * 40),)},
        Ceiling.SUBSCRIBER,
        [RULE.PORT_AND_TIME],
    ),
    ({"is_possible_proxy": True, "source_port": None}, Ceiling.RELAY, [RULE.POSSIBLE_PROXY, RULE.NO_SOURCE_PORT]),
    (
        {
            "is_possible_proxy": True,
            "is_peer_to_peer": True,
            "time": TipTime(0, "", TimeBasis.NONE),
            "source_ip": "10.0.0.1",
        },
        Ceiling.RELAY,
        [RULE.POSSIBLE_PROXY, RULE.ZONE_UNDECLARED, RULE.PEER_TO_PEER, RULE.INSIDE_ADDRESS],
    ),
    ({"time": TipTime(0, "", TimeBasis.NONE)}, Ceiling.TIME_UNPROVEN, [RULE.ZONE_UNDECLARED]),
    ({"time": TipTime(0, "", TimeBasis.DECLARED)}, Ceiling.SUBSCRIBER, [RULE.PORT_AND_TIME]),
]


@pytest.mark.parametrize(("fields", "ceiling", "rules"), TABLE)
def test_the_table_of_ceilings(fields: dict[str, object], ceiling: Ceiling, rules: list[CeilingRule]) -> None:
    reasons = list_reasons([at(0, **fields)], exercise=True)
    assert reasons[0].ceiling is ceiling
    assert [reason.rule for reason in reasons] == rules
    # The order of the table: the first names it.
    assert [list(Ceiling).index(reason.ceiling) for reason in reasons] == sorted(
        list(Ceiling).index(reason.ceiling) for reason in reasons
    )


def test_one_event_of_a_proxy_lowers_the_session() -> None:
    assert list_reasons([at(0), at(1, is_possible_proxy=True)], exercise=True)[0].ceiling is Ceiling.RELAY


def test_documentation_addresses_are_nobodys_but_in_an_exercise() -> None:
    assert list_reasons([at(0)], exercise=False)[0].rule is RULE.ADDRESS_OF_NOBODY
    assert list_reasons([at(0)], exercise=True)[0].ceiling is Ceiling.SUBSCRIBER


@pytest.mark.parametrize("vector", VECTORS)
def test_identities_are_those_of_the_vectors(vector: dict[str, object]) -> None:
    listed = vector["events"]
    assert isinstance(listed, list)
    found = []
    for one in listed:
        place = RowPlace(one["member"], one["sheet"], one["row_number"], one["byte_offset"])
        time = TipTime(one["recorded_us"], "any text", TimeBasis(one["zone_from"]))
        event = TipEvent(place, time, str(vector["source_ip"]), vector["source_port"])  # type: ignore[arg-type]
        found.append(SourcedEvent(event, one["exhibit_sha256"]))
    assert compute_session_id(str(vector["source"]), found) == vector["session_id"]
