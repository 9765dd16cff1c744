"""Format addresses, times and counts for people: masked, in two zones, with commas.

A text from outside cannot disturb a page or a terminal: unprintable characters become escapes.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from sightline.message_text import escape_unprintable
from sightline.stages.report.address_masks import mask_address

IST = timezone(timedelta(hours=5, minutes=30), "IST")
"""Indian Standard Time, the same all year."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00))?", re.ASCII)


def make_printable(text: str) -> str:
    """Return the text with every unprintable character, direction marks included, as an escape."""
    return escape_unprintable(text)


def capitalise(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


def mask_lines(text: str) -> str:
    """Return an address without what distinguishes lines, as `address_masks` masks it."""
    return mask_address(text)


def format_day(at: date) -> str:
    """Return a date such as `17 Oct 2019`."""
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def format_dated_text(text: str) -> str:
    """Return a text with readable dates: `2026-03-17T20:00:00Z` becomes `17 Mar 2026, 20:00 UTC`."""
    return _DATE.sub(_format_date_match, text)


def _format_date_match(match: re.Match[str]) -> str:
    year, month, number, clock = match.groups()
    if not 1 <= int(month) <= 12:
        return match[0]
    return f"{int(number)} {MONTHS[int(month) - 1]} {year}" + (f", {clock} UTC" if clock else "")


def format_span(first: datetime, last: datetime, zone: timezone = UTC) -> str:
    """Return two instants to the second, in one zone, with one date if it is the same.

    As in `17 Oct 2019, 20:41:07 to 21:06:02 UTC`.
    """
    time, other = first.astimezone(zone), last.astimezone(zone)
    begin, name = f"{format_day(time)}, {time:%H:%M:%S}", zone.tzname(None)
    if time.replace(microsecond=0) == other.replace(microsecond=0):
        return f"{begin} {name}"
    end = f"{other:%H:%M:%S}" if time.date() == other.date() else f"{format_day(other)}, {other:%H:%M:%S}"
    return f"{begin} to {end} {name}"


def format_period(first: datetime, last: datetime, zone: timezone = UTC) -> str:
    """Return two instants with their preposition: `on` one day, `from` one day to another."""
    is_one_day = first.astimezone(zone).date() == last.astimezone(zone).date()
    return f"{'on' if is_one_day else 'from'} {format_span(first, last, zone)}"


def widen_period(first: datetime, last: datetime, uncertainty_s: int) -> tuple[datetime, datetime]:
    """Return the whole seconds that contain two instants with their uncertainty, and no second more."""
    wide = timedelta(seconds=uncertainty_s)
    begin, end = first - wide, last + wide
    return begin.replace(microsecond=0), (end + timedelta(microseconds=999_999)).replace(microsecond=0)


def format_length(seconds: int) -> str:
    """Return a duration: `2 s`, `900 s (15 min)`, `5,400 s (1 h 30 min)`."""
    if seconds < 120:
        return f"{seconds} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = ([f"{hours:,} h"] if hours else []) + ([f"{minutes} min"] if minutes else [])
    return f"{seconds:,} s ({' '.join(parts)})"


def join_list(texts: list[str]) -> str:
    """Return a list in words: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1]))) if texts else ""
