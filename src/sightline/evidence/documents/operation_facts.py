"""Plain values for an operation's report, as `document_facts.py` has them for certificates. No name, no address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sightline.evidence.documents.document_facts import LedgerFacts, ProgramFacts

MOST_EVENTS = 500
"""Events printed in a report, the last ones. All events are counted."""


@dataclass(frozen=True, slots=True)
class CountFacts:
    """A count for a bar. `share` is its part of the largest count beside it, from `0` to `1`."""

    key: str
    count: int
    share: str


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """Leads of a place. `key` is a state's code or a key for no state; `line`, `many`, `other` count by ceiling."""

    key: str
    count: int
    share: str
    line: int
    many: int
    other: int


@dataclass(frozen=True, slots=True)
class ShadeFacts:
    """A shade of the map, and its range of counts. `most` None is no bound."""

    colour: str
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class HappenedFacts:
    """The number of events of each kind in a state, in the order of kinds."""

    state: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EventFacts:
    """One event: its day, kind, place, count, and document. `lead` is the beginning of an id."""

    on: str
    kind: str
    state: str
    district: str | None
    count: int
    lead: str | None
    why: str


@dataclass(frozen=True, slots=True)
class RateFacts:
    """Measured precision of the reasons for leads.

    Counts, and shares as `0.8` and in percent; None if there are too few.
    """

    of: str
    name: str
    confirmed: int
    innocent: int
    wrong: int
    no_result: int
    judged: int
    share: str | None
    low: str | None
    high: str | None
    percent: str | None
    low_percent: str | None
    high_percent: str | None


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """All facts of the report of an operation.

    `bar_days`: the days in one bar of `days`; `missing`: states without a figure on the map.
    """

    name: str
    why: str
    unit: str
    begun_on: str
    closed_on: str | None
    closed_why: str | None
    is_exercise: bool
    made_by: str
    generation: str
    leads: int
    lost: int
    named: int
    stages: tuple[CountFacts, ...]
    closed_for: tuple[CountFacts, ...]
    ceilings: tuple[CountFacts, ...]
    places: tuple[PlaceFacts, ...]
    shades: tuple[ShadeFacts, ...]
    missing: tuple[CountFacts, ...]
    happened: tuple[CountFacts, ...]
    happened_in: tuple[HappenedFacts, ...]
    days: tuple[CountFacts, ...]
    bar_days: int
    events: tuple[EventFacts, ...]
    event_count: int
    outcomes: tuple[CountFacts, ...]
    rates: tuple[RateFacts, ...]
    ledger: LedgerFacts | None
    program: ProgramFacts
    made_at_utc: datetime

    @property
    def is_cut(self) -> bool:
        """Return whether there are more events than are printed."""
        return len(self.events) < self.event_count
