"""Split CSV and TSV (RFC 4180) into rows, with their byte positions and their spreadsheet row numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from sightline.model import TipCode
from sightline.stages.tabular.encoding import DecodedContent
from sightline.stages.tabular.table_rows import Cell, RowPlace, TableRow

SEPARATORS = (",", ";", "\t", "|")
ROW_LIMIT = 1 << 20
DECLARED_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)
"""A first line that declares the separator, as Excel writes it."""
_END = re.compile(r"\r\n|\n|\r")


def split_rows(decoded: DecodedContent, separator: str, member: str | None) -> Iterator[TableRow]:
    """Yield every row, blank ones too."""
    text, at, number = decoded.text, 0, 0
    split = partial(split_line, separator=separator)
    while at < len(text):
        number += 1
        end, behind = _find_row_end(text, at, separator)
        start_byte = decoded.find_byte_offset(at)
        length = decoded.find_byte_offset(end) - start_byte
        place = RowPlace(member, None, number, start_byte, length)
        if end - at > ROW_LIMIT:
            yield TableRow(place, (), TipCode.VALUE_TOO_LONG)
        elif number == 1 and DECLARED_SEPARATOR.fullmatch(text[at:end]):
            yield TableRow(place, ())
        else:
            yield split(text[at:end], place)
        at = behind


def _find_row_end(text: str, at: int, separator: str) -> tuple[int, int]:
    """Return where a row ends, and where the next one begins; a line end within quotes is part of a cell."""
    while True:
        match = _END.search(text, at)
        end, behind = (len(text), len(text)) if match is None else match.span()
        quoted = _open_quote(text, at, end, separator)
        if quoted is None:
            return end, behind
        # A quote without a valid closing quote affects its own line only, so the rest is not lost.
        at = _find_behind_quotes(text, quoted)
        if at < 0 or text[at : at + 1] not in {separator, "\r", "\n", ""}:
            return end, behind


def _open_quote(text: str, at: int, end: int, separator: str) -> int | None:
    """Return where in the line a cell's quotes open that do not close in it, or None."""
    while at < end:
        if text[at] == '"':
            behind = _find_behind_quotes(text, at)
            if not 0 <= behind <= end:
                return at
            at = behind
        following = text.find(separator, at, end)
        if following < 0:
            return None
        at = following + len(separator)
    return None


def _find_behind_quotes(text: str, at: int) -> int:
    """Return where the quoted cell ends that begins at `at`; -1: nowhere, or too far away."""
    limit = at + ROW_LIMIT
    at += 1
    while True:
        at = text.find('"', at, limit)
        if at < 0 or text[at + 1 : at + 2] != '"':
            return at + 1 if at >= 0 else -1
        at += 2


def split_line(line: str, place: RowPlace, *, separator: str) -> TableRow:
    """Return the cells of a row, or the row with the fault that its quotes have."""
    cells, at = [], 0
    while True:
        if line[at : at + 1] == '"':
            behind = _find_behind_quotes(line, at)
            if behind < 0 or (behind < len(line) and line[behind] != separator):
                return TableRow(place, (), TipCode.BAD_QUOTING)
            cells.append(Cell(line[at + 1 : behind - 1].replace('""', '"')))
        else:
            behind = line.find(separator, at)
            behind = len(line) if behind < 0 else behind
            cells.append(Cell(line[at:behind]))
        if behind >= len(line):
            return TableRow(place, cells)
        at = behind + 1
