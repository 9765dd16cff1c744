"""Parse durations of a reply strictly."""

from __future__ import annotations

import re

from sightline.model import ReplyCode
from sightline.stages.resolve.replies.cell_text import UnreadableValue, normalise_figures, refuse_mangled
from sightline.stages.resolve.replies.column_names import find_unit_us as unit_in_heading

_SECONDS = re.compile(r"([0-9]{1,9})(?:\.[0-9]{1,9})?", re.ASCII)
_DAYS_AND_CLOCK = re.compile(r"([0-9]{1,4}) ?(?:d|days?)[, ]{0,2}([0-9]{1,2}:[0-5][0-9]:[0-5][0-9])", re.IGNORECASE)
_BETWEEN_PARTS = r"(?:[, ]{1,2}|,? and )?"
_PARTS_OF_A_LENGTH = re.compile(
    rf"(?=[0-9]{{1,4}} ?[a-z]{{1,7}}[, ]{{0,2}}(?:and )?[0-9])(?:([0-9]{{1,4}}) ?(?:d|days?))?{_BETWEEN_PARTS}"
    rf"(?:([0-9]{{1,4}}) ?(?:h|hrs?|hours?))?{_BETWEEN_PARTS}(?:([0-9]{{1,4}}) ?(?:m|mins?|minutes?))?{_BETWEEN_PARTS}"
    r"(?:([0-9]{1,4}) ?(?:s|secs?|seconds?))?",
    re.IGNORECASE,
)
"""Two or more numbers, each with its unit, the largest first: alone `5m` may be months."""
_UNITS_US = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000)


def parse_duration_us(text: str, unit_us: int | None) -> int | None:
    """Return a duration in microseconds; None without a unit.

    Reads `hh:mm:ss`, `90 min`, `2 hours 32 minutes`, `1d2h`, or a number in that unit. Raises Unreadable.
    """
    text = normalise_figures(text)
    if days := _DAYS_AND_CLOCK.fullmatch(text):
        return (int(days[1]) * 86_400 + parse_seconds(days[2])) * 1_000_000
    if ":" in text:
        return parse_seconds(text) * 1_000_000
    if parts := _PARTS_OF_A_LENGTH.fullmatch(text):
        return sum(int(part or 0) * unit for part, unit in zip(parts.groups(), _UNITS_US, strict=True))
    figures, _, unit = text.partition(" ")
    if unit and (result := unit_in_heading(unit)) is not None:
        return parse_seconds(figures) * result
    number = parse_seconds(text)
    return None if unit_us is None else number * unit_us


def parse_seconds(text: str) -> int:
    """Return a number of seconds, also from `hh:mm:ss`. Raises UnreadableValue."""
    if clock := re.fullmatch(r"([0-9]{1,4}):([0-5][0-9]):([0-5][0-9])", text, re.ASCII):
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3])
    refuse_mangled(text)
    match = _SECONDS.fullmatch(text)
    if match is None:
        raise UnreadableValue(ReplyCode.BAD_TIME)
    return int(match[1])


_WRAPPED_S = 1 << 32


def parse_session_seconds(text: str) -> int:
    """Return seconds as `parse_seconds` does, less than 0 of a stop before its start. Raises UnreadableValue.

    Such a time has a sign (`-3600`), or is the same in 32 bits without one (RFC 2866, 5.7).
    """
    if re.fullmatch(r"-[0-9]{1,9}", text, re.ASCII):
        return int(text)
    if re.fullmatch(r"[0-9]{10}", text, re.ASCII) and _WRAPPED_S // 2 <= int(text) < _WRAPPED_S:
        return int(text) - _WRAPPED_S
    return parse_seconds(text)
