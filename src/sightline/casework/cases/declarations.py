"""Declarations about single exhibits and sources: clocks, trusted proxies, and the meaning of times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sightline.casework.input_checks import require_reason, require_words
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.append import encode_canonical
from sightline.ledger.verbs import Verb
from sightline.model.times import UNITS, TimeIs
from sightline.stages.scan.options import AddressRange, Drift
from sightline.stages.scan.proxies import parse_proxy_ranges
from sightline.storage.rows import Declaration
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id

CLOCK, PROXIES, TIMES = "clock", "trusted-proxies", "request-times"
LONGEST_OFFSET_US = 10**16


@dataclass(frozen=True, slots=True)
class ExhibitClock:
    """The comparison of an exhibit's clock: at one or two instants, with offsets (recorded minus true time).

    `compared`: `(true_us, offset_us)` in order of time. Empty: the clock is as its source declares.
    """

    declaration_id: str
    compared: tuple[tuple[int, int], ...]
    uncertainty_s: int
    measured: str

    @property
    def offset_us(self) -> int:
        """Return the offset of a clock that was compared once."""
        return self.compared[0][1] if len(self.compared) == 1 else 0

    @property
    def drift(self) -> Drift | None:
        """Return the two comparisons by the clock's own time, or None for a clock that was compared once."""
        if len(self.compared) != 2:
            return None
        (first, before), (second, after) = self.compared
        return (first + before, before), (second + after, after)


def declare_clock(
    officer_session: OfficerSession,
    exhibit_id: str,
    compared: Sequence[tuple[int, int]],
    uncertainty_s: int,
    measured: str,
) -> Declaration:
    """Declare how an exhibit's clock was compared, replacing any earlier declaration. Raises UsageError.

    Without comparisons, its source's clock applies again. Runs that were read by another clock are no longer current.
    """
    ordered = sorted(compared)
    clock = ExhibitClock("", tuple(ordered), uncertainty_s, require_words(measured, "--measured"))
    _require_clock(clock)
    declared = {"compared": [list(comparison) for comparison in ordered], "uncertainty_s": uncertainty_s}
    return _declare(officer_session, f"exhibit:{exhibit_id}", CLOCK, declared, clock.measured, Verb.EXHIBIT_CHANGED)


def _require_clock(clock: ExhibitClock) -> None:
    """Raise UsageError for comparisons that no clock can have given."""
    if clock.uncertainty_s < 0:
        raise UsageError(
            "the uncertainty cannot be negative", hint="give the seconds by which each comparison may be off"
        )
    if len(clock.compared) > 2:
        raise UsageError("a clock needs one comparison or two", hint="give the first and the last comparison")
    if any(abs(offset) > LONGEST_OFFSET_US for _, offset in clock.compared):
        raise UsageError(
            "an offset is longer than three centuries", hint="give it in seconds: recorded time minus true time"
        )
    drift = clock.drift
    if drift is not None and not (clock.compared[0][0] < clock.compared[1][0] and drift[0][0] < drift[1][0]):
        raise UsageError(
            "these two comparisons would mean that the clock stopped or ran backwards between them",
            hint="--compared TIME=SECONDS twice, at two instants; an offset is recorded time minus true time",
        )


def list_clocks(tables: Tables) -> Mapping[str, ExhibitClock]:
    """Return the declared clocks, by exhibit."""
    result = {}
    for thing, declaration in _find_newest(tables, CLOCK).items():
        declared = json.loads(declaration.said_json)
        compared = tuple((int(at), int(offset)) for at, offset in declared["compared"])
        clock = ExhibitClock(declaration.declaration_id, compared, int(declared["uncertainty_s"]), declaration.why)
        result[thing.removeprefix("exhibit:")] = clock
    return result


def declare_proxies(officer_session: OfficerSession, source_id: str, texts: Sequence[str], why: str) -> Declaration:
    """Declare all proxies in front of a source whose X-Forwarded-For is trusted. Raises UsageError."""
    ranges = [list(proxy_range) for proxy_range in parse_proxy_ranges(texts)]
    reason = require_reason(why, "--why")
    return _declare(officer_session, f"source:{source_id}", PROXIES, {"ranges": ranges}, reason, Verb.SOURCE_CHANGED)


@dataclass(frozen=True, slots=True)
class SourceProxies:
    """The declared proxies in front of a source whose X-Forwarded-For is trusted."""

    declaration_id: str
    ranges: tuple[AddressRange, ...]


def list_source_proxies(tables: Tables) -> Mapping[str, SourceProxies]:
    """Return the declared proxies, by source."""
    newest = _find_newest(tables, PROXIES)
    return {
        thing.removeprefix("source:"): SourceProxies(declaration.declaration_id, _parse_ranges(declaration))
        for thing, declaration in newest.items()
    }


def list_proxies(tables: Tables, source_id: str) -> tuple[AddressRange, ...]:
    """Return the declared proxies in front of a source."""
    newest = _find_newest(tables, PROXIES, f"source:{source_id}").get(f"source:{source_id}")
    return _parse_ranges(newest) if newest else ()


def _parse_ranges(declared: Declaration) -> tuple[AddressRange, ...]:
    return tuple((first, last) for first, last in json.loads(declared.said_json)["ranges"])


@dataclass(frozen=True, slots=True)
class SourceTimes:
    """The instant of a request that a source's server writes, and the unit of the duration at the end of its lines.

    `time_is` is None if the server was declared to write what its format says.
    """

    declaration_id: str
    time_is: TimeIs | None
    duration_unit: str | None


def declare_times(
    officer_session: OfficerSession, source_id: str, time_is: TimeIs | None, duration_unit: str | None, why: str
) -> Declaration:
    """Declare what the times of a source's web server mean, replacing any earlier one. Raises UsageError.

    Runs that were read otherwise are no longer current.
    """
    if duration_unit is not None and (duration_unit not in UNITS or time_is is not TimeIs.END):
        raise UsageError(
            "a duration is read where the time is the end of a request",
            hint=f"--time-is end --duration UNIT, of {', '.join(UNITS)}",
        )
    declared = {"time_is": time_is.value if time_is else None, "duration_unit": duration_unit}
    reason = require_reason(why, "--why")
    return _declare(officer_session, f"source:{source_id}", TIMES, declared, reason, Verb.SOURCE_CHANGED)


def list_source_times(tables: Tables) -> Mapping[str, SourceTimes]:
    """Return the declared meaning of times, by source."""
    result = {}
    for thing, declaration in _find_newest(tables, TIMES).items():
        declared = json.loads(declaration.said_json)
        time_is = TimeIs(declared["time_is"]) if declared["time_is"] else None
        result[thing.removeprefix("source:")] = SourceTimes(
            declaration.declaration_id, time_is, declared["duration_unit"]
        )
    return result


def _declare(
    officer_session: OfficerSession, thing: str, kind: str, declared: Mapping[str, object], why: str, verb: Verb
) -> Declaration:
    with officer_session.change(Action.SOURCE_ADD, thing) as change:
        declaration = Declaration(
            make_id(change.now),
            thing,
            kind,
            encode_canonical(declared),
            why,
            change.now_us,
            officer_session.officer.officer_id,
        )
        change.add(verb, declaration, kind=kind)
    return declaration


def _find_newest(tables: Tables, kind: str, thing: str | None = None) -> Mapping[str, Declaration]:
    """Return the newest declaration of a kind for each thing, or for one."""
    declarations = (
        tables[Declaration].select(kind=kind) if thing is None else tables[Declaration].select(kind=kind, thing=thing)
    )
    ordered = sorted(declarations, key=lambda declaration: (declaration.declared_at_us, declaration.declaration_id))
    return {declaration.thing: declaration for declaration in ordered}
