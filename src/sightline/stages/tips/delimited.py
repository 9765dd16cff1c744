"""Read CSV and TSV (RFC 4180): rows with their byte positions and their spreadsheet row numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice

from sightline.errors import UnknownFormat
from sightline.model import TipCode
from sightline.stages.tips.columns import Columns
from sightline.stages.tips.encoding import Decoded
from sightline.stages.tips.model import Item, Note, Place, TipOptions
from sightline.stages.tips.table import HEADING_ROWS, Cell, Row, head, items, no_columns

SEPARATORS = (",", ";", "\t", "|")
ROW_LIMIT = 1 << 20
_END = re.compile(r"\r\n|\n|\r")
_SEPARATOR_SAID = re.compile(r"sep=(.)", re.IGNORECASE)


def columns(content: bytes, options: TipOptions) -> Columns | None:
    """Return the columns of a delimited file, or None if they are no tip's. Raises UnknownFormat, UsageError."""
    return _columns(Decoded(content), options)[0]


def read(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    """Yield the rows of a referral, or of a capture of a peer-to-peer network. Raises UnknownFormat, UsageError."""
    decoded = Decoded(content)
    found, separator = _columns(decoded, options)
    if found is None:
        raise no_columns(options, "a table of text")
    if found.zone:
        yield Note("the heading of the times says that they are in UTC")
    yield from items(split_rows(decoded, separator, member), found, options)


def _columns(decoded: Decoded, options: TipOptions) -> tuple[Columns | None, str]:
    """The columns, and the separator under which they are there; several at once are refused."""
    fitting = []
    for separator in _separators(decoded.text):
        rows = islice(split_rows(decoded, separator, None), HEADING_ROWS)
        found = head(rows, options)
        if found is not None and (found.has_headings or _fits(decoded, separator, found)):
            fitting.append((found, separator))
    if len(fitting) > 1:
        raise UnknownFormat("a table of text that can be split in several ways", hint="save it as CSV, with commas")
    return fitting[0] if fitting else (None, ",")


def _fits(decoded: Decoded, separator: str, found: Columns) -> bool:
    """Whether the first row has the columns that were declared by number."""
    first = next(split_rows(decoded, separator, None), None)
    return first is not None and len(first.cells) > max(found.places.values())


def _separators(text: str) -> tuple[str, ...]:
    """The separator that a first line `sep=;` says, else all that there are."""
    said = _SEPARATOR_SAID.match(text)
    return (said[1],) if said else SEPARATORS


def split_rows(decoded: Decoded, separator: str, member: str | None) -> Iterator[Row]:
    """Yield every row, blank ones too."""
    text, at, number = decoded.text, 0, 0
    split = partial(_cells, separator=separator)
    while at < len(text):
        number += 1
        end, behind = _row_end(text, at, separator)
        start_byte = decoded.byte_offset(at)
        length = decoded.byte_offset(end) - start_byte
        place = Place(member, None, number, start_byte, length)
        if end - at > ROW_LIMIT:
            yield Row(place, (), TipCode.VALUE_TOO_LONG)
        elif number == 1 and _SEPARATOR_SAID.fullmatch(text[at:end]):
            yield Row(place, ())
        else:
            yield split(text[at:end], place)
        at = behind


def _row_end(text: str, at: int, separator: str) -> tuple[int, int]:
    """Where a row ends, and where the next one begins; a line end within quotes is part of a cell."""
    while True:
        found = _END.search(text, at)
        end, behind = (len(text), len(text)) if found is None else found.span()
        quoted = _open_quote(text, at, end, separator)
        if quoted is None:
            return end, behind
        # A quote without a valid closing quote affects its own line only, so the rest is not lost.
        at = _behind_quotes(text, quoted)
        if at < 0 or text[at : at + 1] not in {separator, "\r", "\n", ""}:
            return end, behind


def _open_quote(text: str, at: int, end: int, separator: str) -> int | None:
    """Where in the line a cell's quotes open that do not close in it, or None."""
    while at < end:
        if text[at] == '"':
            behind = _behind_quotes(text, at)
            if not 0 <= behind <= end:
                return at
            at = behind
        following = text.find(separator, at, end)
        if following < 0:
            return None
        at = following + len(separator)
    return None


def _behind_quotes(text: str, at: int) -> int:
    """Where the quoted cell ends that begins at `at`; -1: nowhere, or too far away."""
    limit = at + ROW_LIMIT
    at += 1
    while True:
        at = text.find('"', at, limit)
        if at < 0 or text[at + 1 : at + 2] != '"':
            return at + 1 if at >= 0 else -1
        at += 2


def _cells(line: str, place: Place, *, separator: str) -> Row:
    """The cells of a row, or the row with the fault that its quotes have."""
    cells, at = [], 0
    while True:
        if line[at : at + 1] == '"':
            behind = _behind_quotes(line, at)
            if behind < 0 or (behind < len(line) and line[behind] != separator):
                return Row(place, (), TipCode.BAD_QUOTING)
            cells.append(Cell(line[at + 1 : behind - 1].replace('""', '"')))
        else:
            behind = line.find(separator, at)
            behind = len(line) if behind < 0 else behind
            cells.append(Cell(line[at:behind]))
        if behind >= len(line):
            return Row(place, cells)
        at = behind + 1
