"""Compare what lines above and below a table state (`Public IP: 198.51.100.7`, `Protocol: UDP`) with its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sightline.stages.resolve.replies import notes, table, times, values
from sightline.stages.resolve.replies.column_kinds import kind_of
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.names import canonical
from sightline.stages.resolve.replies.shared_words import shared_words
from sightline.stages.resolve.replies.times import TimeRules
from sightline.stages.resolve.replies.values import Unreadable

MOST_LINES = 500
"""The maximum number of compared lines, and of rows with which they are compared."""
_LABEL = re.compile(r"^([^:=]{1,60})[:=](.{1,200})$")
_PORTS = ("port", "port_from", "port_to")
_NUMBERS = ("msisdn", "imsi", "circuit")
_STARTS, _ENDS = ("start", "start_date"), ("end", "end_date")
_TCP = frozenset({"tcp", "6", "any", "all", "ip", "tcpudp", "udptcp"})
"""Values of a protocol that include that of a visit. UDP alone does not: what is asked about is a connection of TCP."""
Stamp = tuple[str | None, str]


def contradiction_of(
    fit: Fit,
    above: Sequence[Sequence[str]],
    below: Sequence[Sequence[str]],
    stamps: Sequence[Stamp],
    rules: TimeRules,
) -> str | None:
    """Return the doubt about all rows if a line states a fact that no row has, or None.

    `below`: the lines under the headings: rows of the table, and what else stands there. `stamps`: times of the rows.
    """
    parameters = notes.parameters(fit)
    lines = [table.filled_cells(cells, "") for cells in above]
    lines = [stand for stand in lines if stand and canonical(re.split("[:=]", stand[0])[0]) not in parameters]
    rows: list[Sequence[str]] = []
    for cells in below:
        stand = table.filled_cells(cells, "")
        is_fact = len(stand) == 2 and canonical(stand[0]) in fit.layout.fields
        if is_fact or not notes.is_row(cells, fit, stand):
            lines.append(stand)
        else:
            rows.append(cells)
    lines = [one for one in lines if not any(shared_words().says_no_records(cell) for cell in one)][:MOST_LINES]
    rows = rows[:MOST_LINES]
    if not rows:
        return None
    stated = {ip for stand in lines for ip, _ in values.endpoints_in(" ".join(stand)[: notes.MOST_LETTERS])}
    if stated and stated.isdisjoint(_addresses(rows)):
        return "an address beside the table"
    facts = [one for stand in lines for one in _facts(stand)]
    return next((label for label, value in facts if _contradicts(fit, label, value, rows, stamps, rules)), None)


def _facts(stand: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Labels of a line, with their values: in one cell each, or in two cells beside each other."""
    for cell in stand:
        if found := _LABEL.match(cell):
            yield found[1].strip(), found[2].strip()
    if len(stand) == 2:
        yield stand[0].rstrip(" :="), stand[1]


def _addresses(rows: Sequence[Sequence[str]]) -> set[str]:
    return {ip for cells in rows for cell in cells for ip, _ in values.endpoints_in(cell[: notes.MOST_LETTERS])}


def _contradicts(
    fit: Fit, label: str, value: str, rows: Sequence[Sequence[str]], stamps: Sequence[Stamp], rules: TimeRules
) -> bool:
    """Whether no row agrees with a stated fact. A label or a value that is not understood contradicts nothing."""
    field = fit.layout.fields.get(canonical(label))
    if kind_of(fit.layout, label) == "protocol":
        return canonical(value) not in _TCP
    if field in _NUMBERS and canonical(label)[:1] != "t":
        own = {canonical(cell) for cells in rows for cell in cells}
        return canonical(value) not in own
    if field in _PORTS and value.isdecimal() and value.isascii():
        ranges = list(_ranges(fit, rows))
        return bool(ranges) and not any(first <= int(value) <= last for first, last in ranges)
    if field in _STARTS or field in _ENDS:
        return _is_beyond(value, stamps, rules, is_start=field in _STARTS)
    return False


def _ranges(fit: Fit, rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, int]]:
    """The first and last port of each row."""
    for cells in rows:
        found = [cells[fit.places[one]] for one in _PORTS if one in fit.places and fit.places[one] < len(cells)]
        ports = [int(one) for text in found for one in re.findall(r"[0-9]{1,5}", text)]
        if ports:
            yield min(ports), max(ports)


def _is_beyond(value: str, stamps: Sequence[Stamp], rules: TimeRules, *, is_start: bool) -> bool:
    """Whether all times of the rows lie before a stated start, or after a stated end."""
    stated = _instant(None, value, rules)
    known = [us for date, rest in stamps[:MOST_LINES] if (us := _instant(date, rest, rules)) is not None]
    if stated is None or not known:
        return False
    return stated > max(known) if is_start else stated + times.MINUTE_US < min(known)


def _instant(date: str | None, text: str, rules: TimeRules) -> int | None:
    try:
        found = times.instant(text.strip(), rules) if date is None else times.of_two(date.strip(), text.strip(), rules)
    except Unreadable:
        return None
    return found.us
