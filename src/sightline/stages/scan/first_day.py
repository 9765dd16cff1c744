"""Find the first and the last day of a log whose times state no year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sightline.stages.formats.program import Program
from sightline.stages.formats.time_declarations import lacks_year, list_time_layouts
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record import Record
from sightline.stages.scan.reference.record_times import is_over_a_month_before, parse_time

MAX_FRAMES = 2000


def find_first_day(program: Program, head: bytes, options: ReadOptions) -> tuple[int, int] | None:
    """Return month and day of the first time without a year in a log's first frames.

    Returns None if no year was declared, if every layout of the format has one, or if no frame has such a time.
    """
    if options.year is None or not lacks_year(program):
        return None
    return next(_list_days(program, head, options, MAX_FRAMES), None)


def find_last_day(program: Program, tail: bytes, options: ReadOptions) -> tuple[int, int] | None:
    """Return month and day of the last time without a year in a log's last bytes, whose first frame may be cut."""
    if options.year is None or not lacks_year(program):
        return None
    days = [*_list_days(program, tail, options, None)]
    return days[-1] if days else None


def derive_year_of_first_day(first: tuple[int, int], last: tuple[int, int], year_at_end: int) -> int:
    """Return the year of a log's first time: the one before its last time's if that is over a month before it."""
    return year_at_end - is_over_a_month_before(last, first)


def _list_days(program: Program, part: bytes, options: ReadOptions, most: int | None) -> Iterator[tuple[int, int]]:
    """Month and day of each time without a year in some frames of a log. Any leap day is a day."""
    layouts = list_time_layouts(program)
    reader = MemberReader(program, replace(options, year=_LEAP_YEAR, first_day=None))
    for number, frame in enumerate(split_frames([part], options.max_frame_bytes, program.frames)):
        outcome = reader.read(frame) if isinstance(frame, Frame) else None
        if isinstance(outcome, Record) and (day := _parse_day_without_year(outcome.timestamp_original or b"", layouts)):
            yield day
        if most is not None and number >= most:
            return


_LEAP_YEAR = 2000


def _parse_day_without_year(text: bytes, layouts: list[str]) -> tuple[int, int] | None:
    parts = next((result for layout in layouts if (result := parse_time(text, layout)) is not None), None)
    if parts is None or parts.year is not None or parts.date_texts is not None or parts.epoch_us is not None:
        return None
    return parts.month, parts.day
