"""Parse the time of a record: layouts, zones, folds and gaps (ADR 3, Times)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sightline.model import RejectCode
from sightline.stages.formats.program import Zone
from sightline.stages.scan.options import DateOrder, ReadOptions, ZoneTable

MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
EPOCH = date(1970, 1, 1)
END_S = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
MICRO = 1_000_000
WIDEST_OFFSET_S = 2 * 86400
MAX_LESS_DIGITS = 10


@dataclass(frozen=True, slots=True)
class RecordedInstant:
    """Microseconds since 1970, UTC, as recorded, and the width in seconds of a fold that may contain it."""

    recorded_us: int
    fold_s: int = 0


@dataclass(slots=True)
class Parts:
    """The parts that a layout found in a text. `epoch_us` is the whole instant if the text counts from 1970.

    `less_s`: seconds that the time is earlier than the other parts say.
    """

    year: int | None = None
    month: int = 1
    day: int = 1
    hour: int = 0
    minute: int = 0
    second: int = 0
    micro: int = 0
    afternoon: bool | None = None
    offset_s: int | None = None
    epoch_us: int | None = None
    less_s: int = 0
    date_texts: tuple[bytes, bytes, bytes] | None = None


def read_time(text: bytes, layouts: tuple[str, ...], zone: Zone, options: ReadOptions) -> RecordedInstant | RejectCode:
    """Return the instant by the first layout with another outcome than `bad-time`."""
    for layout in layouts:
        outcome = _read(text, layout, zone, options)
        if outcome is not RejectCode.BAD_TIME:
            return outcome
    return RejectCode.BAD_TIME


def is_in_range(instant_us: int) -> bool:
    """Return whether an instant is within 1970 to 2199."""
    return 0 <= instant_us < END_S * MICRO


def _read(text: bytes, layout: str, zone: Zone, options: ReadOptions) -> RecordedInstant | RejectCode:
    parts = parse_time(text, layout)
    if parts is None:
        return RejectCode.BAD_TIME
    if parts.epoch_us is not None:
        return _check_range(RecordedInstant(parts.epoch_us - parts.less_s * MICRO))
    if parts.date_texts is not None and options.date_order is None:
        return RejectCode.DATE_WITHOUT_ORDER
    if parts.date_texts is None and parts.year is None and options.year is None and options.first_day is None:
        return RejectCode.TIME_WITHOUT_YEAR
    day = _find_day(parts, options)
    if day is None:
        return RejectCode.BAD_TIME
    hour = parts.hour if parts.afternoon is None else parts.hour % 12 + 12 * parts.afternoon
    local_s = (day - EPOCH).days * 86400 + hour * 3600 + parts.minute * 60 + parts.second
    placed = _place_in_utc(local_s, parts.offset_s, zone, options.timezone)
    if isinstance(placed, RejectCode):
        return placed
    utc_s, fold_s = placed
    return _check_range(RecordedInstant((utc_s - parts.less_s) * MICRO + parts.micro, fold_s))


def _check_range(instant: RecordedInstant) -> RecordedInstant | RejectCode:
    return instant if is_in_range(instant.recorded_us) else RejectCode.BAD_TIME


def _find_day(parts: Parts, options: ReadOptions) -> date | None:
    """The day that the text names, or None where there is no such day."""
    year, month, day = parts.year, parts.month, parts.day
    if year is None:
        year = _derive_unstated_year(month, day, options)
    if parts.date_texts is not None and options.date_order is not None:
        ordered = _order_date(parts.date_texts, options.date_order)
        if ordered is None:
            return None
        year, month, day = ordered
    try:
        return date(year or 0, month, day)
    except ValueError:
        return None


def _derive_unstated_year(month: int, day: int, options: ReadOptions) -> int | None:
    """The year of a day without one: the next for a day that lies over a month before the log's first."""
    if options.first_day is None:
        return options.year
    return options.first_day[0] + is_over_a_month_before((month, day), options.first_day[1:])


def is_over_a_month_before(day: tuple[int, int], other: tuple[int, int]) -> bool:
    """Return whether a month and day lie over a month before another in one calendar year."""
    return day[0] * 31 + day[1] + 31 < other[0] * 31 + other[1]


def _order_date(texts: tuple[bytes, bytes, bytes], order: DateOrder) -> tuple[int, int, int] | None:
    """Year, month and day of a date in that order, or None where their widths are not 4 or 2, 1-2 and 1-2."""
    by_sign = dict(zip(order, texts, strict=True))
    if len(by_sign["y"]) not in {2, 4} or len(by_sign["m"]) > 2 or len(by_sign["d"]) > 2:
        return None
    century = 2000 if len(by_sign["y"]) == 2 else 0
    return century + int(by_sign["y"]), int(by_sign["m"]), int(by_sign["d"])


def _place_in_utc(
    local_s: int, offset_s: int | None, zone: Zone, declared: ZoneTable | None
) -> tuple[int, int] | RejectCode:
    """UTC seconds of a local time, and the width of the fold that it lies in."""
    if offset_s is not None:
        return local_s - offset_s, 0
    if zone is Zone.UTC:
        return local_s, 0
    if declared is None:
        return RejectCode.TIME_WITHOUT_ZONE
    instants = list_local_instants(local_s, declared)
    if not instants:
        return RejectCode.TIME_IN_GAP
    return instants[0], instants[-1] - instants[0]


def list_local_instants(local_s: int, table: ZoneTable) -> list[int]:
    """Return all instants, ascending, at which clocks of the zone showed that local time.

    There are none in a gap, and two in a fold.
    """
    starts = [start for start, _ in table]
    first = max(0, bisect_right(starts, local_s - WIDEST_OFFSET_S) - 1)
    last = bisect_right(starts, local_s + WIDEST_OFFSET_S)
    match = []
    for row in range(first, max(last, first + 1)):
        utc_s = local_s - table[row][1]
        is_after_start = row == 0 or utc_s >= starts[row]
        if is_after_start and (row + 1 == len(table) or utc_s < starts[row + 1]):
            match.append(utc_s)
    return sorted(match)


def parse_time(text: bytes, layout: str) -> Parts | None:
    """Return the parts that the layout finds in the text, or None if it does not match all of it."""
    parts, position = Parts(), 0
    for sign in re.findall(r"%.|[^%]+", layout, re.DOTALL):
        if sign[0] == "%":
            end = _take_token(sign, text, position, parts)
        else:
            literal = sign.encode()
            end = position + len(literal) if text.startswith(literal, position) else None
        if end is None:
            return None
        position = end
    return parts if position == len(text) else None


def _take_token(sign: str, text: bytes, position: int, parts: Parts) -> int | None:
    """Return where the token ends that begins at `position`, what it says in `parts`; None where it does not fit."""
    pattern, put = TOKENS[sign]
    match = pattern.match(text, position)
    return match.end() if match and put(parts, match) else None


Put = Callable[[Parts, "re.Match[bytes]"], bool]


def _make_number_put(name: str, low: int, high: int) -> Put:
    """Puts a number into its part if it lies in its range."""

    def put(parts: Parts, match: re.Match[bytes]) -> bool:
        setattr(parts, name, int(match[0]))
        return low <= int(match[0]) <= high

    return put


def _put_short_year(parts: Parts, match: re.Match[bytes]) -> bool:
    parts.year = 2000 + int(match[0])
    return True


def _put_month(parts: Parts, match: re.Match[bytes]) -> bool:
    parts.month = MONTHS.index(match[0].lower()) + 1
    return True


def _put_half(parts: Parts, match: re.Match[bytes]) -> bool:
    parts.afternoon = match[0].lower() == b"pm"
    return True


def _convert_to_micro(digits: bytes | None) -> int:
    """A fraction's digits as microseconds, cut."""
    return int((digits or b"")[:6].ljust(6, b"0"))


def _put_fraction(parts: Parts, match: re.Match[bytes]) -> bool:
    parts.micro = _convert_to_micro(match[1])
    return True


def _put_zone(parts: Parts, match: re.Match[bytes]) -> bool:
    if match[0] == b"Z":
        parts.offset_s = 0
    elif match[0]:
        hours, minutes = int(match[2]), int(match[3] or 0)
        parts.offset_s = (hours * 3600 + minutes * 60) * (-1 if match[1] == b"-" else 1)
    return True


def _put_seconds(parts: Parts, match: re.Match[bytes]) -> bool:
    parts.epoch_us = _parse_digits(match[1]) * MICRO + _convert_to_micro(match[2])
    return True


def _put_milliseconds(parts: Parts, match: re.Match[bytes]) -> bool:
    parts.epoch_us = _parse_digits(match[0]) * 1000
    return True


def _put_nanoseconds(parts: Parts, match: re.Match[bytes]) -> bool:
    parts.epoch_us = _parse_digits(match[0]) // 1000
    return True


def _put_less(parts: Parts, match: re.Match[bytes]) -> bool:
    parts.less_s = _parse_digits(match[0])
    return len(match[0]) <= MAX_LESS_DIGITS


def _parse_digits(digits: bytes) -> int:
    """A number of any length; beyond 2199 it only matters that it is so."""
    significant = digits.lstrip(b"0")
    return int(significant or b"0") if len(significant) < 20 else 10**20


def _put_date(parts: Parts, match: re.Match[bytes]) -> bool:
    parts.date_texts = (match[1], match[3], match[4])
    return True


def _put_nothing(_parts: Parts, _found: re.Match[bytes]) -> bool:
    return True


def _put_zone_name(parts: Parts, match: re.Match[bytes]) -> bool:
    """A zone's letters: only those that mean UTC everywhere say an offset."""
    if not match["letters"]:
        return _put_zone(parts, match)
    parts.offset_s = 0 if match["letters"] in (b"UTC", b"GMT", b"Z") else None
    return True


_ZONE = rb"Z|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?"

TOKENS: dict[str, tuple[re.Pattern[bytes], Put]] = {
    "%Y": (re.compile(rb"\d{4}"), _make_number_put("year", 0, 9999)),
    "%y": (re.compile(rb"\d\d"), _put_short_year),
    "%m": (re.compile(rb"\d\d"), _make_number_put("month", 1, 12)),
    "%d": (re.compile(rb"\d\d"), _make_number_put("day", 1, 31)),
    "%e": (re.compile(rb" ?\d\d?"), _make_number_put("day", 1, 31)),
    "%H": (re.compile(rb"\d\d"), _make_number_put("hour", 0, 23)),
    "%I": (re.compile(rb"\d\d"), _make_number_put("hour", 1, 12)),
    "%k": (re.compile(rb"\d\d?"), _make_number_put("hour", 0, 23)),
    "%l": (re.compile(rb"\d\d?"), _make_number_put("hour", 1, 12)),
    "%M": (re.compile(rb"\d\d"), _make_number_put("minute", 0, 59)),
    "%S": (re.compile(rb"\d\d"), _make_number_put("second", 0, 60)),
    "%b": (re.compile(b"|".join(MONTHS), re.IGNORECASE), _put_month),
    "%p": (re.compile(rb"am|pm", re.IGNORECASE), _put_half),
    "%F": (re.compile(rb"(?:[.,](\d+))?"), _put_fraction),
    "%z": (re.compile(_ZONE), _put_zone),
    "%Z": (re.compile(rb"(?:" + _ZONE + rb")?"), _put_zone),
    "%N": (re.compile(rb"(?:" + _ZONE.removeprefix(rb"Z|") + rb")|(?P<letters>[A-Za-z]+)"), _put_zone_name),
    "%t": (re.compile(rb"[Tt ]"), _put_nothing),
    "%s": (re.compile(rb"(\d+)(?:[.,](\d+))?"), _put_seconds),
    "%Q": (re.compile(rb"\d+"), _put_milliseconds),
    "%G": (re.compile(rb"\d+"), _put_nanoseconds),
    "%L": (re.compile(rb"\d+"), _put_less),
    "%D": (re.compile(rb"(\d{1,4})([/.:-])(\d{1,4})\2(\d{1,4})"), _put_date),
    "%%": (re.compile(rb"%"), _put_nothing),
}
"""The tokens of a layout: the characters that each takes, and their meaning. No pattern can match in two ways."""
