"""Rows of a CSV list, by its header: `kind` and `value`, and any of the other columns of `docs/adr/0004-lists.md`."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

from sightline.records import IndicatorKind, RowCode
from sightline.stages.lists.model import Row, RowBatch, RowReject
from sightline.stages.lists.readers.lines import LineBatch

COLUMNS = ("kind", "value", "category", "valid_from", "valid_until", "listed_on", "opinion", "reference")
KINDS = frozenset(kind.value for kind in IndicatorKind)
_DELIMITERS = (",", ";", "\t")


def recognises(first_line: str) -> bool:
    """True if the line is a header that names `kind` and `value`."""
    return any({"kind", "value"} <= set(_names(first_line, delimiter)) for delimiter in _DELIMITERS)


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield the rows below the header, in file order. A row is one line; see ADR 4 for why."""
    layout: _Layout | None = None
    for batch in batches:
        first, lines, rejects = batch
        if layout is None:
            at = next((i for i, line in enumerate(lines) if _is_row(line)), None)
            if at is None:
                yield [], rejects
                continue
            layout, found = _layout(first + at, lines[at])
            rejects = sorted([*rejects, *found], key=lambda reject: reject.line)
            if layout is None:
                yield [], rejects
                return
            first, lines = first + at + 1, lines[at + 1 :]
        rows, bad = layout.rows(first, lines)
        yield rows, sorted([*rejects, *bad], key=lambda reject: reject.line) if bad else rejects


def _is_row(line: str) -> bool:
    return bool(line) and not line.isspace() and line[0] != "#"


def _fields(line: str, delimiter: str) -> list[str]:
    """The fields of one line; raises csv.Error if a quote does not close on it."""
    if '"' not in line:
        return line.split(delimiter)
    return next(csv.reader((line,), delimiter=delimiter, strict=True))


def _names(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip(" \t").lower() for name in _fields(line, delimiter)]
    except csv.Error:
        return []


def _layout(number: int, line: str) -> tuple[_Layout | None, list[RowReject]]:
    """The layout that a header line states, if rows can be read by it, and what is wrong with the line."""
    delimiter = next(d for d in _DELIMITERS if {"kind", "value"} <= set(_names(line, d)))
    names = _names(line, delimiter)
    twice = next((name for name in COLUMNS if names.count(name) > 1), None)
    if twice is not None:
        reason = f"the column {twice} is named twice, so that no row can be read"
        return None, [RowReject(number, RowCode.DUPLICATE_HEADER, reason)]
    unknown = [name for name in names if name not in COLUMNS]
    found = [
        RowReject(number, RowCode.UNKNOWN_COLUMN, f"{name[:80]!r} is no column of a flag list") for name in unknown
    ]
    absent = len(names)
    pick = itemgetter(*(names.index(name) if name in names else absent for name in COLUMNS))
    return _Layout(delimiter, len(names), pick), found


@dataclass(frozen=True, slots=True)
class _Layout:
    delimiter: str
    width: int
    pick: Callable[[list[str]], tuple[str, str, str, str, str, str, str, str]]
    """Takes a line's fields with an empty text after them, which stands for each absent column."""

    def rows(self, first: int, lines: list[str]) -> tuple[list[Row], list[RowReject]]:
        """Rows and rejects of these lines, the first of which has that number."""
        try:
            split = list(csv.reader(lines, delimiter=self.delimiter, strict=True))
        except csv.Error:
            split = []
        if len(split) != len(lines):
            # A quote was left open, so that a row ran over its line: look at each line alone.
            return self._rows_one_by_one(first, lines)
        return self._pick(enumerate(split, first))

    def _rows_one_by_one(self, first: int, lines: list[str]) -> tuple[list[Row], list[RowReject]]:
        split: list[tuple[int, list[str]]] = []
        open_quotes: list[RowReject] = []
        for number, line in enumerate(lines, first):
            try:
                split.append((number, _fields(line, self.delimiter) if line else []))
            except csv.Error:
                if not line.startswith("#"):
                    reason = "a quoted field does not end on its line; a row is one line"
                    open_quotes.append(RowReject(number, RowCode.BAD_SYNTAX, reason))
        rows, rejects = self._pick(split)
        return rows, open_quotes + rejects

    def _pick(self, split: Iterable[tuple[int, list[str]]]) -> tuple[list[Row], list[RowReject]]:
        rows: list[Row] = []
        rejects: list[RowReject] = []
        width, pick = self.width, self.pick
        for number, found in split:
            if len(found) == width and found[0][:1] != "#":
                found.append("")
                rows.append((number, *pick(found)))
            elif any(text.strip() for text in found) and found[0][:1] != "#":
                reason = f"{len(found)} columns, where the header names {width}"
                rejects.append(RowReject(number, RowCode.COLUMN_COUNT, reason))
        return rows, rejects
