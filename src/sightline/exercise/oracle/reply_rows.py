"""The ideal reading of a reply's row for one visit: asked for or not, may hold then, surely holds, or is in doubt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sightline.exercise.oracle.file_signs import has_port, overlaps_time
from sightline.exercise.oracle.written_rows import SECOND_US, WrittenRow

JOINS_US = SECOND_US
"""Assignments of one number join if no more time is between where one surely ends and the next surely begins."""


@dataclass(slots=True, frozen=True)
class AskedQuestion:
    """A row of a notice, and its position among all."""

    place: int
    notice: int
    row_id: str
    ip: str
    port: int | None
    destination_ip: str | None
    from_us: int
    until_us: int
    protocol: str | None = None
    destination_port: int | None = None


@dataclass(slots=True, frozen=True)
class OracleVisit:
    """A visit that may be resolved, from `from_us` to below `until_us`. `at_us` is the corrected time of its record.

    `is_unshared`: a statement gives the address to one line alone; `is_shared`: to several. `reuses_ports`: a port is
    given to several lines at once, by destination or protocol.
    """

    at: int
    ip: str
    port: int | None
    at_us: int
    from_us: int
    until_us: int
    protocol: str | None = None
    destination_ip: str | None = None
    destination_port: int | None = None
    is_unshared: bool = False
    is_shared: bool = False
    reuses_ports: bool = False
    is_operator: bool = False
    delegated_length: int | None = None


def asks_about(question: AskedQuestion, visit: OracleVisit) -> bool:
    """Return whether a row of a notice asks about a visit: its address, its time, and all other keys of the row."""
    return (
        question.from_us <= visit.at_us <= question.until_us
        and (question.port is None or question.port == visit.port)
        and _agree(question.protocol, visit.protocol)
        and (question.port is not None or _agree(question.destination_ip, visit.destination_ip))
    )


def may_hold(row: WrittenRow, visit: OracleVisit) -> bool:
    """Return whether a row may be for the connection: "all that both sides record is compared"."""
    return (
        overlaps_time(row, visit.from_us, visit.until_us)
        and (visit.port is None or has_port(row, visit.port))
        and _agree(row.protocol, visit.protocol)
        and _agree(row.destination_ip, visit.destination_ip)
        and (row.destination_ip is None or _agree(row.destination_port, visit.destination_port))
    )


def _agree(one: str | int | None, other: str | int | None) -> bool:
    return one is None or other is None or one == other


def find_row_doubt(row: WrittenRow, visit: OracleVisit) -> str | None:
    """Return why a row that may hold a visit proves nothing about it, or None."""
    if row.doubt is not None:
        return row.doubt
    if row.number is None:
        return "it names nobody"
    if row.start_us is None and not row.is_static:
        return "it has no start"
    alone = row.is_exclusive
    has_ports = row.port_from is not None and visit.port is not None
    if not has_ports:
        # "A reply without ports to a question with ports never names a line"; neither does a block where none is known.
        if row.port_from is not None:
            return "it is of some ports, and the visit's is not known"
        if alone is False:
            return "it is of an address that several share, without ports"
        if visit.is_shared or not (visit.is_unshared or alone or _is_delegated(row, visit)):
            return "nothing says that one line alone has the address"
    elif visit.reuses_ports and not _says_which_connection(row, visit):
        return "the port is reused by destination and protocol, and one of them is not known on both sides"
    return "an operator's line" if visit.is_operator else None


def _says_which_connection(row: WrittenRow, visit: OracleVisit) -> bool:
    return None not in {visit.destination_ip, row.destination_ip, visit.protocol, row.protocol}


def _is_delegated(row: WrittenRow, visit: OracleVisit) -> bool:
    """Return whether a statement says that a prefix of IPv6 of that length, or a longer one, is given to one line."""
    length = row.prefix_length
    return length is not None and visit.delegated_length is not None and visit.delegated_length <= length


def covers_time(rows: Iterable[WrittenRow], from_us: int, until_us: int) -> bool:
    """Return whether the rows surely hold all of a time.

    They do from a second after their start to their end, both half-open.
    """
    reached = from_us
    spans = sorted((_compute_surely_from(row), _compute_surely_until(row)) for row in rows)
    begun = False
    for first, last in spans:
        gap = 0 if not begun else JOINS_US
        if last <= first or first > reached + gap:
            continue
        begun = begun or first <= from_us
        if begun:
            reached = max(reached, last)
    return begun and reached >= until_us


EVER = 1 << 62


def _compute_surely_from(row: WrittenRow) -> int:
    return -EVER if row.start_us is None else row.start_us + row.start_slack_us


def _compute_surely_until(row: WrittenRow) -> int:
    until = row.surely_until_us
    return EVER if until is None else until
