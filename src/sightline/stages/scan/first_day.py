"""Find the first day of a log whose times state no year."""

from __future__ import annotations

import re

from sightline.stages.formats.program import As, Program
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import frames
from sightline.stages.scan.reference.read import Reader
from sightline.stages.scan.reference.record import Record
from sightline.stages.scan.reference.times import parse

MAX_FRAMES = 2000
HAS_YEAR = re.compile(r"%[YDsQ]")


def first_day(program: Program, head: bytes, options: ReadOptions) -> tuple[int, int] | None:
    """Return month and day of the first time without a year in a log's first frames.

    Returns None if no year was declared, if every layout of the format has one, or if no frame has such a time.
    """
    layouts = [
        layout
        for rule in program.fields
        for choice in rule.choices
        if choice.as_ is As.TIME
        for layout in choice.layouts
    ]
    if options.year is None or all(HAS_YEAR.search(layout) for layout in layouts):
        return None
    reader = Reader(program, options)
    for number, frame in enumerate(frames([head], options.max_frame_bytes, program.frames)):
        outcome = reader.read(frame) if isinstance(frame, Frame) else None
        if isinstance(outcome, Record) and (day := _day_without_year(outcome.timestamp_original or b"", layouts)):
            return day
        if number >= MAX_FRAMES:
            break
    return None


def _day_without_year(text: bytes, layouts: list[str]) -> tuple[int, int] | None:
    parts = next((found for layout in layouts if (found := parse(text, layout)) is not None), None)
    if parts is None or parts.year is not None or parts.date_texts is not None or parts.epoch_us is not None:
        return None
    return parts.month, parts.day
