"""Read one row of a table of assignments by itself, and report why it fails.

`columns` could not read it in a batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sightline.model import ReplyCode
from sightline.stages.resolve.model import SECOND_US, NumberKind, RowStatement
from sightline.stages.resolve.replies import (
    address_values,
    cell_text,
    durations,
    reply_times,
    stated_ids,
    subscriber_numbers,
)
from sightline.stages.resolve.replies.cell_text import UnreadableValue
from sightline.stages.resolve.replies.reply_times import ReplyInstant, TimeRules

NUMBERS = ("msisdn", "line", "circuit", "user_id", "account", "imsi")
"""Fields with a number, in order of preference for naming the line (NumberKind)."""
DAY_US = 86_400 * SECOND_US
NAMED_BY_TEXT = frozenset({"user_id", "account"})
_PERSON = re.compile(r"[^\W\d_]\S*(?: +[^\W\d_]\S*)+")
"""Words: a person's name, under a heading such as `User Name`. Two people may share it, so it identifies no line."""
T = TypeVar("T")
ELSEWHERE = frozenset({ReplyCode.INSIDE_ADDRESS, ReplyCode.ADDRESS_OF_NO_LINE})
"""A readable address that a notice never asks about."""


@dataclass(frozen=True, slots=True)
class AssignedRow:
    """A row of ASSIGNED without its number."""

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
    says: str = RowStatement.ASSIGNED.value
    protocol: str | None = None
    is_exclusive: bool | None = None
    is_static: bool | None = None
    is_operator: bool | None = None
    doubted_by: str | None = None
    space: str | None = None


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row is not read, and the field.

    `stands`: the row without its unreadable parts. It identifies no subscriber (except a line whose times alone are in
    the wrong order, which it does not prove), and no other line may be named as if it were absent. Without an address
    it belongs to the notice's row whose id it repeats, else to every address; with only an inside address, to that row
    and no other.
    """

    field: str
    code: ReplyCode
    stands: AssignedRow | None = None


class _RowFields:
    """The fields of one row. The first fault is stored, and a failed field is None."""

    def __init__(self, texts: Mapping[str, str], rules: TimeRules) -> None:
        self.texts, self.rules, self.field = texts, rules, ""
        self.fault: RowFault | None = None
        self.faults = 0

    def note_fault(self, code: ReplyCode) -> None:
        self.faults += 1
        self.fault = self.fault or RowFault(self.field, code)

    def attempt(self, reads: Callable[[], T]) -> T | None:
        """Return the result of a read, or None if it fails."""
        try:
            return reads()
        except UnreadableValue as error:
            self.note_fault(error.code)
            return None

    def read_text(self, field: str) -> str | None:
        self.field = field
        return cell_text.clean_text(self.texts.get(field, ""))

    def read_address(self, field: str) -> tuple[str, int | None, bool] | None:
        text = self.read_text(field)
        return None if text is None else address_values.parse_endpoint(text)

    def read_ports(self, field: str) -> tuple[int, int] | None:
        text = self.read_text(field)
        return None if text is None else address_values.parse_ports(text)

    def read_instant(self, edge: str) -> ReplyInstant | None:
        """Return the instant of the `start` or `end`, from one column or two."""
        if f"{edge}_date" not in self.texts:
            text = self.read_text(edge)
            return None if text is None else reply_times.parse_instant(text, self.rules)
        clock, day = self.read_text(f"{edge}_clock"), self.read_text(f"{edge}_date")
        if day is None and clock is None:
            return None
        if day is None:
            raise UnreadableValue(ReplyCode.INCOMPLETE_TIME)
        if clock is None:
            self.field = f"{edge}_clock"
            raise UnreadableValue(ReplyCode.INCOMPLETE_TIME)
        return reply_times.parse_date_and_clock(day, clock, self.rules)

    def read_day(self, field: str) -> ReplyInstant | None:
        """Return the instant of a column of days: for a date alone the day's start, which may be up to a day later."""
        text = self.read_text(field)
        if text is None:
            return None
        try:
            return reply_times.parse_instant(text, self.rules)
        except UnreadableValue as error:
            if error.code is not ReplyCode.INCOMPLETE_TIME:
                raise
        return replace(reply_times.parse_date_and_clock(text, "00:00:00", self.rules), slack_us=DAY_US)

    def read_number(self) -> tuple[str | None, str | None]:
        """Return the number and its kind, of the first field that has one."""
        for field in NUMBERS:
            text = self.read_text(field)
            if text is not None and field in NAMED_BY_TEXT and _PERSON.fullmatch(text):
                raise UnreadableValue(ReplyCode.BAD_NUMBER)
            if text is not None:
                return parse_number(field, text)
        return None, None


_LIKE_A_PHONE = re.compile(r"\+?[0-9][0-9 ().-]*(?:[OoIlSB][0-9 ().-]*|[-_ ][A-Za-z]+)?")
"""A telephone number with a fault, which is no circuit: too short, a letter for a digit, `9800000001-old`."""


def parse_number(field: str, text: str) -> tuple[str, str]:
    """Return the canonical number of a field, and its kind. Raises UnreadableValue."""
    if field == "imsi":
        return subscriber_numbers.parse_imsi(text), NumberKind.IMSI.value
    if field in {"msisdn", "line"}:
        try:
            return subscriber_numbers.parse_msisdn(text), NumberKind.MSISDN.value
        except UnreadableValue as error:
            if field == "msisdn" or error.code is not ReplyCode.BAD_NUMBER or _LIKE_A_PHONE.fullmatch(text):
                raise
            return stated_ids.read_name_of_line(text), NumberKind.CIRCUIT.value
    kind = {"circuit": NumberKind.CIRCUIT, "user_id": NumberKind.USER_ID, "account": NumberKind.ACCOUNT}[field]
    return stated_ids.read_name_of_line(text), kind.value


def read_row(texts: Mapping[str, str], rules: TimeRules) -> AssignedRow | RowFault:
    """Read the assignment of a row, its cells by field, or the fault."""
    row = _RowFields(texts, rules)
    result, own = _read_public_address(row)
    unaddressed = None if result is not None and _is_area(result[0]) else row.fault
    source = row.attempt(lambda: row.read_address("source_ip"))
    inside = row.attempt(lambda: row.read_address("inside_ip"))
    softwire = row.attempt(lambda: row.read_address("softwire"))
    row.attempt(lambda: row.read_ports("inside_port"))
    destination = row.attempt(lambda: row.read_address("destination_ip"))
    aimed6 = row.attempt(lambda: row.read_address("destination_ip6"))
    if (destination := destination or aimed6) is not None:
        destination = (address_values.extract_embedded(destination[0]), destination[1], destination[2])
    # In DS-Lite the line has the softwire; the address within it belongs to a host behind it.
    within = softwire or inside or (source if own == "port" else None)
    ports = row.attempt(lambda: _read_port_range(row, result[1] if result else None, own)) or (None, None)
    is_most = ports[0] is not None and ports[1] is not None and ports[1] - ports[0] >= address_values.MOST_PORTS
    port_from, port_to = (None, None) if is_most else ports
    aimed = row.attempt(lambda: row.read_ports("destination_port"))
    if aimed is not None and aimed[0] != aimed[1]:
        row.note_fault(ReplyCode.BAD_PORT)
    start, end = _read_row_times(row)
    number, kind = row.attempt(row.read_number) or (None, None)
    own_id = row.attempt(lambda: row.read_text("row_id"))
    seen = row.attempt(lambda: row.read_instant("seen")) if end is None else None
    # Times in the wrong order prove nothing; the row's line is readable, and other rows may name it.
    is_named = row.fault is None or (row.fault.code is ReplyCode.ENDS_BEFORE_START and row.faults == 1)
    assigned = AssignedRow(
        ip=None if unaddressed or result is None else result[0],
        port_from=port_from,
        port_to=port_to,
        start_us=None if start is None else start.us,
        end_us=None if end is None else end.us,
        start_slack_us=0 if start is None else start.slack_us,
        end_slack_us=0 if end is None else end.slack_us,
        destination_ip=None if destination is None else destination[0],
        destination_port=aimed[0] if aimed else destination[1] if destination else None,
        inside_ip=None if within is None else within[0],
        number=number if is_named else None,
        number_kind=kind if is_named else None,
        row_id=None if own_id is None else stated_ids.read_row_id(own_id),
        seen_us=None if seen is None else seen.us,
    )
    if row.fault is None:
        return assigned
    if unaddressed is None:
        return replace(row.fault, stands=assigned)
    return replace(
        unaddressed, stands=_read_row_without_address(assigned, unaddressed, row, result[0] if result else None)
    )


def _read_public_address(row: _RowFields) -> tuple[tuple[str, int | None, bool] | None, str]:
    """The public address and the field of its port; it is a fault where there is none, or one from inside.

    Several addresses, as of a pool, are a fault too, whose row stands at all of them.
    """
    result, own = row.attempt(lambda: row.read_address("ip")), "port"
    if row.fault is not None and row.fault.code is ReplyCode.BAD_ADDRESS:
        several = address_values.parse_area(row.texts.get("ip", "").strip())
        return (several, None, False) if several else None, own
    if result is None and row.fault is None:
        result, own = row.attempt(lambda: row.read_address("source_ip")), "source_port"
    if result is None and row.fault is None:
        row.field = "ip" if "ip" in row.texts else "source_ip"
        has_inside = bool(row.texts.get("inside_ip", "").strip())
        row.note_fault(ReplyCode.INSIDE_ADDRESS if has_inside else ReplyCode.MISSING_FIELD)
    elif result is not None and result[2] and not row.rules.takes_inside:
        row.field = "ip" if own == "port" else "source_ip"
        row.note_fault(ReplyCode.INSIDE_ADDRESS)
    return result, own


def _is_area(ip: str) -> bool:
    """Whether an address of IPv4 is a prefix: what is read of a pool."""
    return "/" in ip and ":" not in ip


def _read_row_times(row: _RowFields) -> tuple[ReplyInstant | None, ReplyInstant | None]:
    """The start and the end, one of them by how long it lasted where it does not stand there."""
    before = row.fault
    start = row.attempt(lambda: row.read_instant("start")) or row.attempt(lambda: row.read_day("start_day"))
    is_stated = row.fault is not before
    end = row.attempt(lambda: row.read_instant("end")) or row.attempt(lambda: row.read_day("end_day"))
    if start is None and not is_stated and end is not None:
        lifetime = row.attempt(lambda: _read_lasting_us(row, "lifetime", row.rules.lifetime_us))
        start = None if lifetime is None else ReplyInstant(end.us - lifetime, end.slack_us)
    lasted = None
    if start is None:
        row.field = "start"
        row.note_fault(ReplyCode.MISSING_FIELD)
    elif end is None:
        lasted = row.attempt(lambda: _read_lasting_us(row, "duration", row.rules.duration_us))
        end = None if lasted is None else ReplyInstant(start.us + lasted, start.slack_us + SECOND_US)
    is_earlier = lasted is not None and lasted < 0
    if start is not None and end is not None and (is_earlier or end.us + end.slack_us <= start.us):
        row.field = "end"
        row.note_fault(ReplyCode.ENDS_BEFORE_START)
    return start, end


def _read_lasting_us(row: _RowFields, field: str, unit_us: int | None) -> int | None:
    """How long a row lasted; less than nothing (`-3600`) where it ended before it started."""
    text = row.read_text(field)
    if text is None:
        return None
    if field == "duration" and text.startswith("-") and (lasted := durations.parse_duration_us(text[1:], unit_us)):
        return -lasted
    return durations.parse_duration_us(text, unit_us)


def _read_row_without_address(
    assigned: AssignedRow, why: RowFault, row: _RowFields, inside: str | None
) -> AssignedRow | None:
    """A row without a public address, where it may be of an address that was asked about; a total or remark is none.

    One from inside, or of no line, can be read: it stands only where it repeats an id, as the answer to that row alone,
    and with the address that stood there as the inside one. A session of RADIUS without an address had none.
    """
    if why.code in ELSEWHERE:
        return replace(assigned, inside_ip=inside or assigned.inside_ip) if assigned.row_id is not None else None
    had_none = why.code is ReplyCode.MISSING_FIELD and "session" in row.texts
    is_row = any(row.texts.get(field, "").strip() for field in (*NUMBERS, "port", "port_from", "source_port"))
    if assigned.row_id is None and (had_none or assigned.start_us is None or not is_row):
        return None
    return replace(assigned, inside_ip=None)


def _read_port_range(row: _RowFields, own_port: int | None, field: str) -> tuple[int | None, int | None]:
    """The ports of a row: two columns, one column, or behind the address; they must agree. Raises UnreadableValue.

    One port within the block of two other columns agrees with it.
    """
    one = row.read_ports("port")
    if one is None and field == "source_port":
        one = row.read_ports("source_port")
    last, first = row.read_ports("port_to"), row.read_ports("port_from")
    if first is not None or last is not None:
        if first is None or last is None or first[0] != first[1] or last[0] != last[1] or last[0] < first[0]:
            raise UnreadableValue(ReplyCode.BAD_PORT)
        both = (first[0], last[0])
        if one is not None and not both[0] <= one[0] <= one[1] <= both[1]:
            raise UnreadableValue(ReplyCode.BAD_PORT)
        if one is not None and one != both and one[0] != one[1]:
            raise UnreadableValue(ReplyCode.BAD_PORT)
        one = both
    if own_port is not None and one not in {None, (own_port, own_port)}:
        raise UnreadableValue(ReplyCode.BAD_PORT)
    return one or ((own_port, own_port) if own_port is not None else (None, None))
