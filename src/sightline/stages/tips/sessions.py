"""Group events into sessions of one address, port and party, without a gap of more than 30 minutes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sightline.model import Party, TimeBasis
from sightline.stages.scan.hit_rows import format_timestamp
from sightline.stages.tips.ceiling import CeilingReason, list_reasons
from sightline.stages.tips.model import TipEvent

GAP_US = 30 * 60 * 1_000_000

Cell: TypeAlias = "str | int | bool | list[Cell] | dict[str, Cell] | None"


@dataclass(frozen=True, slots=True)
class SourcedEvent:
    """An event with its exhibit."""

    event: TipEvent
    exhibit_sha256: str


@dataclass(frozen=True, slots=True)
class TipDeclaration:
    """The declarations about a tip: the referring agency, the authority, the uncertainty of its clocks."""

    source: str
    authority: str
    uncertainty_s: int
    exercise: bool


@dataclass(frozen=True, slots=True)
class Session:
    """Events of one line, in the order of their times. The first of `reasons` sets the ceiling."""

    session_id: str
    events: tuple[SourcedEvent, ...]
    reasons: tuple[CeilingReason, ...]

    @property
    def first(self) -> TipEvent:
        """Return its first event."""
        return self.events[0].event


def build_sessions(events: Iterable[SourcedEvent], declared: TipDeclaration) -> list[Session]:
    """Return the sessions of the events, in the order of their first events in the input.

    Times without a zone are compared with each other only. A victim's, a recipient's or a reporter's connections are
    never in a session with those of the reported person.
    """
    groups: dict[tuple[object, ...], list[tuple[int, SourcedEvent]]] = {}
    for order, sourced_event in enumerate(events):
        event = sourced_event.event
        party = None if event.party is Party.REPORTED else event.party
        key = (event.source_ip, event.source_port, party, event.time.basis is TimeBasis.NONE)
        groups.setdefault(key, []).append((order, sourced_event))
    cut = [run for group in groups.values() for run in _split_runs(group)]
    cut.sort(key=lambda run: min(order for order, _ in run))
    return [_build_session([one for _, one in run], declared) for run in cut]


def _split_runs(group: list[tuple[int, SourcedEvent]]) -> list[list[tuple[int, SourcedEvent]]]:
    """The events cut where more than 30 minutes lie between two."""
    group.sort(key=lambda pair: (pair[1].event.time.recorded_us, pair[0]))
    runs: list[list[tuple[int, SourcedEvent]]] = []
    for pair in group:
        before = runs[-1][-1][1].event.time.recorded_us if runs else None
        if before is None or pair[1].event.time.recorded_us - before > GAP_US:
            runs.append([])
        runs[-1].append(pair)
    return runs


def _build_session(events: list[SourcedEvent], declared: TipDeclaration) -> Session:
    holding = list_reasons([sourced_event.event for sourced_event in events], exercise=declared.exercise)
    return Session(compute_session_id(declared.source, events), tuple(events), holding)


def compute_session_id(source: str, events: Sequence[SourcedEvent]) -> str:
    """Return the first 16 bytes, hex, of SHA-256 over the session's source, line and events (ADR 10)."""
    first = events[0].event
    what = {
        "source": source,
        "source_ip": first.source_ip,
        "source_port": first.source_port,
        "events": [_list_identity(sourced_event) for sourced_event in events],
    }
    text = json.dumps(what, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _list_identity(sourced_event: SourcedEvent) -> list[Cell]:
    place, time = sourced_event.event.place, sourced_event.event.time
    stands = [sourced_event.exhibit_sha256, place.member, place.sheet, place.row_number, place.byte_offset]
    return [*stands, format_time_text(time.recorded_us, time.basis)]


def format_time_text(recorded_us: int, basis: TimeBasis) -> str:
    """Return the instant in UTC, or, without a `Z`, the local time of an unknown zone."""
    text = format_timestamp(recorded_us)
    return text.removesuffix("Z") if basis is TimeBasis.NONE else text
