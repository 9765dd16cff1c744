"""The frames between a reply and a verdict (docs/adr/0018), and the declarations about a reply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, Protocol

import polars as pl

from sightline.errors import UsageError
from sightline.model import LineKey, ReplySign, ResolutionVerdict

SECOND_US = 1_000_000
CAP = 20
"""The number of candidates above which they are counted and not stored."""
JOINS_US = 1_000_000
"""The maximum time between assignments of one number that count as one."""


class NumberKind(StrEnum):
    """The identifier that a licensee uses for a subscriber. Where a row has several, the first of these."""

    MSISDN = "msisdn"
    CIRCUIT = "circuit"
    USER_ID = "user-id"
    ACCOUNT = "account"
    IMSI = "imsi"


class RowStatement(StrEnum):
    """The statement of a row of a reply."""

    ASSIGNED = "assigned"
    NO_RECORDS = "no-records"


class FindingKind(StrEnum):
    """The kind of a finding of a check."""

    EXTRA = "extra"
    MISSING = "missing"
    NO_RECORDS = "no-records"
    SHIFTED = "shifted"
    DAY_MONTH = "day-month"
    ONE_DIGIT = "one-digit"
    REFORMATTED = "reformatted"
    ANOTHER_PORT = "another-port"
    ANOTHER_DESTINATION = "another-destination"
    ANOTHER_PROTOCOL = "another-protocol"
    OUTSIDE_TIME = "outside-time"
    DUPLICATE = "duplicate"
    CONTRADICTS = "contradicts"
    HEDGED = "hedged"
    TWELVE_HOURS = ReplySign.TWELVE_HOURS.value
    ENDS_FIRST = ReplySign.ENDS_FIRST.value
    DURATION = ReplySign.DURATION.value
    COVERS_LITTLE = ReplySign.COVERS_LITTLE.value
    ONE_SHIFT = ReplySign.ONE_SHIFT.value
    CLOCK_MOVED = ReplySign.CLOCK_MOVED.value
    ONE_INSTANT = ReplySign.ONE_INSTANT.value
    ECHO = ReplySign.ECHO.value
    SCHEDULED = ReplySign.SCHEDULED.value
    AFTER_RECEIVED = ReplySign.AFTER_RECEIVED.value
    ONE_SUBSCRIBER = ReplySign.ONE_SUBSCRIBER.value
    EMPTY_CLOCK = ReplySign.EMPTY_CLOCK.value
    FILLED_DOWN = ReplySign.FILLED_DOWN.value
    NUMBERS_MOVED = ReplySign.NUMBERS_MOVED.value
    NUMBERS_SORTED = ReplySign.NUMBERS_SORTED.value
    TIMES_MOVED = ReplySign.TIMES_MOVED.value
    INSIDE_SHARED = ReplySign.INSIDE_SHARED.value
    ROWS_CONFLICT = ReplySign.ROWS_CONFLICT.value
    UNREAD_FILE = ReplySign.UNREAD_FILE.value
    WITHOUT_SECONDS = "without-seconds"


SIGNS = tuple(FindingKind(reply_sign.value) for reply_sign in ReplySign)
"""Findings that doubt rows of a file, or all of it, until an officer declares what the file means."""
DOUBTS = pl.List(pl.String())
"""Why a row that matches one of a notice is doubted: findings, signs, or OF_COLUMN and a heading."""
IDS = pl.List(pl.String())
"""Other ids beside the line's own, by kind: `imsi:404450000012345`; stored ones have a keyed digest instead."""
OF_COLUMN = "column:"
"""The prefix of the heading of a column whose values do not confirm their rows, in an officer's declaration about it.
"""


class VerdictReason(StrEnum):
    """The reason for a verdict."""

    COVERED = "covered"
    OVERLAPPING = "overlapping"
    CHANGES_WITHIN = "changes-within"
    MAY_OVERLAP = "may-overlap"
    PART_ONLY = "part-only"
    LOST_STOP = "lost-stop"
    DOUBTED = "doubted"
    BY_DESTINATION = "by-destination"
    NO_RECORDS = "no-records"
    NOT_ANSWERED = "not-answered"
    NOT_MATCHED = "not-matched"
    WITHOUT_PORTS = "without-ports"
    WITHOUT_DESTINATION = "without-destination"
    PREFIX_SHARED = "prefix-shared"
    BLOCK_DIFFERS = "block-differs"
    OPERATOR = "operator"
    FORM_OF_ANOTHER_TIME = "form-of-another-time"
    FORM_DENIES = "form-denies"
    NAMES_NOBODY = "names-nobody"
    INSIDE_ONLY = "inside-only"
    NOT_ASKED = "not-asked"
    ROWS_DIFFER = "rows-differ"
    ROWS_MISSING = "rows-missing"
    VISITS_NOT_COVERED = "visits-not-covered"
    OVER_CAP = "over-cap"
    WITHOUT_CERTIFICATE = "without-certificate"
    FALLEN = "fallen"


ASKED: dict[str, pl.DataType] = {
    "row_id": pl.String(),
    "session_id": pl.String(),
    "lead_id": pl.String(),
    "asks": pl.Enum([ask.value for ask in LineKey]),
    "ip": pl.String(),
    "port": pl.UInt16(),
    "destination_ip": pl.String(),
    "destination_port": pl.UInt16(),
    "first_us": pl.Int64(),
    "last_us": pl.Int64(),
    "uncertainty_s": pl.UInt32(),
    "from_us": pl.Int64(),
    "until_us": pl.Int64(),
    "candidates": pl.UInt32(),
    "protocol": pl.String(),
    "visits": pl.UInt32(),
    "through": pl.String(),
}
"""The columns of a notice's rows for records. `protocol` as in ASSIGNED; `visits`: how many visits the row asks about.

`through`: in a notice to an operator, the line (a subscriber's id) that another licensee named; else null.
"""
ASKED_NUMBERS: dict[str, pl.DataType] = {
    "row_id": pl.String(),
    "number": pl.String(),
    "number_kind": pl.String(),
    "sessions": pl.UInt32(),
    "from_us": pl.Int64(),
    "until_us": pl.Int64(),
}
"""The columns of a notice's rows for subscribers: a number, and the time for which it was named."""
ASSIGNED: dict[str, pl.DataType] = {
    "row": pl.UInt32(),
    "ip": pl.String(),
    "port_from": pl.UInt16(),
    "port_to": pl.UInt16(),
    "start_us": pl.Int64(),
    "end_us": pl.Int64(),
    "start_slack_us": pl.Int64(),
    "end_slack_us": pl.Int64(),
    "destination_ip": pl.String(),
    "destination_port": pl.UInt16(),
    "inside_ip": pl.String(),
    "number": pl.String(),
    "number_kind": pl.String(),
    "row_id": pl.String(),
    "seen_us": pl.Int64(),
    "says": pl.Enum([row_statement.value for row_statement in RowStatement]),
    "protocol": pl.String(),
    "is_exclusive": pl.Boolean(),
    "is_static": pl.Boolean(),
    "is_operator": pl.Boolean(),
    "doubted_by": pl.String(),
    "space": pl.String(),
}
"""The columns of a reply's rows for records.

`protocol`: `tcp`, `udp` or another lowercase name; null if the row has none. `is_exclusive`: whether the row itself
states that one line alone has the address (true) or that several share it (false); null if it does not. `is_static`:
the row states that the assignment is permanent, so a missing end is no lost stop. `is_operator`: the line belongs to a
reseller or another operator, who has customers behind it. `doubted_by`: the heading of the first column whose value
does not confirm the row; null if every column does. `space`: the address space that an inside address is of
(`address_spaces.read_spaces`); null if no column names one.
"""
BESIDE: dict[str, pl.DataType] = {
    "ids": IDS,
    "moved_bytes": pl.Int64(),
    "moved_by": pl.String(),
    "shared_bits": pl.UInt8(),
    "network": pl.String(),
}
"""What is known of assignments that match a row of a notice, beside ASSIGNED.

`moved_bytes`: what the session moved in one direction, or both, at most, and `moved_by`, the heading of the column that
says so. `shared_bits`: as `shared_prefixes.find_shared_bits` returns it. `network`: the IPv4 prefix that the row gives,
if it is one address of several (`spread_networks`). Null where nothing is known.
"""
FORM = (
    "name installation_address installation_state installation_district billing_address contact msisdn imsi imei cell"
    " application_form email"
).split()
"""The columns of a subscriber form, all texts."""
SUBSCRIBERS: dict[str, pl.DataType] = {
    "row": pl.UInt32(),
    "number": pl.String(),
    "number_kind": pl.String(),
    **dict.fromkeys(FORM, pl.String()),
    "from_us": pl.Int64(),
    "until_us": pl.Int64(),
    "is_operator": pl.Boolean(),
    "ids": IDS,
    "doubted_by": pl.String(),
    "says": pl.String(),
}
"""The columns of a reply's rows for subscribers: their validity (half-open; null: not bounded), and whether the holder
has guests or customers behind the line. `ids`: what other columns give, such as the account. `doubted_by`: the note
beside the table that doubts the row; it counts for nothing until an officer declares what the note means.
`says`: null of a form; else `denied` or `doubted`, as in LINE_STATEMENTS: such a row has only numbers and validity.
"""
LINE_STATEMENTS: dict[str, pl.DataType] = {
    "subscriber": pl.String(),
    "says": pl.String(),
    "from_us": pl.Int64(),
    "until_us": pl.Int64(),
}
"""What a reply for subscribers says of lines beside its forms.

`says`: `denied` (never a customer's), `differs` (one of two forms that hold at one time and differ) or `doubted` (a
form whose status, or other column, does not confirm it), with its time.
"""
REJECTS: dict[str, pl.DataType] = {"row": pl.UInt32(), "column": pl.String(), "code": pl.String()}
"""The columns of unreadable rows: place and reason, never content."""
FINDINGS: dict[str, pl.DataType] = {
    "kind": pl.Enum([finding_kind.value for finding_kind in FindingKind]),
    "row": pl.UInt32(),
    "row_id": pl.String(),
    "text": pl.String(),
}
NEAR_MISSES: dict[str, pl.DataType] = {
    "row": pl.UInt32(),
    "row_id": pl.String(),
    "kind": pl.String(),
    "by_us": pl.Int64(),
    "number": pl.String(),
    "number_kind": pl.String(),
    "is_told": pl.Boolean(),
}
"""Rows of a reply that match nothing, and would match a row of the notice at another hour, or with another digit.

`is_told`: nothing matches that row, or several lines do. The others veto a line that another row, of any reply to the
notice, names for it.
"""
CAUSES: dict[str, pl.DataType] = {
    "notice": pl.UInt32(),
    "row_id": pl.String(),
    "reply": pl.UInt32(),
    "row": pl.UInt32(),
    "kind": pl.String(),
    "by_us": pl.Int64(),
    "column": pl.String(),
}
"""The row of a reply that causes a doubt about a notice's row: a finding, or `column`."""
VERDICTS: dict[str, pl.DataType] = {
    "notice": pl.UInt32(),
    "row_id": pl.String(),
    "session_id": pl.String(),
    "lead_id": pl.String(),
    "verdict": pl.Enum([resolution_verdict.value for resolution_verdict in ResolutionVerdict]),
    "subscribers": pl.List(pl.String()),
    "holders": pl.UInt32(),
    "why": pl.List(pl.String()),
    "near": pl.List(pl.String()),
    "assignments": pl.List(pl.UInt64()),
    "is_certified": pl.Boolean(),
    "licensee_id": pl.String(),
    "through": pl.String(),
}
"""The verdict of all valid replies on a row of a notice. `holders`: how many numbers may hold; `near`: near misses
(findings); `assignments` are `reply << 32 | row`; `licensee_id`, `through`: the licensee asked, and the operator's
line.
"""

SESSIONS: dict[str, pl.DataType] = {
    "session_id": pl.String(),
    "lead_id": pl.String(),
    "licensee_id": pl.String(),
    "ip": pl.String(),
    "port": pl.UInt16(),
    "first_us": pl.Int64(),
    "last_us": pl.Int64(),
    "verdict": pl.Enum([resolution_verdict.value for resolution_verdict in ResolutionVerdict]),
    "subscribers": pl.List(pl.String()),
    "survivors_by_chance": pl.Float64(),
    "why": pl.List(pl.String()),
    "is_certified": pl.Boolean(),
    "visits": pl.UInt32(),
    "visits_named": pl.UInt32(),
}
"""The verdict of all valid replies on a requested session: one row for each session of a resolution.

`visits_named`: for how many of its visits PARTS name the line; the verdict is `subscriber` only if one line made all.
"""
PARTS: dict[str, pl.DataType] = {
    "session_id": pl.String(),
    "lead_id": pl.String(),
    "licensee_id": pl.String(),
    "part": pl.UInt32(),
    "ip": pl.String(),
    "port": pl.UInt16(),
    "protocol": pl.String(),
    "destination_ip": pl.String(),
    "destination_port": pl.UInt16(),
    "first_us": pl.Int64(),
    "last_us": pl.Int64(),
    "from_us": pl.Int64(),
    "until_us": pl.Int64(),
    "uncertainty_s": pl.UInt32(),
    "visits": pl.UInt32(),
    "row_ids": pl.List(pl.String()),
    "verdict": pl.Enum([resolution_verdict.value for resolution_verdict in ResolutionVerdict]),
    "subscribers": pl.List(pl.String()),
    "holders": pl.UInt32(),
    "why": pl.List(pl.String()),
    "is_certified": pl.Boolean(),
    "through": pl.List(pl.String()),
    "through_licensees": pl.List(pl.String()),
}
"""The verdict on the visits of a session: one row for all visits that were asked for alike and have one answer.

Parts of a session are numbered by time, from 0. `from_us`, `until_us`: the interval that contains all of its visits,
the end excluded. `row_ids`: the rows of notices that asked for these visits; empty for visits that no row asked for,
whose verdict is `none`. `through`: the operators' lines in front of the line, that of the address's own ISP first, and
who named each; `licensee_id` is the licensee of the line. A line is named for the visits of a part, never for a
session.
"""
NAMED: dict[str, pl.DataType] = {
    "subscriber": pl.String(),
    "licensee_id": pl.String(),
    "number_kind": pl.String(),
    "standing": pl.Enum(["corroborated", "consistent", "named", "purged"]),
    "why": pl.List(pl.String()),
    "sessions": pl.List(pl.String()),
    "leads": pl.List(pl.String()),
    "notices": pl.UInt32(),
    "assignments": pl.UInt32(),
    "installation_state": pl.String(),
    "installation_district": pl.String(),
}
"""The subscribers that a session's verdict names, with their support: one row for each, in a resolution."""


DateOrder = Literal["dmy", "mdy", "ymd"]
DATE_ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")


@dataclass(frozen=True, slots=True)
class ReplyDeclarations:
    """An officer's declarations about a reply.

    `layout`: a name, or `auto`; `password`: of an encrypted ZIP; `year`: of syslog.

    `table_orders`: the date order of single tables, by the name of their sheet or file; it overrides `date_order`.
    `licensee`: the registered name of the answering licensee; `elsewhere`: names of other circles than the notice asks
    (`india.list_other_circles`). No officer declares these.
    """

    layout: str = "auto"
    timezone: str | None = None
    date_order: DateOrder | None = None
    year: int | None = None
    password: bytes | None = None
    table_orders: tuple[tuple[str, DateOrder], ...] = ()
    licensee: str = ""
    elsewhere: frozenset[str] = frozenset()

    def choose_for_table(self, *names: str | None) -> ReplyDeclarations:
        """Return the declarations for a table with one of these names."""
        own = next((order for name, order in self.table_orders if name in names), None)
        return self if own is None else replace(self, date_order=own)


def parse_table_order(text: str) -> tuple[str, DateOrder]:
    """Parse a table and its date order from a text such as `b.csv=mdy`. Raises UsageError."""
    name, _, order = text.rpartition("=")
    known = next((date_order for date_order in DATE_ORDERS if date_order == order.strip()), None)
    if known is None or not name.strip():
        raise UsageError(
            f"{text!r} says no order of dates of a table",
            hint=f"the name of a sheet or file, and one of {', '.join(DATE_ORDERS)}: Sheet2=mdy",
        )
    return name.strip(), known


@dataclass(frozen=True, slots=True)
class ReplyBatch:
    """Some rows of a reply, as frames of ASSIGNED or of SUBSCRIBERS (the other one is empty), and REJECTS.

    `inside`: ASSIGNED whose `ip` is one that a NAT may have translated: the second step of an answer.
    """

    assigned: pl.DataFrame
    subscribers: pl.DataFrame
    rejects: pl.DataFrame
    inside: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ASSIGNED))


class ReadableReply(Protocol):
    """A reply after its head was read: its layout, the reason for that layout, and its rows."""

    @property
    def layout(self) -> str:
        """Return the name of its layout."""
        ...

    @property
    def why(self) -> str:
        """Return the reason for that layout."""
        ...

    def read_batches(self, watch: Callable[[int, int | None], object]) -> Iterator[ReplyBatch]:
        """Yield all rows in order. `watch` is called with the bytes done and the total."""
        ...
