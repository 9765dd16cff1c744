"""One row of a table of assignments, read by itself: what `columns` does not read of a whole batch, and why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sightline.records import ReplyCode
from sightline.stages.resolve.model import SECOND_US, NumberKind, Says
from sightline.stages.resolve.reading import times, values
from sightline.stages.resolve.reading.times import Instant, TimeRules
from sightline.stages.resolve.reading.values import Unreadable

NUMBERS = ("msisdn", "line", "circuit", "user_id", "account", "imsi")
"""Fields with a number, in the order in which the first one that is there names the line (NumberKind)."""
NAMED_BY_TEXT = frozenset({"user_id", "account"})
_PERSON = re.compile(r"[^\W\d_]\S*(?: +[^\W\d_]\S*)+")
"""Words: the name of a person, under a heading such as `User Name`. Two people may have it, so it names no line."""
T = TypeVar("T")
ADDRESSES = ("ip", "source_ip", "inside_ip", "destination_ip")


@dataclass(frozen=True, slots=True)
class Assigned:
    """A row of ASSIGNED but for its number."""

    ip: str | None = None
    port_from: int | None = None
    port_to: int | None = None
    start_us: int | None = None
    end_us: int | None = None
    start_slack_us: int | None = None
    end_slack_us: int | None = None
    destination_ip: str | None = None
    destination_port: int | None = None
    inside_ip: str | None = None
    number: str | None = None
    number_kind: str | None = None
    row_id: str | None = None
    seen_us: int | None = None
    says: str = Says.ASSIGNED.value


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is not read, and under which field.

    `stands`: where only its ports or its number are in doubt, the row without them: it names nobody, and no other
    line may be named as if it were not there.
    """

    field: str
    code: ReplyCode
    stands: Assigned | None = None


class _Reader:
    """The fields of one row; what fails is remembered with its field."""

    def __init__(self, texts: Mapping[str, str], rules: TimeRules) -> None:
        self.texts, self.rules, self.field = texts, rules, ""

    def text(self, field: str) -> str | None:
        self.field = field
        return values.stated(self.texts.get(field, ""))

    def address(self, field: str) -> tuple[str, int | None, bool] | None:
        text = self.text(field)
        return None if text is None else values.endpoint(text)

    def ports(self, field: str) -> tuple[int, int] | None:
        text = self.text(field)
        return None if text is None else values.ports(text)

    def instant(self, edge: str) -> Instant | None:
        """The `start` or `end`, from one column or two."""
        if f"{edge}_date" not in self.texts:
            text = self.text(edge)
            return None if text is None else times.instant(text, self.rules)
        clock, day = self.text(f"{edge}_clock"), self.text(f"{edge}_date")
        if day is None and clock is None:
            return None
        if day is None:
            raise Unreadable(ReplyCode.INCOMPLETE_TIME)
        if clock is None:
            self.field = f"{edge}_clock"
            raise Unreadable(ReplyCode.INCOMPLETE_TIME)
        return times.of_two(day, clock, self.rules)

    def number(self) -> tuple[str | None, str | None]:
        """The number and its kind, of the first field that has one."""
        for field in NUMBERS:
            text = self.text(field)
            if text is not None and field in NAMED_BY_TEXT and _PERSON.fullmatch(text):
                raise Unreadable(ReplyCode.BAD_NUMBER)
            if text is not None:
                return numbered(field, text)
        return None, None


def numbered(field: str, text: str) -> tuple[str, str]:
    """The canonical number of a field, and its kind. Raises Unreadable."""
    if field == "imsi":
        return values.imsi(text), NumberKind.IMSI.value
    if field in {"msisdn", "line"}:
        try:
            return values.msisdn(text), NumberKind.MSISDN.value
        except Unreadable as why:
            if field == "msisdn" or why.code is not ReplyCode.BAD_NUMBER:
                raise
            return values.name_of_line(text), NumberKind.CIRCUIT.value
    kind = {"circuit": NumberKind.CIRCUIT, "user_id": NumberKind.USER_ID, "account": NumberKind.ACCOUNT}[field]
    return values.name_of_line(text), kind.value


def read(texts: Mapping[str, str], rules: TimeRules) -> Assigned | Fault:
    """The assignment of a row, its cells by field; or why it is none."""
    reader = _Reader(texts, rules)
    try:
        return _read(reader)
    except Unreadable as why:
        return Fault(reader.field, why.code)


def _read(row: _Reader) -> Assigned | Fault:
    public, source, inside = row.address("ip"), row.address("source_ip"), row.address("inside_ip")
    destination = row.address("destination_ip")
    found, own = (public, "port") if public is not None else (source, "source_port")
    row.field = "ip" if "ip" in row.texts else "source_ip"
    if found is None:
        raise Unreadable(ReplyCode.MISSING_FIELD if inside is None else ReplyCode.INSIDE_ADDRESS)
    if found[2]:
        raise Unreadable(ReplyCode.INSIDE_ADDRESS)
    within = inside or (source if public is not None else None)
    in_doubt, ports = _or_fault(row, lambda: _port_range(row, found[1], own))
    aimed = row.ports("destination_port")
    if aimed is not None and aimed[0] != aimed[1]:
        raise Unreadable(ReplyCode.BAD_PORT)
    start, end = row.instant("start"), row.instant("end")
    if start is None and end is not None and (lifetime := row.text("lifetime")) is not None:
        start = Instant(end.us - values.seconds(lifetime) * SECOND_US, end.slack_us)
    if start is None:
        row.field = "start"
        raise Unreadable(ReplyCode.MISSING_FIELD)
    if end is None and (lasted := row.text("duration")) is not None:
        end = Instant(start.us + values.seconds(lasted) * SECOND_US, start.slack_us + SECOND_US)
    if end is not None and end.us + end.slack_us <= start.us:
        row.field = "end"
        raise Unreadable(ReplyCode.ENDS_BEFORE_START)
    seen = row.instant("seen") if end is None else None
    unnamed, numbered_as = _or_fault(row, row.number)
    said = row.text("row_id")
    fault = in_doubt or unnamed
    port_from, port_to = ports or (None, None)
    number, kind = (None, None) if fault or numbered_as is None else numbered_as
    assigned = Assigned(
        ip=found[0],
        port_from=port_from,
        port_to=port_to,
        start_us=start.us,
        end_us=None if end is None else end.us,
        start_slack_us=start.slack_us,
        end_slack_us=0 if end is None else end.slack_us,
        destination_ip=None if destination is None else destination[0],
        destination_port=aimed[0] if aimed else destination[1] if destination else None,
        inside_ip=None if within is None else within[0],
        number=number,
        number_kind=kind,
        row_id=None if said is None else values.row_id(said),
        seen_us=None if seen is None else seen.us,
    )
    return assigned if fault is None else replace(fault, stands=assigned)


def _or_fault(row: _Reader, reads: Callable[[], T]) -> tuple[Fault | None, T | None]:
    """What is read, or why it cannot be."""
    try:
        return None, reads()
    except Unreadable as why:
        return Fault(row.field, why.code), None


def _port_range(row: _Reader, own_port: int | None, field: str) -> tuple[int | None, int | None]:
    """The ports of a row: two columns, one column, or behind the address; they must agree. Raises Unreadable."""
    one = row.ports("port")
    if one is None and field == "source_port":
        one = row.ports("source_port")
    last, first = row.ports("port_to"), row.ports("port_from")
    if first is not None or last is not None:
        if first is None or last is None or first[0] != first[1] or last[0] != last[1] or last[0] < first[0]:
            raise Unreadable(ReplyCode.BAD_PORT)
        both = (first[0], last[0])
        if one not in {None, both}:
            raise Unreadable(ReplyCode.BAD_PORT)
        one = both
    if own_port is not None and one not in {None, (own_port, own_port)}:
        raise Unreadable(ReplyCode.BAD_PORT)
    return one or ((own_port, own_port) if own_port is not None else (None, None))
