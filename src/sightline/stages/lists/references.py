"""Remove references without a date: only a dated one can support a time before the row was listed (ADR 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from operator import itemgetter

from sightline.stages.lists.model import RowBatch

_REFERENCE = itemgetter(8)
MOST = 500
"""Letters of a reference that are searched for a date."""
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[.,]?"
_YEAR_FIRST = re.compile(r"(?<![0-9])([0-9]{4})[-./]([0-9]{1,2})[-./]([0-9]{1,2})(?![0-9])")
_YEAR_LAST = re.compile(r"(?<![0-9])([0-9]{1,2})[-./]([0-9]{1,2})[-./]([0-9]{4})(?![0-9])")
_DAY_IN_WORDS = re.compile(rf"(?<![0-9])([0-9]{{1,2}})(?:st|nd|rd|th)?[ -]?{_MONTH}[ -]?([0-9]{{4}})(?![0-9])", re.I)
_MONTH_IN_WORDS = re.compile(rf"\b{_MONTH}[ -]?([0-9]{{1,2}})(?:st|nd|rd|th)?,?[ -]?([0-9]{{4}})(?![0-9])", re.I)


def is_dated(reference: str) -> bool:
    """Return whether a reference names a day with its year, in digits or with an English month."""
    return any(1970 <= day.year < 2200 for day in _find_days(reference[:MOST]))


def without_undated(batch: RowBatch) -> RowBatch:
    """Return the batch without references that have no date. `undated` counts those with a start of their window."""
    # The kernel leaves rows with a reference to the readers.
    if not isinstance(batch.rows, list) or not any(map(_REFERENCE, batch.rows)):
        return batch
    rows, undated = [], 0
    for row in batch.rows:
        reference = row[8]
        if not reference or is_dated(reference):
            rows.append(row)
            continue
        line, kind, value, category, valid_from, valid_until, listed_on, opinion, _ = row
        rows.append((line, kind, value, category, valid_from, valid_until, listed_on, opinion, ""))
        undated += bool(valid_from.strip()) and bool(reference.strip())
    return batch._replace(rows=rows, undated=undated)


def _find_days(text: str) -> Iterator[date]:
    """Yield each day that a text can be read to name."""
    for year, month, day in _YEAR_FIRST.findall(text):
        yield from _build_day(year, month, day)
    for one, other, year in _YEAR_LAST.findall(text):
        yield from _build_day(year, one, other)
        yield from _build_day(year, other, one)
    for day, month, year in _DAY_IN_WORDS.findall(text):
        yield from _build_day(year, _number_month(month), day)
    for month, day, year in _MONTH_IN_WORDS.findall(text):
        yield from _build_day(year, _number_month(month), day)


def _number_month(month: str) -> int:
    return _MONTHS.index(month.lower()) + 1


def _build_day(year: str, month: str | int, day: str) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return
