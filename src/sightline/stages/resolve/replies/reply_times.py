"""Parse times of a reply: dates in the declared order, clocks of 12 and 24 hours, written or declared zones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from sightline.model import ReplyCode
from sightline.stages.resolve.model import SECOND_US
from sightline.stages.resolve.replies.cell_text import UnreadableValue, normalise_figures
from sightline.stages.scan.options import ZoneTable
from sightline.stages.scan.reference.record_times import is_in_range, list_local_instants

Order = Literal["dmy", "mdy", "ymd"]
MINUTE_US = 60 * SECOND_US
DAY_US = 86_400 * SECOND_US
IST_S = 19_800
MOST_LETTERS = 100
"""The maximum length of a time's text."""
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_FULL = "january february march april may june july august september october november december".split()
_WEEKDAYS = "mon tue wed thu fri sat sun".split()
_WEEKDAY = re.compile(
    r"(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s|r|rs)?\.?(?:, ?| )(?=[0-9A-Z])",
    re.IGNORECASE | re.ASCII,
)
_NUMERIC = re.compile(r"([0-9]{1,4})([/.:-])([0-9]{1,2})\2([0-9]{1,4})", re.ASCII)
_LEADING = re.compile(r"([0-9]{1,4})([/.:-])([0-9]{1,2})\2([0-9]{2,4})(?![0-9])", re.ASCII)
_COMPACT = re.compile(r"(20[0-9]{2})([01][0-9])([0-3][0-9])", re.ASCII)
_RUN_OF_DAY = re.compile(r"([0-3][0-9])([0-3][0-9])(20[0-9]{2})", re.ASCII)
"""`05032026`, of which a year that comes first makes no date: its month would be 20."""
_DAY_FIRST = re.compile(
    r"([0-9]{1,2})(?:(?:st|nd|rd|th)(?: of)?(?=[ ,/-]))?[ /-]?([A-Za-z]{3,9})[ /,-]{0,2}([0-9]{2}|[0-9]{4})",
    re.ASCII | re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"([A-Za-z]{3,9})[ -]{1,2}([0-9]{1,2})(?:st|nd|rd|th)?(?:[ -]|, ?)([0-9]{4})", re.ASCII | re.IGNORECASE
)
_YEAR_FIRST = re.compile(r"([0-9]{4})[ -]([A-Za-z]{3,9})[ -]([0-9]{1,2})", re.ASCII)
_NO_YEAR = re.compile(r"([A-Za-z]{3}) {1,2}([0-9]{1,2})", re.ASCII)
_OF_INDIA = r"(?:IST|[Ii]ndian? [Ss]tandard [Tt]ime|Asia/(?:Kolkata|Calcutta))"
_ZONE = (
    rf"(?: ?[(\[]?(Z|UTC|GMT|{_OF_INDIA}|(?:UTC|GMT)?[+-][0-9]{{2}}(?::?[0-9]{{2}})?"
    r"|(?:UTC|GMT) ?[+-][0-9]:[0-9]{2})[)\]]?|( ?\(?[A-Z]{3,5}\)?))?"
)
_INDIA_BEHIND = re.compile(rf"(.*\+05:?30) ?[(\[]?{_OF_INDIA}[)\]]?", re.ASCII)
"""An offset, and the name of its zone, as browsers and Java write it."""
_HALF = r"(?: ?(?:([AaPp])\.?[Mm]\.?|[Hh](?:rs|ours)?\.?))?"
_COLONS = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:(?:[.,]|:(?=[0-9]{3}(?![0-9])))([0-9]{1,9}))?)?" + _HALF + _ZONE
)
_DOTS = re.compile(r"([0-9]{1,2})\.([0-9]{2})\.([0-9]{2})(?:\.([0-9]{1,9}))?" + _HALF + _ZONE)
_RUN = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{1,9}))?()" + _ZONE)
_WHOLE = re.compile(
    r"(.*?[0-9A-Za-z])(?:, ?|[ T-] ?| at | ?[/|&_] ?|(?<=[0-9]{8}))([0-9]{1,2}(?:[:.][0-9]{2}){1,2}.*"
    r"|[0-9]{6}(?:\.[0-9]{1,9})?(?:[ Z+-].*)?)",
    re.ASCII,
)
_CLOCK_FIRST = re.compile(
    r"([0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?: ?[AaPp][Mm])?),? "
    r"([0-9]{1,4}[/. -][0-9A-Za-z]{1,9}[/., -][0-9]{1,4})",
    re.ASCII,
)
_SAS = re.compile(r"([0-9]{1,2}(/?)[A-Za-z]{3}\2(?:[0-9]{2}|[0-9]{4})):([0-9]{1,2}:[0-9]{2}.*)", re.ASCII)
"""A `datetime` of SAS, `05MAR2026:17:00:00`, and the time of web servers, `05/Mar/2026:17:00:00`."""
_CTIME = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} [ 0-9]?[0-9]) ([0-9:]{8}) (?:([A-Z]{3,4}) )?([0-9]{4})", re.ASCII)
_EPOCH = re.compile(r"([0-9]{10})(?:\.([0-9]{1,9}))?|([0-9]{13})|([0-9]{16})", re.ASCII)
_SERIAL = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?|0?[.,][0-9]+|[0-9.,]+[eE][+-]?[0-9]+", re.ASCII)
_MIDNIGHT = re.compile(r"[ T]00:00(?::00)?(?:\.0+)?$", re.ASCII)
_PART_OF_DAY = re.compile(r"0?[.,]([0-9]{8,17})", re.ASCII)
"""A time of day as a spreadsheet holds it. Eight figures tell every second; with fewer it may have been rounded."""
_MINUTES_AND_TENTHS = re.compile(r"[0-9]{1,2}:[0-9]{2}\.[0-9]", re.ASCII)


@dataclass(frozen=True, slots=True)
class TimeRules:
    """Facts about a reply's values besides their texts: the order of dates, the year, the zone.

    `duration_us`, `lifetime_us`: the unit of such a column; None if unknown. `takes_inside`: the addresses are inside a
    network, as in an access log.
    """

    order: Order | None = None
    year: int | None = None
    zone: ZoneTable | None = None
    duration_us: int | None = None
    lifetime_us: int | None = None
    takes_inside: bool = False


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time of day, its precision, and its UTC offset if written."""

    us: int
    step_us: int
    offset_s: int | None


@dataclass(frozen=True, slots=True)
class ReplyInstant:
    """Microseconds since 1970, UTC, and how much later the true time may be."""

    us: int
    slack_us: int


@lru_cache(maxsize=1 << 16)
def parse_day(text: str, order: Order | None, year: int | None) -> int:
    """Return the days since 1970 of a date. Raises UnreadableValue, also if the day of the week is another."""
    text = " ".join(normalise_figures(text).split())
    if match := _WEEKDAY.match(text):
        day = parse_day(text[match.end() :], order, year)
        if (day + _EPOCH_DAY - 1) % 7 != _WEEKDAYS.index(match[1].lower()):
            raise UnreadableValue(ReplyCode.BAD_TIME)
        return day
    if _SERIAL.fullmatch(text):
        raise UnreadableValue(ReplyCode.MANGLED_TIME)
    if match := _COMPACT.fullmatch(text):
        return _compute_day(match[1], match[2], match[3])
    if (match := _RUN_OF_DAY.fullmatch(text)) and order != "ymd":
        return _parse_numeric_day((match[1], match[2], match[3]), order)
    if match := _NUMERIC.fullmatch(text):
        return _parse_numeric_day((match[1], match[3], match[4]), order)
    if match := _DAY_FIRST.fullmatch(text):
        # Without a declared order, `05-MAR-26` is what a database writes. Read wrongly it would be of 2005.
        if len(match[3]) == 2 and order == "ymd":
            return _compute_day("20" + match[1].zfill(2), _parse_month(match[2]), match[3])
        return _compute_day(match[3] if len(match[3]) == 4 else "20" + match[3], _parse_month(match[2]), match[1])
    if match := _MONTH_FIRST.fullmatch(text):
        return _compute_day(match[3], _parse_month(match[1]), match[2])
    if match := _YEAR_FIRST.fullmatch(text):
        return _compute_day(match[1], _parse_month(match[2]), match[3])
    if match := _NO_YEAR.fullmatch(text):
        if year is None:
            raise UnreadableValue(ReplyCode.TIME_WITHOUT_YEAR)
        return _compute_day(str(year), _parse_month(match[1]), match[2])
    raise UnreadableValue(ReplyCode.BAD_TIME)


def needs_order(text: str) -> bool:
    """Return whether a date, or a text that begins with one, has day and month in figures and no year before them."""
    match = _LEADING.match(text)
    return (match is not None and len(match[1]) < 3) or _RUN_OF_DAY.match(text) is not None


def _parse_numeric_day(parts: tuple[str, str, str], order: Order | None) -> int:
    """The day of three numbers: those that begin with a year of four digits need no order."""
    if len(parts[0]) == 4 and len(parts[2]) < 3:
        return _compute_day(*parts)
    if len(parts[0]) > 2 or len(parts[2]) not in {2, 4}:
        raise UnreadableValue(ReplyCode.BAD_TIME)
    if order is None:
        raise UnreadableValue(ReplyCode.DATE_WITHOUT_ORDER)
    named = dict(zip(order, parts, strict=True))
    if len(named["y"]) not in {2, 4} or len(named["m"]) > 2 or len(named["d"]) > 2:
        raise UnreadableValue(ReplyCode.BAD_TIME)
    return _compute_day(named["y"] if len(named["y"]) == 4 else "20" + named["y"], named["m"], named["d"])


def _parse_month(name: str) -> str:
    """The number of a month by its English name or the first three letters of it. Raises UnreadableValue."""
    bare = name.lower()
    if bare in _MONTHS or bare in _FULL or bare == "sept":
        return str(_MONTHS.index(bare[:3]) + 1)
    raise UnreadableValue(ReplyCode.BAD_TIME)


def _compute_day(year: str, month: str, day_of_month: str) -> int:
    try:
        return date(int(year), int(month), int(day_of_month)).toordinal() - _EPOCH_DAY
    except ValueError:
        raise UnreadableValue(ReplyCode.BAD_TIME) from None


@lru_cache(maxsize=1 << 17)
def parse_clock(text: str) -> TimeOfDay:
    """Parse a time of day, also a part of a day as a spreadsheet has it. Raises UnreadableValue."""
    text = " ".join(normalise_figures(text).split())
    if match := _PART_OF_DAY.fullmatch(text):
        return _parse_day_part(match[1])
    if match := _INDIA_BEHIND.fullmatch(text):
        text = match[1]
    if _SERIAL.fullmatch(text) or _MINUTES_AND_TENTHS.fullmatch(text):
        raise UnreadableValue(ReplyCode.MANGLED_TIME)
    match = _COLONS.fullmatch(text) or _DOTS.fullmatch(text) or _RUN.fullmatch(text)
    if match is None:
        raise UnreadableValue(ReplyCode.BAD_TIME)
    hours, minutes, seconds, fraction, half, zone, letters = match.groups()
    if letters:
        raise UnreadableValue(ReplyCode.BAD_ZONE)
    hour = int(hours)
    if half:
        if not 1 <= hour <= 12:
            raise UnreadableValue(ReplyCode.BAD_TIME)
        hour = hour % 12 + 12 * (half in "Pp")
    if hour > 23 or int(minutes) > 59 or int(seconds or 0) > 59:
        raise UnreadableValue(ReplyCode.BAD_TIME)
    micro = int((fraction or "")[:6].ljust(6, "0"))
    step_us = MINUTE_US if seconds is None else _compute_step_us(fraction or "")
    return TimeOfDay(
        (hour * 3600 + int(minutes) * 60 + int(seconds or 0)) * SECOND_US + micro,
        step_us,
        _parse_offset_s(zone) if zone else None,
    )


def _parse_day_part(figures: str) -> TimeOfDay:
    """The time of day of a part of a day, as exact as its decimals. Raises UnreadableValue."""
    seconds = int(figures) * 86_400 / 10 ** len(figures)
    if abs(seconds - round(seconds)) > 86_400 / 10 ** len(figures) + 1e-6 or round(seconds) == 86_400:
        raise UnreadableValue(ReplyCode.MANGLED_TIME)
    return TimeOfDay(round(seconds) * SECOND_US, SECOND_US, None)


def _compute_step_us(fraction: str) -> int:
    """Microseconds of the last digit of a fraction that is no zero: programs fill whole seconds up with zeros."""
    return int(10 ** max(6 - len(fraction.rstrip("0")), 0))


def _parse_offset_s(text: str) -> int:
    """Seconds east of UTC of `Z`, `UTC`, `IST` and other names of India's time, or `+05:30`."""
    if text[0] in "Ii" or text.startswith("Asia"):
        return IST_S
    bare = text.removeprefix("UTC").removeprefix("GMT").strip()
    if bare in {"", "Z"}:
        return 0
    if bare[2] == ":":
        bare = f"{bare[0]}0{bare[1:]}"
    bare = bare.replace(":", "")
    return (int(bare[1:3]) * 3600 + int(bare[3:5] or 0) * 60) * (-1 if bare[0] == "-" else 1)


def split_time(text: str) -> tuple[str, str]:
    """Split a text into its date and its time of day. Raises UnreadableValue."""
    if len(text) > MOST_LETTERS:
        raise UnreadableValue(ReplyCode.BAD_TIME)
    text = " ".join(normalise_figures(text).split()) if "  " in text or not text.isascii() or "\n" in text else text
    if match := _CTIME.fullmatch(text):
        return f"{match[1]} {match[4]}", f"{match[2]} {match[3]}" if match[3] else match[2]
    if (match := _WEEKDAY.match(text)) and text[match.end()].isdecimal():
        date_text, clock_text = split_time(text[match.end() :])
        return match[0] + date_text, clock_text
    if match := _CLOCK_FIRST.fullmatch(text):
        return match[2], match[1]
    if match := _SAS.fullmatch(text) or _WHOLE.fullmatch(text):
        return match[1], match[match.re.groups]
    if _SERIAL.fullmatch(text) or _MINUTES_AND_TENTHS.fullmatch(text):
        raise UnreadableValue(ReplyCode.MANGLED_TIME)
    if _NUMERIC.fullmatch(text) or _DAY_FIRST.fullmatch(text) or _COLONS.fullmatch(text):
        raise UnreadableValue(ReplyCode.INCOMPLETE_TIME)
    raise UnreadableValue(ReplyCode.BAD_TIME)


def strip_midnight(text: str) -> str:
    """Return a date without the midnight that a spreadsheet adds."""
    return _MIDNIGHT.sub("", text)


@lru_cache(maxsize=1 << 17)
def parse_instant(text: str, rules: TimeRules) -> ReplyInstant:
    """Return the instant of a text: date and time, or seconds since 1970, or parts of them. Raises UnreadableValue.

    13 figures are milliseconds, 16 are microseconds.
    """
    text = normalise_figures(text)
    if match := _EPOCH.fullmatch(text):
        if match[3]:
            return ReplyInstant(int(match[3]) * 1000, _compute_step_us(match[3][-3:]))
        if match[4]:
            return ReplyInstant(int(match[4]), _compute_step_us(match[4][-6:]))
        fraction = match[2] or ""
        micro = int(fraction[:6].ljust(6, "0"))
        return ReplyInstant(int(match[1]) * SECOND_US + micro, _compute_step_us(fraction))
    return parse_date_and_clock(*split_time(text), rules)


def parse_date_and_clock(date_text: str, clock_text: str, rules: TimeRules) -> ReplyInstant:
    """Return the instant of a date and a time of day. Raises UnreadableValue."""
    result = parse_clock(clock_text)
    return place_time(parse_day(strip_midnight(date_text), rules.order, rules.year) * DAY_US + result.us, result, rules)


def place_time(local_us: int, clock_reading: TimeOfDay, rules: TimeRules) -> ReplyInstant:
    """Return the instant at which clocks showed that local time. In a fold it is the first, with its width as slack.

    Raises UnreadableValue.
    """
    local_s, micro = divmod(local_us, SECOND_US)
    if clock_reading.offset_s is not None:
        instants = [local_s - clock_reading.offset_s]
    elif rules.zone is None:
        raise UnreadableValue(ReplyCode.TIME_WITHOUT_ZONE)
    else:
        instants = list_local_instants(local_s, rules.zone)
    if not instants:
        raise UnreadableValue(ReplyCode.TIME_IN_GAP)
    if not is_in_range(instants[0] * SECOND_US):
        raise UnreadableValue(ReplyCode.BAD_TIME)
    fold_us = (instants[-1] - instants[0]) * SECOND_US
    return ReplyInstant(instants[0] * SECOND_US + micro, clock_reading.step_us + fold_us)
