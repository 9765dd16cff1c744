"""Detect signs that a whole file of a reply does not mean what it states.

Rule: "a file is checked as a whole: 12-hour clocks, ends before starts, durations in other units, windows that repeat
the question, times of the query, few rows that cover what was asked. A doubtful file names nobody". A clerk's slip in
single rows is none of these: a sign counts where enough rows show it, by the shares below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sightline.exercise.oracle.written_rows import MOST_UNEQUAL_US, SECOND_US, WrittenRow

SOME = 0.1
"""The share of rows that end before they start, or whose duration is a multiple, above which all are doubtful."""
HALF = 0.5
CLOCK_TIMES = 8
"""The number of different times of day below which their hours prove nothing."""
NOON = 12
FEW = 3
APART_US = 2 * 86_400 * SECOND_US
FACTOR = 10
HOUR_US = 3_600 * SECOND_US
SHIFTS_US = tuple(sign * shift for shift in (HOUR_US, 11 * HOUR_US // 2, 12 * HOUR_US) for sign in (1, -1))
"""Summer time, India's zone, a clock of twelve hours."""
LEASES = frozenset({"dhcp-leases", "dhcpd-leases"})

Question = tuple[str, int | None, int, int]
"""The request in a notice's row: address, port, from, until."""


def find_file_doubt(rows: Sequence[WrittenRow], zone: str | None, asked: Sequence[Question]) -> str | None:
    """Return why a file is doubtful as a whole, or None.

    `asked`: the rows of its notice; `zone`: as declared for the file.
    """
    known = [row for row in rows if row.is_assignment]
    whole = [row for row in known if row.start_us is not None and row.end_us is not None]
    tests = (
        ("no hour above 12", _is_twelve_hours(known, zone, asked)),
        ("ends before starts", _compute_share(whole, lambda row: (row.end_us or 0) < (row.start_us or 0)) >= SOME),
        ("durations in another unit", _is_other_unit(whole)),
        ("all rows at one instant", _is_one_instant(known)),
        ("windows that repeat the question", _compute_share(known, _Echo(asked)) >= HALF),
        ("ends as scheduled", _is_scheduled(whole)),
        ("few rows cover what was asked", _covers_little(known, asked)),
    )
    return next((name for name, is_so in tests if is_so), None)


def _compute_share(rows: Sequence[WrittenRow], is_so: Callable[[WrittenRow], bool]) -> float:
    return sum(1 for row in rows if is_so(row)) / len(rows) if rows else 0.0


def _is_twelve_hours(rows: Sequence[WrittenRow], zone: str | None, asked: Sequence[Question]) -> bool:
    """Return whether all times of day lie between one and twelve o'clock, and a question of an afternoon is not met.

    Times are those that the file writes: in its own zone.
    """
    place = ZoneInfo(zone or "UTC")

    def at(at_us: int) -> datetime:
        return datetime.fromtimestamp(at_us // SECOND_US, UTC).astimezone(place)

    times = {at(edge).time() for row in rows for edge in (row.start_us, row.end_us) if edge is not None}
    if len(times) < CLOCK_TIMES or not all(1 <= time.hour <= NOON for time in times):
        return False
    afternoon = [question for question in asked if at(question[2]).hour > NOON and at(question[3]).hour > NOON]
    return any(is_met is False for is_met in _match_questions(rows, afternoon))


def _is_other_unit(rows: Sequence[WrittenRow]) -> bool:
    """Return whether written durations differ from end less start by a factor."""

    def is_multiple(row: WrittenRow) -> bool:
        span = (row.end_us or 0) - (row.start_us or 0)
        duration_us = row.duration_us
        if duration_us is None or span <= MOST_UNEQUAL_US:
            return False
        return duration_us >= FACTOR * span or duration_us * FACTOR <= span

    return _compute_share([row for row in rows if row.duration_us is not None], is_multiple) >= SOME


def find_same_windows(rows: Sequence[WrittenRow], asked: Sequence[Question]) -> list[WrittenRow]:
    """Return the rows that share their start and end with those of other lines, for questions days apart.

    Rule: "all rows at one instant (time of the query)". It is the window of a table, not of an assignment, whatever the
    other rows of the file state: three lines or more, and their questions two days apart.
    """
    groups: dict[tuple[int, int], list[WrittenRow]] = {}
    for row in rows:
        if row.is_assignment and row.start_us is not None and row.end_us is not None and not row.is_static:
            groups.setdefault((row.start_us, row.end_us), []).append(row)
    result: list[WrittenRow] = []
    for (start, end), some in groups.items():
        addresses = {row.ip for row in some}
        times = [
            at
            for ip, _, first, last in asked
            if ip in addresses and start < last and first < end
            for at in (first, last)
        ]
        if len({row.number for row in some}) >= FEW and times and max(times) - min(times) >= APART_US:
            result += some
    return result


def _is_one_instant(rows: Sequence[WrittenRow]) -> bool:
    """Return whether rows of several lines all begin, and end, at the same instants: the time of the query."""
    starts, ends = ({getattr(row, edge) for row in rows} for edge in ("start_us", "end_us"))
    lines = {row.number for row in rows}
    return len(rows) >= FEW and len(lines) >= FEW and len(starts) == len(ends) == 1


class _Echo:
    """Whether the window of a row is a question's, to the second."""

    def __init__(self, asked: Sequence[Question]) -> None:
        self.windows = {
            (ip, (first + up) // SECOND_US, (last + down) // SECOND_US)
            for ip, _, first, last in asked
            for up in (0, SECOND_US - 1)
            for down in (0, SECOND_US - 1)
        }

    def __call__(self, row: WrittenRow) -> bool:
        if row.start_us is None or row.end_us is None:
            return False
        return (row.ip, row.start_us // SECOND_US, row.end_us // SECOND_US) in self.windows


def find_echoes(rows: Sequence[WrittenRow], asked: Sequence[Question]) -> list[WrittenRow]:
    """Return the rows that repeat the window of a question: they do not tell who had the address outside of it."""
    is_echo = _Echo(asked)
    return [row for row in rows if row.is_assignment and is_echo(row)]


def _is_scheduled(rows: Sequence[WrittenRow]) -> bool:
    """Return whether a table of leases gives planned ends: all leases have the same length, on every line."""
    leases = [row for row in rows if row.layout in LEASES]
    spans = {(row.end_us or 0) - (row.start_us or 0) for row in leases}
    return len(leases) >= FEW and len(spans) == 1


def _covers_little(rows: Sequence[WrittenRow], asked: Sequence[Question]) -> bool:
    """Return whether fewer than half of the questions that rows of the same address and port answer are met in time."""
    answered = [is_met for is_met in _match_questions(rows, asked) if is_met is not None]
    return len(answered) >= FEW and sum(answered) < HALF * len(answered)


def _match_questions(rows: Sequence[WrittenRow], asked: Sequence[Question]) -> Iterator[bool | None]:
    """Yield whether each question is met by a row of its address and port; None where there is no such row."""
    by_address: dict[str, list[WrittenRow]] = {}
    for row in rows:
        if row.ip is not None:
            by_address.setdefault(row.ip, []).append(row)
    for ip, port, first, last in asked:
        same = [row for row in by_address.get(ip, ()) if port is None or has_port(row, port)]
        yield any(overlaps_time(row, first, last + 1) for row in same) if same else None


def find_file_shift(rows: Sequence[WrittenRow], asked: Sequence[Question]) -> int:
    """Return how much later all times of a file may truly be (negative: earlier), in microseconds, or 0.

    Rule: "a file with times in another zone is read both ways". Three addresses or more, one in ten of those in the
    file, would be answered at one and the same shift, and not as written.
    """
    by_address: dict[str, list[WrittenRow]] = {}
    for row in rows:
        if row.is_assignment and row.ip is not None and row.start_us is not None and row.end_us is not None:
            by_address.setdefault(row.ip, []).append(row)
    explained: dict[int, set[str]] = {by: set() for by in SHIFTS_US}
    known: set[str] = set()
    for ip, port, first, last in asked:
        same = [row for row in by_address.get(ip, ()) if port is None or has_port(row, port)]
        known |= {ip for _ in same}
        if any(overlaps_time(row, first, last + 1) for row in same):
            continue
        for by in SHIFTS_US:
            if any(overlaps_time(row, first - by, last + 1 - by) for row in same):
                explained[by].add(ip)
    best = max(SHIFTS_US, key=lambda by: (len(explained[by]), abs(by)))
    return best if len(explained[best]) >= FEW and len(explained[best]) >= SOME * len(known) else 0


def widen_row(row: WrittenRow, by_us: int) -> None:
    """Extend a row to both readings, as written and shifted.

    It may hold at either time, and surely holds where both do.
    """
    if row.start_us is not None:
        row.start_us += min(0, by_us)
        row.start_slack_us += abs(by_us)
    if row.end_us is not None:
        row.end_us += min(0, by_us)
        row.end_slack_us += abs(by_us)


def has_port(row: WrittenRow, port: int) -> bool:
    """Return whether the port is one of the row's. A row without ports covers all of them."""
    return row.port_from is None or row.port_from <= port <= (row.port_from if row.port_to is None else row.port_to)


def overlaps_time(row: WrittenRow, from_us: int, until_us: int) -> bool:
    """Return whether the longest span of a row overlaps a time. Both are half-open; a missing edge is unbounded."""
    if row.start_us is not None and row.end_us is not None and row.end_us < row.start_us:
        return row.end_us < until_us and row.start_us + row.start_slack_us > from_us
    begins = row.start_us is None or row.start_us < until_us
    return begins and (row.end_us is None or row.end_us + row.end_slack_us > from_us)
