"""Check whether a row of a reply would match a time if its own were mistyped.

It may be shifted, or have day and month swapped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sightline.exercise.oracle.file_signs import SHIFTS_US, overlaps_time
from sightline.exercise.oracle.written_rows import SECOND_US, WrittenRow


def matches_after_shift(row: WrittenRow, from_us: int, until_us: int, zone: str) -> bool:
    """Return whether the row, moved by one of the shifts or swapped, matches the time. `zone` is that of its file."""
    if row.start_us is None:
        return False
    return any(
        overlaps_time(written_row, from_us, until_us) for written_row in (*_shift_row(row), *_swap_row(row, zone))
    )


def _shift_row(row: WrittenRow) -> list[WrittenRow]:
    return [
        replace(row, start_us=_shift_time(row.start_us, by), end_us=_shift_time(row.end_us, by)) for by in SHIFTS_US
    ]


def _shift_time(at_us: int | None, by_us: int) -> int | None:
    return None if at_us is None else at_us + by_us


def _swap_row(row: WrittenRow, zone: str) -> list[WrittenRow]:
    """The row as it is with day and month of its start, and of its end where it has one, in each other's place."""
    start, end = _swap_day_and_month(row.start_us, zone), _swap_day_and_month(row.end_us, zone)
    if start is None or (row.end_us is not None and end is None):
        return []
    return [replace(row, start_us=start, end_us=end)]


def _swap_day_and_month(at_us: int | None, zone: str) -> int | None:
    """The instant with day and month swapped, as the zone writes it; None where no such day is."""
    if at_us is None:
        return None
    at = datetime.fromtimestamp(at_us // SECOND_US, UTC).astimezone(ZoneInfo(zone))
    try:
        other = at.replace(day=at.month, month=at.day)
    except ValueError:
        return None
    return round(other.timestamp()) * SECOND_US
