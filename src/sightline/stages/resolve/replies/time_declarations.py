"""Decide from a reply's head whether a zone, a year, or an order of day and month must be declared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from sightline.errors import TimeUndeclared, UsageError
from sightline.model import ReplyCode
from sightline.stages.resolve.model import DateOrder, ReplyDeclarations
from sightline.stages.resolve.replies import cell_text, reply_times
from sightline.stages.resolve.replies.cell_text import UnreadableValue
from sightline.stages.resolve.replies.column_names import (
    find_date_order,
    find_unit_us,
    find_zone,
    find_zones_of_line,
    without_zones,
)
from sightline.stages.resolve.replies.reply_times import TimeRules
from sightline.stages.scan.options import ZoneTable
from sightline.stages.scan.zones import build_zone_table

MOST_OF_A_ZONE = 40
_NAMES_OF_ZONES = {"z": "UTC", **dict.fromkeys(("india standard time", "indian standard time"), "Asia/Kolkata")}
"""Names of zones in a cell that are none of the IANA data."""
Stamp = tuple[str | None, str]
"""The date, if it is separate, and the rest of a time."""
_NEEDS = {
    ReplyCode.TIME_WITHOUT_ZONE: ("a zone", "--timezone Area/City, as the ISP says it"),
    ReplyCode.DATE_WITHOUT_ORDER: (
        "an order of day and month",
        "--date-order dmy (or mdy, ymd), as the ISP says it",
    ),
    ReplyCode.TIME_WITHOUT_YEAR: ("a year", "--year YYYY"),
}
_WHOLE_YEAR = re.compile(r"([0-9]{1,2})[/.:-]([0-9]{1,2})[/.:-][0-9]{4}(?![0-9])", re.ASCII)
PROVING = 2
"""The minimum number of different dates that prove the order of an undeclared table."""
_DATE = re.compile(
    r"([0-9]{1,2})[/.:-]([0-9]{1,2})[/.:-](?:[0-9]{4}|[0-9]{2})(?![0-9])|([0-3][0-9])([0-3][0-9])20[0-9]{2}(?![0-9])",
    re.ASCII,
)


def combine_rules(
    declared: ReplyDeclarations, time_headings: Sequence[str], duration: str | None = None, lifetime: str | None = None
) -> TimeRules:
    """Combine the declarations with the headings of the times. Raises UsageError, or TimeUndeclared if they differ.

    `duration`, `lifetime`: the headings of such columns, which may include their unit.
    """
    zones = sorted({one for text in time_headings if (one := find_zone(text)) is not None})
    if len(zones) > 1:
        raise TimeUndeclared(
            f"the headings of the times say several zones: {', '.join(zones)}",
            hint="ask the ISP in which zone they are",
        )
    try:
        zone = None if declared.timezone is None else build_zone_table(declared.timezone)
    except ValueError as error:
        raise UsageError(f"--timezone: {error}") from None
    if zones and zone is not None and zone != _load_known_zone(zones[0]):
        raise TimeUndeclared(
            f"declared is the zone {declared.timezone}, and the headings of the times say {zones[0]}",
            hint="ask the ISP which it is: one of them is wrong",
        )
    if zones and zone is None:
        zone = _load_known_zone(zones[0])
    lasting, living = (None if heading is None else find_unit_us(heading) for heading in (duration, lifetime))
    return TimeRules(declared.date_order, declared.year, zone, lasting, living)


def check_zones_of_lines(rules: TimeRules, declared: ReplyDeclarations, zones: set[str]) -> None:
    """Raise TimeUndeclared if a line above or below a table says another zone than the one in which it is read."""
    against = sorted(zone for zone in zones if rules.zone is not None and _load_known_zone(zone) != rules.zone)
    if against:
        raise TimeUndeclared(
            f"a line of the file says {', '.join(against)}, and its times are read in another zone"
            f" ({declared.timezone or 'as its headings say'})",
            hint="ask the ISP which it is: one of them is wrong",
        )


def _load_known_zone(text: str) -> ZoneTable:
    """Return the table of a zone that a file says. Raises TimeUndeclared where there is no such offset."""
    try:
        return build_zone_table(text)
    except ValueError:
        raise TimeUndeclared(
            f"the file says the zone {text}, which is none", hint="ask the ISP in which zone its times are"
        ) from None


def derive_zone_rules(rules: TimeRules, text: str) -> TimeRules:
    """Return the rules for rows with a zone in their own cell; without a zone if it is unreadable or contradicts."""
    if not text or text.lower() in cell_text.ABSENT:
        return rules
    with suppress(ValueError):
        return replace(rules, zone=build_zone_table(_NAMES_OF_ZONES.get(" ".join(text.lower().split()), text)))
    zones: set[ZoneTable] = set()
    if len(text) < MOST_OF_A_ZONE and not re.search("[0-9]", without_zones(text)):
        with suppress(ValueError):
            zones = {build_zone_table(zone) for zone in find_zones_of_line(text)}
    return replace(rules, zone=zones.pop() if len(zones) == 1 else None)


def check_declared(stamps: Iterable[Stamp], rules: TimeRules, declared: ReplyDeclarations) -> None:
    """Raise TimeUndeclared if times of the head need an unknown fact, or contradict the declared order."""
    lacking: Counter[ReplyCode] = Counter()
    shapes: Counter[str] = Counter()
    day_first, month_first, seen = 0, 0, 0
    for date, rest in stamps:
        text = rest if date is None else f"{date} {rest}"
        seen += 1
        if match := _DATE.match(cell_text.normalise_figures(text.strip())):
            first, second = int(match[1] or match[3]), int(match[2] or match[4])
            day_first += first > 12 >= second
            month_first += second > 12 >= first
        for code in _list_lacking(date, rest, rules):
            lacking[code] += 1
            shapes[re.sub(r"[0-9]", "9", text.strip())] += 1
    evidence = f"in its first {seen:,} times, {day_first:,} can only be day-month and {month_first:,} only month-day"
    if lacking:
        needs = [_NEEDS[code] for code in _NEEDS if lacking[code]]
        raise TimeUndeclared(
            f"its times need {' and '.join(what for what, _ in needs)}, which no record states and nobody declared",
            hint=", ".join(hint for _, hint in needs),
            details=[f"seen: {', '.join(shape for shape, _ in shapes.most_common(5))}", evidence],
        )
    against = {"dmy": (month_first, day_first), "mdy": (day_first, month_first)}.get(declared.date_order or "", (0, 0))
    if against[0] and not against[1]:
        raise TimeUndeclared(
            f"declared is the date order {declared.date_order}, and the file contradicts it: {evidence}",
            hint="ask the ISP which it is; a row that happens to fit would be read as another day. Of one table of"
            " several: --date-order NAME=ORDER",
        )


def check_order_of_headings(headings: Iterable[str], stamps: Iterable[Stamp], declared: ReplyDeclarations) -> None:
    """Raise TimeUndeclared if the headings of the times say another order of day and month than the declared one."""
    stated_orders = {order for heading in headings if (order := find_date_order(heading)) is not None}
    if declared.date_order not in {"dmy", "mdy"} or stated_orders <= {declared.date_order}:
        return
    if any(reply_times.needs_order(cell_text.normalise_figures((date or rest).strip())) for date, rest in stamps):
        raise TimeUndeclared(
            f"declared is the date order {declared.date_order}, and the headings of the times say"
            f" {' and '.join(sorted(stated_orders))}",
            hint="ask the ISP which it is: one of them is wrong",
        )


def prove_date_order(stamps: Iterable[Stamp]) -> DateOrder | None:
    """Return the only possible order of day and month of a table's dates; None if they leave it open, or differ.

    A date proves it if its day is above 12 and its year has four digits: nothing else can be its month.
    """
    dates = {(date or rest).strip()[:10] for date, rest in stamps}
    result = [(int(match[1]), int(match[2])) for date in dates if (match := _WHOLE_YEAR.match(date))]
    day_first = sum(first > 12 >= second for first, second in result)
    month_first = sum(second > 12 >= first for first, second in result)
    if day_first and month_first:
        return None
    return "dmy" if day_first >= PROVING else "mdy" if month_first >= PROVING else None


def _list_lacking(date: str | None, rest: str, rules: TimeRules) -> list[ReplyCode]:
    """What must be declared before this time can be read: all of it, though reading stops at the first."""
    reply_codes: list[ReplyCode] = []
    time_rules = rules
    fill = {
        ReplyCode.DATE_WITHOUT_ORDER: {"order": "dmy"},
        ReplyCode.TIME_WITHOUT_YEAR: {"year": 2000},
        ReplyCode.TIME_WITHOUT_ZONE: {"zone": build_zone_table("UTC")},
    }
    while len(reply_codes) < 3:
        try:
            stated = cell_text.clean_text(rest)
            day = None if date is None else cell_text.clean_text(date)
            if stated is None:
                break
            if date is None:
                reply_times.parse_instant(stated, time_rules)
            elif day is not None:
                reply_times.parse_date_and_clock(day, stated, time_rules)
            break
        except UnreadableValue as error:
            if error.code not in fill or error.code in reply_codes:
                break
            reply_codes.append(error.code)
            time_rules = replace(time_rules, **fill[error.code])  # type: ignore[arg-type]
    return reply_codes
