"""Compare what lines above and below a table state (`Public IP: 198.51.100.7`, `Protocol: UDP`) with its rows."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import zip_longest

from sightline.stages.resolve.model import SECOND_US
from sightline.stages.resolve.replies import address_values, assignment_table, reply_times, surrounding_lines
from sightline.stages.resolve.replies.cell_text import UnreadableValue
from sightline.stages.resolve.replies.column_kinds import find_column_kind
from sightline.stages.resolve.replies.column_names import reduce_heading
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.reply_times import TimeRules
from sightline.stages.resolve.replies.shared_words import load_shared_words

MOST_LINES = 500
"""The maximum number of compared lines, and of rows with which they are compared."""
_LABEL = re.compile(r"^([^:=]{1,60})[:=](.{1,200})$")
_PORTS = ("port", "port_from", "port_to")
_NUMBERS = ("msisdn", "imsi", "circuit")
_DAY = (
    r"[0-9]{1,4}[-/. ][0-9A-Za-z]{1,9}[-/. ][0-9]{2,4}(?:[T ,]{1,2}[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[AaPp][Mm])?)?"
)
_PERIOD = re.compile(rf"({_DAY})\s{{0,2}}(?:to|till|until|upto|and|-|\u2013)\s{{0,2}}({_DAY})", re.IGNORECASE)
_MONTH = re.compile(
    r"\b(?:period|month)\b\s{0,2}[:=-]?\s{0,2}(?:of )?([a-z]{3,9})[ ,-]{1,2}(20[0-9]{2})", re.IGNORECASE
)
_MADE = re.compile(
    rf"\b(?:generated|printed|extracted|exported|created|prepared|report|run|query)\b[^0-9]{{0,12}}({_DAY})",
    re.IGNORECASE,
)
"""When a report was made: no row of it is of later."""
_LETTER = re.compile(
    r"\b(?:letters?|notices?|e-?mails?|requests?|requisitions?)\b[^:;]{0,60}?"
    rf"\b(?:dated|dt|date|of|on)\b[. :-]{{0,3}}({_DAY})",
    re.IGNORECASE,
)
"""When the records were asked for: no letter asks for all that is later than itself."""
_STARTS, _ENDS = ("start", "start_date"), ("end", "end_date")
_TCP = frozenset({"tcp", "6", "any", "all", "ip", "tcpudp", "udptcp"})
"""Values of a protocol that include that of a visit. UDP alone does not: what is asked about is a connection of TCP."""
Stamp = tuple[str | None, str]


def find_contradiction(
    fit: Fit,
    above: Sequence[Sequence[str]],
    below: Sequence[Sequence[str]],
    stamps: Sequence[Stamp],
    rules: TimeRules,
) -> str | None:
    """Return the doubt about all rows if a line states a fact that no row has, or None.

    `below`: the lines under the headings: rows of the table, and what else stands there. `stamps`: times of the rows.
    """
    parameters = surrounding_lines.list_parameters(fit)
    lines = [assignment_table.list_filled_cells(cells, "") for cells in above]
    lines = [stand for stand in lines if stand and reduce_heading(re.split("[:=]", stand[0])[0]) not in parameters]
    rows: list[Sequence[str]] = []
    for cells in below:
        stand = assignment_table.list_filled_cells(cells, "")
        is_fact = len(stand) == 2 and reduce_heading(stand[0]) in fit.layout.fields
        if is_fact or not surrounding_lines.is_row(cells, fit, stand):
            lines.append(stand)
        else:
            rows.append(cells)
    lines = [line for line in lines if not any(load_shared_words().says_no_records(cell) for cell in line)][:MOST_LINES]
    count, rows = len(rows), rows[:MOST_LINES]
    if not rows:
        return None
    if count < MOST_LINES and any(_states_more(" ".join(line), count) or _is_other_sum(line, rows) for line in lines):
        return "a total beside the table"
    stated = {
        ip
        for stand in lines
        for ip, _ in address_values.find_endpoints(" ".join(stand)[: surrounding_lines.MOST_LETTERS])
    }
    if stated and stated.isdisjoint(_list_addresses(rows)):
        return "an address beside the table"
    texts = [" ".join(stand)[: surrounding_lines.MOST_LETTERS] for stand in lines]
    ports, ranges = (
        [int(digits) for text in texts for digits in PORT_IN_LINE.findall(text)],
        list(list_port_ranges(fit, rows)),
    )
    if ports and ranges and not any(first <= port <= last for port in ports for first, last in ranges):
        return "a port beside the table"
    if any(_is_of_other_time(text, stamps, rules) or _asks_of_other_time(text, fit, stamps, rules) for text in texts):
        return "a time beside the table"
    facts = [fact for stand in lines for fact in _list_facts(stand)]
    return next((label for label, value in facts if _contradicts_rows(fit, label, value, rows, stamps, rules)), None)


_TOTALS = (
    re.compile(r"^\W{0,3}showing [0-9]{1,9} (?:to|-) [0-9]{1,9} of ([0-9]{1,9}) entries\b", re.IGNORECASE),
    re.compile(
        r"^\W{0,3}[0-9]{1,9}(?: ?(?:to|-|\u2013) ?[0-9]{1,9})? of ([0-9]{1,9})(?: (?:records?|rows?|entries|results))?"
        r"\W{0,3}$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^\W{0,3}(?:(?:total |grand |no\.? of |number of |count of ){1,2}(?:records?|rows?|entries|results)"
        r"|(?:records?|rows?|entries|results) (?:found|returned))"
        r"(?: found| returned)?\s{0,2}[:=-]?\s{0,2}([0-9]{1,9})\W{0,3}$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^\W{0,3}([0-9]{1,9}) (?:records?|rows?|entries|results)(?: (?:found|returned|selected|exported|in set))?"
        r"(?: \([0-9.]{1,9} sec\))?\W{0,3}$",
        re.IGNORECASE,
    ),
)


def _states_more(text: str, count: int) -> bool:
    """Whether a line states a total of more rows than there are: one that is not there may contradict."""
    stated = [int(match[1]) for pattern in _TOTALS if (match := pattern.match(text[: surrounding_lines.MOST_LETTERS]))]
    return any(total > count for total in stated)


_SUM = re.compile(r"^\W*(?:grand )?(?:total|totals|sum)\W*$", re.IGNORECASE)


def _is_other_sum(stand: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a line of totals has a number that is neither how many rows there are, nor the sum of a column."""
    numbers = [int(cell) for cell in stand[1:] if cell.isascii() and cell.isdigit() and len(cell) < _MOST_FIGURES]
    if not numbers or not _SUM.match(stand[0][: surrounding_lines.MOST_LETTERS]):
        return False
    sums = {len(rows)}
    for column in zip_longest(*rows, fillvalue=""):
        cells = [cell.strip() for cell in column if cell.strip()]
        if cells and all(cell.isascii() and cell.isdigit() and len(cell) < _MOST_FIGURES for cell in cells):
            sums.add(sum(map(int, cells)))
    return not sums.issuperset(numbers)


_MOST_FIGURES = 16


def _is_of_other_time(text: str, stamps: Sequence[Stamp], rules: TimeRules) -> bool:
    """Whether a line states a period that has none of the rows, or that the report was made before them."""
    periods = list(_PERIOD.finditer(text))
    if any(_is_outside(match[1], match[2], stamps, rules) for match in periods):
        return True
    if regex_match := _MONTH.search(text):
        begin, end = (f"{day} {regex_match[1][:3]} {regex_match[2]}" for day in ("1", "28"))
        return _is_beyond(begin, stamps, rules, is_start=True) or _is_beyond(
            end, stamps, rules, is_start=False, slack_us=_REST_OF_MONTH_US
        )
    if any(_is_later(result[1], stamps, rules) for result in _LETTER.finditer(text)):
        return True
    made = None if periods else _MADE.search(text)
    if made is None:
        return False
    known, stated = _list_instants(stamps, rules), _list_possible_instants(made[1], "23:59:59", rules)
    return bool(known and stated) and max(stated) + reply_times.MINUTE_US < max(known)


_WHOLE_DAY = (
    r"(?<![0-9.:/-])(?:[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"|[0-9]{1,2}[- ][A-Za-z]{3,9}[-, ]{1,2}[0-9]{4})(?![0-9.])"
)
_CLOCK = r"[T ,]{1,2}(?:at )?[0-9]{1,2}:[0-9]{2}"
_ASKED = re.compile(rf"(?P<day>{_WHOLE_DAY})(?P<clock>{_CLOCK})?")
_ASKED_PERIOD = re.compile(
    rf"{_WHOLE_DAY}[^,;]{{0,20}}?(?:\b(?:to|till|until|upto|and)\b|[-\u2013])[^,;]{{0,12}}?{_WHOLE_DAY}", re.IGNORECASE
)
"""A day in a line that repeats a question, and whether it has a time of day."""
_OTHER_ZONES_US = 14 * 60 * reply_times.MINUTE_US


def _asks_of_other_time(text: str, fit: Fit, stamps: Sequence[Stamp], rules: TimeRules) -> bool:
    """Whether a line that repeats a question, as it has an address, is of a day that no row can cover.

    A day without a time of day may be that of a letter: it counts only before all rows. The zone of the line may be
    another, and rows without ends may last a day.
    """
    known = _list_instants(stamps, rules)
    if not known or not any(True for _ in address_values.find_endpoints(text)):
        return False
    lasts_us = _OTHER_ZONES_US + (0 if any(end in fit.places for end in _ENDS) else reply_times.DAY_US)
    before, after = min(known) - _OTHER_ZONES_US, max(known) + lasts_us
    bare = _LETTER.sub(" ", _MADE.sub(" ", _ASKED_PERIOD.sub(" ", text)))
    for match in _ASKED.finditer(bare):
        readings = [
            last < before or (match["clock"] is not None and first > after)
            for first, last in _list_day_spans(match["day"], rules)
        ]
        if readings and all(readings):
            return True
    return False


def _list_day_spans(day: str, rules: TimeRules) -> Iterator[tuple[int, int]]:
    """Yield first and last instant of a stated day, in whichever order it can be read."""
    for time_rules in _list_possible_rules(rules):
        first, last = (_parse_stated_instant(None, f"{day} {clock}", time_rules) for clock in ("00:00:00", "23:59:59"))
        if first is not None and last is not None:
            yield first, last


def _is_later(day: str, stamps: Sequence[Stamp], rules: TimeRules) -> bool:
    """Whether all rows are later than a stated day, in whichever order it is read."""
    known, stated = _list_instants(stamps, rules), _list_possible_instants(day, "23:59:59", rules)
    return bool(known and stated) and max(stated) + reply_times.MINUTE_US < min(known)


def _is_outside(first: str, last: str, stamps: Sequence[Stamp], rules: TimeRules) -> bool:
    """Whether no row is of a stated period, in whichever order of dates its ends can be read."""
    result = []
    for time_rules in _list_possible_rules(rules):
        edges = _list_possible_instants(first, "00:00:00", time_rules) + _list_possible_instants(
            last, "23:59:59", time_rules
        )
        if len(edges) == 2 and edges[0] <= edges[1]:
            result.append(edges)
    known = _list_instants(stamps, rules)
    return bool(result and known) and all(
        one > max(known) or other + reply_times.MINUTE_US < min(known) for one, other in result
    )


def _list_possible_rules(rules: TimeRules) -> list[TimeRules]:
    if rules.order in {"dmy", "mdy"}:
        return [rules]
    return [replace(rules, order="dmy"), replace(rules, order="mdy")]


_REST_OF_MONTH_US = 3 * reply_times.DAY_US


def _list_possible_instants(value: str, clock: str, rules: TimeRules) -> list[int]:
    """The instants that a stated time may be: of a day alone at that time, and without a known order in either one."""
    text = value.strip() if ":" in value else f"{value.strip()} {clock}"
    return [
        us
        for time_rules in _list_possible_rules(rules)
        if (us := _parse_stated_instant(None, text, time_rules)) is not None
    ]


def _list_instants(stamps: Sequence[Stamp], rules: TimeRules) -> list[int]:
    """The times of the rows that can be read."""
    return [us for date, rest in stamps[:MOST_LINES] if (us := _parse_stated_instant(date, rest, rules)) is not None]


PORT_IN_LINE = re.compile(r"(?<![a-z])port(?: ?no\.?)?\s{0,2}[:=#-]?\s{0,2}([0-9]{3,5})(?![0-9./:-])", re.IGNORECASE)
_NUMBER_IN_NAME = re.compile(r"(?<![0-9])(?:91)?([6-9][0-9]{9})(?![0-9])")
_PORT_IN_NAME = re.compile(r"(?i)port[ _-]?([0-9]{3,5})(?![0-9])")
_ADDRESS_IN_NAME = re.compile(r"(?<![0-9.])([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?![0-9.]*[0-9])")


def names_another_connection(fit: Fit, title: str, rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the name of a file or sheet has an address, a port or a mobile number that no row has.

    A file that has only UDP, by its name, has no visit of a web page.
    """
    text = " ".join(cell for cells in rows for cell in cells)
    dotted = re.sub(r"(?<=[0-9])[-_](?=[0-9])", ".", title)
    addresses = [*_ADDRESS_IN_NAME.findall(title), *_ADDRESS_IN_NAME.findall(dotted)]
    for stated in (addresses, _NUMBER_IN_NAME.findall(title)):
        if stated and not any(fact in text for fact in stated):
            return True
    ranges, ports = list(list_port_ranges(fit, rows)), [int(digits) for digits in _PORT_IN_NAME.findall(title)]
    if ports and ranges and not any(first <= port <= last for port in ports for first, last in ranges):
        return True
    parts = {*re.split(r"[^a-z]+", title.lower())}
    return "udp" in parts and "tcp" not in parts


_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DAY_IN_NAME = re.compile(
    rf"(?<![0-9a-z])([0-9]{{1,2}})(?:st|nd|rd|th)?[ _-]{{0,2}}({'|'.join(_MONTHS)})[a-z]{{0,6}}"
    r"(?:[ _-]{0,2}(20[0-9]{2}|[0-9]{2}))?(?![0-9a-z])"
)
_NUMERIC_IN_NAME = re.compile(r"(?<![0-9])(20[0-9]{2})[-_.]?([01][0-9])[-_.]?([0-3][0-9])(?![0-9])")
_NAME_OF_A_MONTH = rf"({'|'.join(_MONTHS)})(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?"
_MONTH_IN_NAME = re.compile(rf"(?<![0-9a-z]){_NAME_OF_A_MONTH}[ _'-]{{0,2}}(20[0-9]{{2}})(?![0-9a-z])")
_MONTH_ALONE = re.compile(rf"(?:^|[ _-]){_NAME_OF_A_MONTH}(?:\.[a-z]{{3,4}})?$")
_DAY_FIRST_IN_NAME = re.compile(r"(?<![0-9])([0-3]?[0-9])[-_.]([0-3]?[0-9])[-_.](20[0-9]{2})(?![0-9])")
_NUMERIC_MONTH_IN_NAME = re.compile(r"(?<![0-9])(20[0-9]{2})[-_.](0[1-9]|1[0-2])(?![-_.]?[0-9])")
_OF_LETTERS = frozenset("fir crime case letter ref notice dated dt order request cr no".split())
"""Words of a name whose date is that of a letter."""


def names_earlier_day(title: str, stamps: Sequence[Stamp], rules: TimeRules) -> bool:
    """Return whether the name of a file or sheet has a day, or else a month, that ended before all of its rows.

    A later one may be that on which the file was made. Without a year it is one of the year of the first row.
    """
    name = title.lower().strip()
    if _OF_LETTERS & {*re.findall(r"[a-z]+", name)}:
        return False
    result: list[Sequence[str]] = [(match[3] or "", match[2], match[1]) for match in _DAY_IN_NAME.finditer(name)]
    result += [match.groups() for match in _NUMERIC_IN_NAME.finditer(name)]
    for day, month, year in (match.groups() for match in _DAY_FIRST_IN_NAME.finditer(name)):
        ways = {"dmy": (year, month, day), "mdy": (year, day, month)}
        result += [ways[rules.order]] if rules.order in ways else ways.values()
    if not result:
        result = [_find_last_day(match[2], match[1]) for match in _MONTH_IN_NAME.finditer(name)]
        result += [_find_last_day(match[1], match[2]) for match in _NUMERIC_MONTH_IN_NAME.finditer(name)]
    alone = None if result else _MONTH_ALONE.search(name)
    known = _list_instants(stamps, rules) if result or alone else []
    if not known:
        return False
    first = datetime.fromtimestamp(min(known) // SECOND_US, UTC)
    if alone:
        result = [_find_last_day(str(first.year), alone[1])]
    years = [f"20{year[-2:]}" if year else str(first.year) for year, _, _ in result]
    texts = [f"{year}-{month}-{day}" for year, (_, month, day) in zip(years, result, strict=True)]
    ends = [us for text in texts if (us := _parse_stated_instant(None, f"{text} 23:59:59", rules)) is not None]
    return bool(ends) and max(ends) + reply_times.MINUTE_US < min(known)


def _find_last_day(year: str, month: str) -> tuple[str, str, str]:
    """Year, month and last day of a month of a name."""
    at = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
    return year, month, str(monthrange(int(f"20{year[-2:]}"), at)[1])


def _list_facts(stand: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Labels of a line, with their values: in one cell each, or in two cells beside each other."""
    for cell in stand:
        if match := _LABEL.match(cell):
            yield match[1].strip(), match[2].strip()
    if len(stand) == 2:
        yield stand[0].rstrip(" :="), stand[1]


def _list_addresses(rows: Sequence[Sequence[str]]) -> set[str]:
    return {
        ip
        for cells in rows
        for cell in cells
        for ip, _ in address_values.find_endpoints(cell[: surrounding_lines.MOST_LETTERS])
    }


def _contradicts_rows(
    fit: Fit, label: str, value: str, rows: Sequence[Sequence[str]], stamps: Sequence[Stamp], rules: TimeRules
) -> bool:
    """Whether no row agrees with a stated fact. A label or a value that is not understood contradicts nothing."""
    field = fit.layout.fields.get(reduce_heading(label))
    if find_column_kind(fit.layout, label) == "protocol":
        return reduce_heading(value) not in _TCP
    if field in _NUMBERS and reduce_heading(label)[:1] != "t":
        own = {reduce_heading(cell) for cells in rows for cell in cells}
        return reduce_heading(value) not in own
    if field in _PORTS and value.isdecimal() and value.isascii():
        ranges = list(list_port_ranges(fit, rows))
        return bool(ranges) and not any(first <= int(value) <= last for first, last in ranges)
    if reduce_heading(label) in _OF_A_LETTER and field in _STARTS:
        return False
    if field in _STARTS or field in _ENDS:
        return _is_beyond(value, stamps, rules, is_start=field in _STARTS)
    return False


_OF_A_LETTER = frozenset({"date", "dated", "dt"})
"""Labels of the day of a letter, which is later than its rows."""


def list_port_ranges(fit: Fit, rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, int]]:
    """Yield the first and last port of each row."""
    for cells in rows:
        result = [cells[fit.places[port]] for port in _PORTS if port in fit.places and fit.places[port] < len(cells)]
        ports = [int(digits) for text in result for digits in re.findall(r"[0-9]{1,5}", text)]
        if ports:
            yield min(ports), max(ports)


def _is_beyond(
    value: str, stamps: Sequence[Stamp], rules: TimeRules, *, is_start: bool, slack_us: int = reply_times.MINUTE_US
) -> bool:
    """Whether all times of the rows lie before a stated start, or after a stated end, in whichever order of dates."""
    stated = _list_possible_instants(value, "00:00:00" if is_start else "23:59:59", rules)
    known = _list_instants(stamps, rules)
    if not stated or not known:
        return False
    return min(stated) > max(known) if is_start else max(stated) + slack_us < min(known)


def _parse_stated_instant(date: str | None, text: str, rules: TimeRules) -> int | None:
    try:
        instant = (
            reply_times.parse_instant(text.strip(), rules)
            if date is None
            else reply_times.parse_date_and_clock(date.strip(), text.strip(), rules)
        )
    except UnreadableValue:
        return None
    return instant.us
