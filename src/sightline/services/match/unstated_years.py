"""Place a log whose times state no year in the years that were declared for its first or last time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sightline.errors import DamagedInput, UsageError
from sightline.services.match.engine import Engine
from sightline.stages.formats.head import HEAD_BYTES
from sightline.stages.formats.program import Program
from sightline.stages.formats.time_declarations import lacks_year
from sightline.stages.scan.options import DecompressionLimits, ReadOptions

MAX_UNPACKED_BYTES = 256 << 20
"""A packed log is unpacked in memory to find its last time."""

YearMonthDay = tuple[int, int, int]


def place_log_in_years(
    name: str, program: Program, head: bytes, tail: Callable[[], bytes], options: ReadOptions
) -> tuple[YearMonthDay | None, str]:
    """Return the day of a log's first time without a year, and a sentence about its years; nothing if years are stated.

    `tail` returns its last bytes, unpacked. Raises UsageError if the last time was declared and cannot be found.
    """
    if options.year is None or not lacks_year(program):
        return None, ""
    from sightline.stages.scan.first_day import (  # noqa: PLC0415  - rarely used
        derive_year_of_first_day,
        find_first_day,
        find_last_day,
    )

    first = find_first_day(program, head, options)
    if not options.year_at_end:
        if first is None:
            return None, ""
        return (options.year, *first), describe_years((options.year, *first), "the first", "the declared year")
    last = find_last_day(program, tail(), options)
    if first is None or last is None:
        if first is last is None:
            return None, ""
        raise UsageError(f"{name}: its first or last time without a year was not found", hint="declare --year instead")
    begins = (derive_year_of_first_day(first, last, options.year), *first)
    example = f"the last, {options.year:04}-{last[0]:02}-{last[1]:02}, is of the declared year, so that the first"
    return begins, describe_years(begins, example, f"{begins[0]}")


def describe_years(begins: YearMonthDay, which: str, of_year: str) -> str:
    """Return which day of a log is of which year, and from which day on the next year begins."""
    year, month, day = begins
    return (
        f"its times state no year: {which}, {year:04}-{month:02}-{day:02}, is of {of_year},"
        f" and a day over a month before that is of {year + 1}"
    )


def read_tail(engine: Engine, log: Path | None, limits: DecompressionLimits) -> bytes:
    """Return the last bytes of a log, unpacked. The first frame in them may be cut."""
    if log is None:
        raise UsageError(
            "--year-at-end: the last line of standard input is known only at its end",
            hint="save the log to a file first, or declare --year",
        )
    try:
        with log.open("rb") as stream:
            raw = stream.read(HEAD_BYTES)
            head, is_whole = engine.read_head(log, b"", limits, HEAD_BYTES)
            if head.startswith(raw[:HEAD_BYTES]):
                stream.seek(max(0, stream.seek(0, 2) - HEAD_BYTES))
                return stream.read()
    except OSError as error:
        raise DamagedInput(f"{log}: {error.strerror}", hint="nothing was written") from None
    if not is_whole:
        head, is_whole = engine.read_head(log, b"", limits, MAX_UNPACKED_BYTES)
    if not is_whole:
        raise UsageError(
            f"{log}: --year-at-end needs the last line, and more than {MAX_UNPACKED_BYTES >> 20} MiB are packed in it",
            hint="unpack it first, or declare --year",
        )
    return head[-HEAD_BYTES:]
