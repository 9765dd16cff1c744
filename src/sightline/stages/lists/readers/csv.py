"""Read rows of a CSV list by its header: `value`, and any of the other columns of `docs/adr/0004-lists.md`.

Without a column `kind` the form of each value determines its kind, as in plain text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import methodcaller
from typing import BinaryIO

from sightline.model import FLAGGABLE, RowCode
from sightline.stages.lists.model import Row, RowBatch, RowReject
from sightline.stages.lists.readers.lines import LineBatch
from sightline.stages.lists.readers.plain import find_value_kinds
from sightline.stages.lists.readers.usual_forms import CsvColumns, FoundLines, UsualForms
from sightline.stages.lists.readers.usual_lines import read_usual_lines

COLUMNS = ("kind", "value", "category", "valid_from", "valid_until", "listed_on", "opinion", "reference")
KINDS = frozenset(kind.value for kind in FLAGGABLE)
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

_NONE = "\x1f"
_COMMON = frozenset("id url domain host hostname name ip address type indicator ioc date time category".split())


def recognises(first_line: str) -> bool:
    """Return whether the line is a header that names `value`."""
    return _find_delimiter(first_line) is not None


def find_header_words(first_line: str, delimiter: str) -> list[str]:
    """Return the names in a line that looks like a header: words only, some of which name columns elsewhere."""
    names = _split_names(first_line, delimiter)
    is_header = all(re.fullmatch(r"[a-z][a-z0-9 _/-]{0,40}", name) for name in names) and _COMMON & set(
        re.split(r"[ _/-]", " ".join(names))
    )
    return names if is_header and names else []


def _find_delimiter(header: str) -> str | None:
    """The delimiter by which a line is a header; of one column one that no line holds, so that none is split."""
    text = next((delimiter for delimiter in DELIMITERS if "value" in _split_names(header, delimiter)), None)
    return _NONE if text is not None and len(_split_names(header, text)) == 1 else text


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield the rows below the header, in file order. A row is one line; see ADR 4 for why."""
    table = _CsvTable()
    return map(table.read_lines, batches)


def read_usual(stream: BinaryIO, usual: UsualForms) -> Iterator[RowBatch]:
    """Yield what `read` does of the lines of a stream. Lines of the usual form are found many at once."""
    table = _CsvTable()

    def find(block: bytes, first: int) -> FoundLines | None:
        return None if table.layout is None else usual.csv_rows(block, first, table.layout.columns)

    def read_one(number: int, line: str) -> Row | RowReject | None:
        assert table.layout is not None
        return table.layout.read_row(number, line)

    return read_usual_lines(stream, find, table.read_lines, read_one)


@dataclass(slots=True)
class _CsvTable:
    """What is known of a file between its lines: the layout that its header states, or that it states none."""

    layout: _CsvLayout | None = None
    has_header: bool = False

    def read_lines(self, batch: LineBatch) -> RowBatch:
        """Return the rows of lines below the header. Below one that states no layout nothing is read."""
        first, lines, rejects = batch
        if self.layout is None:
            if self.has_header:
                return RowBatch([], [])
            at = next((i for i, line in enumerate(lines) if _is_row(line)), None)
            if at is None:
                return RowBatch([], rejects)
            self.has_header = True
            self.layout, row_rejects = _read_layout(first + at, lines[at])
            rejects = sorted([*rejects, *row_rejects], key=lambda reject: reject.line)
            if self.layout is None:
                return RowBatch([], rejects)
            first, lines = first + at + 1, lines[at + 1 :]
        rows, bad = self.layout.read_rows(first, lines)
        return RowBatch(rows, sorted([*rejects, *bad], key=lambda reject: reject.line) if bad else rejects)


def split_columns(lines: list[str], delimiter: str, width: int) -> Sequence[Sequence[str]] | None:
    """Return the lines as `width` columns, or None where one of them must be looked at alone.

    Whole columns at once, because a list has ten million rows and Python's own loop takes a microsecond for each.
    """
    if not lines:
        return None
    joined = delimiter.join(lines)
    if '"' not in joined:
        if set(map(methodcaller("count", delimiter), lines)) != {width - 1}:
            return None
        flat = joined.split(delimiter)
        return [flat[place::width] for place in range(width)]
    if (flat_quoted := _split_quoted(lines, delimiter, width)) is not None:
        return [flat_quoted[place::width] for place in range(width)]
    try:
        split = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    # Fewer rows than lines: an open quote extended a row over its line.
    if len(split) != len(lines) or set(map(len, split)) != {width}:
        return None
    return list(zip(*split, strict=True))


def _split_quoted(lines: list[str], delimiter: str, width: int) -> list[str] | None:
    """The fields of lines that have quotes around each field and nowhere else; None for other lines."""
    between = f'"{delimiter}"'
    joined = "\n".join(lines)
    if joined[0] != '"' or joined[-1] != '"' or set(map(methodcaller("count", between), lines)) != {width - 1}:
        return None
    inner = joined[1:-1].replace('"\n"', between)
    result = inner.split(between)
    # Each place between two fields has two quotes: then no field has one.
    return result if "\n" not in inner and inner.count('"') == 2 * (len(result) - 1) else None


def _is_row(line: str) -> bool:
    return bool(line) and not line.isspace() and line[0] != "#"


def _split_fields(line: str, delimiter: str) -> list[str]:
    """The fields of one line; raises csv.Error if a quote does not close on it."""
    if '"' not in line:
        return line.split(delimiter)
    return next(csv.reader((line,), delimiter=delimiter, strict=True))


def _split_names(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip(" \t").lower() for name in _split_fields(line, delimiter)]
    except csv.Error:
        return []


def _read_layout(number: int, line: str) -> tuple[_CsvLayout | None, list[RowReject]]:
    """The layout that a header line states, if rows can be read by it, and what is wrong with the line."""
    delimiter = _find_delimiter(line)
    if delimiter is None:
        # Detection found the header, but it is not valid text.
        reason = "the header above cannot be read, and so no row can"
        return None, [RowReject(number, RowCode.BAD_SYNTAX, reason)]
    names = _split_names(line, delimiter)
    twice = next((name for name in COLUMNS if names.count(name) > 1), None)
    if twice is not None:
        reason = f"the column {twice} is named twice, so that no row can be read"
        return None, [RowReject(number, RowCode.DUPLICATE_HEADER, reason)]
    unknown = [name for name in names if name not in COLUMNS]
    rejects = [
        RowReject(number, RowCode.UNKNOWN_COLUMN, f"{name[:80]!r} is no column of a flag list") for name in unknown
    ]
    places = tuple(names.index(name) if name in names else None for name in COLUMNS)
    return _CsvLayout(delimiter, len(names), places), rejects


@dataclass(frozen=True, slots=True)
class _CsvLayout:
    delimiter: str
    width: int
    places: tuple[int | None, ...]
    """The position of each of COLUMNS in a line; None is absent."""

    @property
    def columns(self) -> CsvColumns:
        """Return the layout as the kernel takes it."""
        return self.delimiter, self.width, list(self.places)

    def read_rows(self, first: int, lines: list[str]) -> tuple[list[Row], list[RowReject]]:
        """Return rows and rejects of these lines. The number is that of the first."""
        columns = split_columns(lines, self.delimiter, self.width)
        if columns is None:
            return self._read_rows_one_by_one(first, lines)
        firsts = columns[0]
        has_only_blanks = self.width == 1 or self.delimiter == "\t"
        is_blank = has_only_blanks and any(not line or line.isspace() for line in lines)
        if is_blank or ("#" in "".join(firsts) and any(text[:1] == "#" for text in firsts)):
            return self._read_rows_one_by_one(first, lines)
        return self._build_rows(range(first, first + len(lines)), columns), []

    def _build_rows(self, numbers: Iterable[int], columns: Sequence[Sequence[str]]) -> list[Row]:
        kind, value = self.places[:2]
        texts = [repeat("") if place is None else columns[place] for place in self.places]
        if kind is None and value is not None:
            texts[0] = find_value_kinds([text.strip(" \t") for text in columns[value]])
        return list(zip(numbers, *texts, strict=False))

    def _read_rows_one_by_one(self, first: int, lines: list[str]) -> tuple[list[Row], list[RowReject]]:
        numbers: list[int] = []
        split: list[list[str]] = []
        rejects: list[RowReject] = []
        for number, line in enumerate(lines, first):
            fields = self._split_row(number, line)
            if isinstance(fields, RowReject):
                rejects.append(fields)
            elif fields is not None:
                numbers.append(number)
                split.append(fields)
        return (self._build_rows(numbers, list(zip(*split, strict=True))) if split else []), rejects

    def read_row(self, number: int, line: str) -> Row | RowReject | None:
        """Return the row of a line, or why it gives none; None for a blank line or a comment."""
        fields = self._split_row(number, line)
        if fields is None or isinstance(fields, RowReject):
            return fields
        return self._build_rows([number], [[text] for text in fields])[0]

    def _split_row(self, number: int, line: str) -> list[str] | RowReject | None:
        if not _is_row(line):
            return None
        try:
            fields = _split_fields(line, self.delimiter)
        except csv.Error:
            reason = "a quoted field does not end on its line; a row is one line"
            return RowReject(number, RowCode.BAD_SYNTAX, reason)
        if len(fields) != self.width:
            reason = f"{len(fields)} columns, where the header names {self.width}"
            return RowReject(number, RowCode.COLUMN_COUNT, reason)
        return fields
