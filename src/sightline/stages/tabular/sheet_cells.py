"""Read one sheet of a workbook as stored, row by row, with its formulas, errors, merged cells and hidden rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sightline.model import TipCode
from sightline.stages.tabular.markup import Handler
from sightline.stages.tabular.number_format import PLAIN, NumberFormat
from sightline.stages.tabular.table_rows import EMPTY, Cell, RowPlace, TableRow, Unreadable

COLUMN_LIMIT = 1024
MOST_TEXT = 32_768
"""Characters of a shared text that are read: one more than Excel stores. Any number of cells may name the same text."""
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_TRUE = frozenset({"1", "true"})
_MERGED = Cell("", TipCode.MERGED_CELL)


@dataclass(frozen=True, slots=True)
class Area:
    """Merged cells. Rows count from 1, columns from 0."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(slots=True)
class StoredRow:
    """The cells of a row by column."""

    number: int
    cells: dict[int, Cell] = field(default_factory=dict)
    fault: TipCode | None = None


class Strings(Handler):
    """Reads the shared strings part, without phonetic text."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._path: list[str] = []
        self._pieces: list[str] = []

    def start_element(self, name: str, byte_offset: int, attributes: dict[str, str]) -> None:  # noqa: ARG002  - Handler
        """Handle the start of an item or a run of it."""
        self._path.append(name.rpartition(":")[2])
        if self._path[-1] == "si":
            self._pieces = []

    def says(self, text: str) -> None:
        """Add to the text of the item. Its pieces are joined once, because a file may hold a million of them."""
        if self._path[-1:] == ["t"] and "rPh" not in self._path:
            self._pieces.append(text)

    def end_element(self, end: int) -> None:  # noqa: ARG002  - a Handler's
        """Handle the end of an item or a run."""
        if self._path.pop() == "si":
            self.texts.append("".join(self._pieces)[:MOST_TEXT])


class Sheet(Handler):
    """Reads a sheet part, and then yields its rows."""

    def __init__(self, strings: Sequence[str], formats: Sequence[NumberFormat], *, from_1904: bool) -> None:
        self._strings, self._shown, self._from_1904 = strings, formats, from_1904
        self._rows: list[StoredRow] = []
        self._areas: list[Area] = []
        self.hidden_rows: list[int] = []
        self.styles_of: dict[int, set[str]] = {}
        self.has_hidden_columns = False
        self._path: list[str] = []
        self._column = -1
        self._cell: dict[str, str] = {}
        self._text: list[str] = []
        self._has_formula = False

    def start_element(self, name: str, byte_offset: int, attributes: dict[str, str]) -> None:  # noqa: ARG002  - Handler
        """Handle the start of a row, a cell, or the content of one. Raises Unreadable."""
        bare = name.rpartition(":")[2]
        self._path.append(bare)
        if bare == "row":
            self._start_row(attributes)
        elif bare == "c" and self._rows:
            self._cell, self._text, self._has_formula = attributes, [], False
        elif bare == "f":
            self._has_formula = True
        elif bare == "mergeCell":
            self._areas.append(_parse_area(attributes.get("ref", "")))
        elif bare == "col" and attributes.get("hidden") in _TRUE:
            self.has_hidden_columns = True

    def says(self, text: str) -> None:
        """Store the content of a cell: its value, or the text in it."""
        if self._path[-1:] == ["v"] or (self._path[-1:] == ["t"] and "is" in self._path and "rPh" not in self._path):
            self._text.append(text)

    def end_element(self, end: int) -> None:  # noqa: ARG002  - a Handler's
        """Handle the end of a cell."""
        if self._path.pop() == "c" and self._rows:
            self._keep_cell(self._rows[-1])

    def _start_row(self, attributes: dict[str, str]) -> None:
        last = self._rows[-1].number if self._rows else 0
        text = attributes.get("r", str(last + 1))
        number = int(text) if text.isdecimal() and len(text) < 8 else 0
        if number <= last:
            raise Unreadable(TipCode.BROKEN_DOCUMENT)
        self._rows.append(StoredRow(number))
        self._column = -1
        if attributes.get("hidden") in _TRUE:
            self.hidden_rows.append(number)

    def _keep_cell(self, row: StoredRow) -> None:
        reference = self._cell.get("r")
        if reference is None:
            self._column += 1
        else:
            match = _REFERENCE.fullmatch(reference)
            if match is None or int(match[2]) != row.number:
                raise Unreadable(TipCode.BROKEN_DOCUMENT)
            self._column = _parse_column(match[1])
        if self._column >= COLUMN_LIMIT:
            row.fault = TipCode.COLUMN_COUNT
        elif self._column in row.cells:
            row.fault = TipCode.REPEATED_FIELD
        else:
            row.cells[self._column] = cell = self._read_stored_cell()
            if cell.text and not cell.text.isspace():
                self.styles_of.setdefault(row.number, set()).add(self._cell.get("s", "0"))

    def _read_stored_cell(self) -> Cell:
        kind, text = self._cell.get("t", "n"), "".join(self._text)
        if kind == "e":
            return Cell(text, TipCode.ERROR_CELL)
        if self._has_formula:
            return Cell(text, TipCode.FORMULA_CELL)
        if kind == "s":
            known = text.isdecimal() and len(text) < 9 and int(text) < len(self._strings)
            return Cell(self._strings[int(text)]) if known else Cell("", TipCode.BAD_VALUE)
        if kind != "n" or not text:
            return Cell(text)
        style = self._cell.get("s", "0")
        known = style.isdecimal() and len(style) < 9 and int(style) < len(self._shown)
        number_format = self._shown[int(style)] if known else PLAIN
        return Cell(text, None, True, number_format.is_date, number_format.shows_seconds, self._from_1904)

    def read_rows(self, member: str | None, sheet: str) -> Iterator[TableRow]:
        """Yield the stored rows. Merged cells except the first of each area are marked, because they are empty."""
        remaining_areas = sorted(self._areas, key=lambda area: area.first_row, reverse=True)
        active: list[Area] = []
        for stored in self._rows:
            while remaining_areas and remaining_areas[-1].first_row <= stored.number:
                active.append(remaining_areas.pop())
            active = [area for area in active if area.last_row >= stored.number]
            if len(active) > COLUMN_LIMIT:
                raise Unreadable(TipCode.BROKEN_DOCUMENT)
            yield TableRow(
                RowPlace(member, sheet, stored.number), _fill_row(stored, active), stored.fault, is_sparse=True
            )


def _fill_row(stored: StoredRow, areas: Sequence[Area]) -> list[Cell]:
    """The cells from the first column to the last that holds anything."""
    cells = dict(stored.cells)
    for area in areas:
        for column in range(area.first_column, min(area.last_column + 1, COLUMN_LIMIT)):
            if (stored.number, column) != (area.first_row, area.first_column):
                cells[column] = _MERGED
    return [cells.get(column, EMPTY) for column in range(max(cells, default=-1) + 1)]


def _parse_column(letters: str) -> int:
    """The column, from 0, of letters as in `AB`."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _parse_area(reference: str) -> Area:
    """The area of `A1:B3`. Raises Unreadable."""
    corners = [_REFERENCE.fullmatch(corner) for corner in reference.split(":")]
    if len(corners) != 2 or corners[0] is None or corners[1] is None:
        raise Unreadable(TipCode.BROKEN_DOCUMENT)
    first, last = corners[0], corners[1]
    return Area(int(first[2]), int(last[2]), _parse_column(first[1]), _parse_column(last[1]))
