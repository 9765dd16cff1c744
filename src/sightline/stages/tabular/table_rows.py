"""Rows and cells of a table as they are stored, and their places in the exhibit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sightline.model import TipCode


class Unreadable(Exception):
    """An unreadable value. `code` has the reason."""

    def __init__(self, code: TipCode) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class RowPlace:
    """The place of a frame in its exhibit. A workbook's rows have a number and no offset; a document's, the reverse.

    `byte_offset` counts from 0 in the innermost unpacked member, a BOM included; `row_number` from 1, as it is shown.
    """

    member: str | None = None
    sheet: str | None = None
    row_number: int | None = None
    byte_offset: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as stored. `fault`: its content was not typed there (a formula, an error, part of a merged one).

    `is_number`: a spreadsheet stores it as a number; `is_date`: and displays it as a date or time. `shows_seconds`:
    with seconds; `from_1904`: day 0 of its serial numbers.
    """

    text: str
    fault: TipCode | None = None
    is_number: bool = False
    is_date: bool = False
    shows_seconds: bool = True
    from_1904: bool = False


EMPTY = Cell("")


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of a row and its place. `fault` if it could not be split into cells.

    `is_sparse`: of a workbook, which stores no empty cells at a row's end.
    """

    place: RowPlace
    cells: Sequence[Cell]
    fault: TipCode | None = None
    is_sparse: bool = False

    @property
    def texts(self) -> list[str]:
        """Return the texts of its cells."""
        return [cell.text for cell in self.cells]

    @property
    def is_blank(self) -> bool:
        """Return whether all of its cells are empty."""
        return self.fault is None and not any(
            cell.text.strip() or cell.fault not in {None, TipCode.MERGED_CELL} for cell in self.cells
        )
