"""The kernel's part in reading lists: find rows of the most usual form, many at once.

It leaves every line and object of another form to the reader, which defines what a row is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from sightline.stages.lists.model import ListPlace, UsualRows

CsvColumns = tuple[str, int, list[int | None]]
"""The delimiter, the number of columns, and for each value of a row, from its kind on, the position of its column."""

ExportColumns = tuple[int, int | None, int | None, int | None, tuple[int, int] | None, int, str]
"""Positions of value, listed_on, category and verified, of MISP's to_ids and type; the number of columns; the kind."""

FoundLines = tuple[UsualRows, list[tuple[int, bytes]], int]
"""The rows of a block of whole lines, the other lines (number from 0, bytes), and the number of lines."""

Taken = tuple[UsualRows, int, int, int]
"""The rows of some elements, their number, the offset at which the next one begins, and the lines up to it."""

Part = Callable[[int], str]
"""Returns the pointer, within an element, of the part with that number."""

_FEW, _WAIT = 8, 64
"""After fewer elements than `_FEW`, the next `_WAIT` are read one by one before many at once are tried again."""


class StixObjects(Protocol):
    """Reads the usual objects of one bundle, and knows the identifiers of its indicators."""

    def add(self, identifier: str) -> bool:
        """Return whether an identifier is new; it is known from now on."""

    def take(self, text: str, at: int, number: int) -> Taken:
        """Take objects from that offset on, as long as another follows. Rows are numbered from `number` on.

        The part of a row is 1, its object's pattern; that of a refusal is 0.
        """


class UsualForms(Protocol):
    """The kernel's functions for list readers."""

    def StixObjects(self) -> StixObjects:  # noqa: N802  - a class of the kernel
        """Return a reader of one bundle."""

    def misp_attributes(self, text: str, at: int, number: int) -> Taken:
        """Take attributes as `StixObjects.take` does objects."""

    def misp_objects(self, text: str, at: int, number: int) -> Taken:
        """Take objects of a MISP event. The part of a row is the number of its attribute."""

    def vic_media(self, text: str, at: int, number: int) -> Taken:
        """Take media of a Project VIC file. The part of a row is the number of its digest: MD5, SHA1 or SHA256."""

    def export_rows(self, block: bytes, first: int, columns: ExportColumns) -> FoundLines | None:
        """Return what is found in a block of an export. None if each line must be read by itself."""

    def csv_rows(self, block: bytes, first: int, columns: CsvColumns) -> FoundLines | None:
        """Return the same of a block of a CSV list."""

    def plain_rows(self, block: bytes, first: int) -> FoundLines | None:
        """Return the same of a block of values one a line."""

    def name_rows(
        self, first: int, kind: str, names: list[str], opinion: str = "", below: str | None = None
    ) -> UsualRows:
        """Return rows of consecutive lines that say a name; an empty text is a line without a row.

        With `below` a name that begins with `*.` is of that kind, without its beginning.
        """


class UsualPlaces(Mapping[int, ListPlace]):
    """The places of rows of a document, made when they are asked for: a list has a million rows and few rejects.

    `first` is the number of the first row; `array` the place where the first element was taken, whose number is
    `element`.
    """

    def __init__(self, rows: UsualRows, first: int, array: ListPlace, element: int, part: Part) -> None:
        self._rows, self._first, self._array, self._element, self._part = rows, first, array, element, part

    def __getitem__(self, number: int) -> ListPlace:
        """Return the place of a row or of a refusal."""
        line, element, part = self._rows.place(number - self._first)
        pointer = f"{self._array.pointer}/{self._element + element}{self._part(part)}"
        return ListPlace(self._array.line + line, pointer)

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers of the rows and refusals."""
        return iter(range(self._first, self._first + len(self)))

    def __len__(self) -> int:
        """Return the number of rows and refusals."""
        return self._rows.numbers()


class Turns:
    """Decides when many elements at once are tried: not for some time after few were of the usual form."""

    def __init__(self) -> None:
        self._wait = 0

    def take(self, take: Callable[[], Taken]) -> Taken | None:
        """Return what `take` returns; None where it is not tried, or takes nothing."""
        if self._wait:
            self._wait -= 1
            return None
        taken_rows = take()
        if taken_rows[1] < _FEW:
            self._wait = _WAIT
        return taken_rows if taken_rows[1] else None
