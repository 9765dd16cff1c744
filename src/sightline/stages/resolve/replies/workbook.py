"""Read sheets of a workbook as frames of text from the stored cells. A cell that is not plain is replaced by a mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import polars as pl

from sightline.errors import DamagedInput, UnknownFormat
from sightline.model import ReplyCode, TipCode
from sightline.stages.canonical.address import parse_address
from sightline.stages.resolve.replies import cell_text, document_marks, reply_source, reply_times
from sightline.stages.resolve.replies.delimited import FAULT, OVER
from sightline.stages.resolve.replies.reply_source import ReplyMember
from sightline.stages.tabular.serial_days import SERIAL_ZERO, parse_serial
from sightline.stages.tabular.table_rows import Cell, Unreadable
from sightline.stages.tabular.workbook import open_workbook

ROWS = 100_000
STRUCK = "struck"
"""The column that states whether a cell of the row is struck out, if one in the sheet is."""
TIMES = frozenset({"start", "start_date", "start_clock", "end", "end_date", "end_clock", "event_time", "seen"})
_ADDRESSES = frozenset({"ip", "source_ip", "inside_ip", "destination_ip"})
_MOST_BYTES = 256 << 20


@dataclass(slots=True)
class SheetRows:
    """The rows of a sheet as stored: the number of each, and its cells."""

    name: str
    numbers: list[int] = field(default_factory=list)
    rows: list[Sequence[Cell]] = field(default_factory=list)
    faults: list[TipCode | None] = field(default_factory=list)
    hidden_rows: int = 0
    has_hidden_columns: bool = False
    struck: frozenset[int] = frozenset()


def read_sheets(member: ReplyMember) -> tuple[list[SheetRows], list[str], list[str]]:
    """Return the sheets with content, the names of hidden ones among them, and the texts that stand beside the cells.

    Raises DamagedInput.
    """
    with reply_source.map_unpack_errors(member.label), member.open() as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise DamagedInput(f"{member.label}: a workbook of more than 256 MiB", hint="ask for CSV")
    try:
        return _list_readable_sheets(content, member.label)
    except Unreadable as error:
        raise DamagedInput(
            f"{member.label}: the workbook is broken ({error.code})", hint="ask for it again, or as CSV"
        ) from None


_LEAST_FACTS = 4


def turn_facts(sheet: SheetRows) -> SheetRows | None:
    """Return a sheet of one record, whose rows are a name and its value, as one with the names as headings.

    Rows of one cell above them stay above. None of any other sheet, and of one with hidden or faulty rows.
    """
    filled = [[(at, cell) for at, cell in enumerate(row) if cell.text.strip()] for row in sheet.rows]
    pairs = [cells for cells in filled if len(cells) > 1]
    if len(pairs) < _LEAST_FACTS or any([at for at, _ in pair] != [at for at, _ in pairs[0]] for pair in pairs):
        return None
    is_whole = not sheet.hidden_rows and not sheet.struck and not any(sheet.faults)
    if len(pairs[0]) != 2 or not is_whole or any(cell.is_number for (_, cell), _ in pairs):
        return None
    first = filled.index(pairs[0])
    if any(len(cells) == 1 for cells in filled[first:]):
        return None
    above = [(number, row) for number, row, one in zip(sheet.numbers, sheet.rows, filled, strict=True) if len(one) == 1]
    at = sheet.numbers[first]
    numbers = [*(number for number, _ in above), at, at + 1]
    rows = [*(row for _, row in above), [name for (_, name), _ in pairs], [value for _, (_, value) in pairs]]
    return SheetRows(sheet.name, numbers, rows, [None] * len(rows), 0, sheet.has_hidden_columns)


def _list_readable_sheets(content: bytes, label: str) -> tuple[list[SheetRows], list[str], list[str]]:
    book = open_workbook(content)
    if book is None:
        raise UnknownFormat(f"{label}: an archive that is no XLSX workbook", hint=reply_source.ADVICE)
    out = {str(at) for at, is_struck in enumerate(book.styles.struck) if is_struck}
    result, hidden = [], []
    for entry, sheet, stop in book.read_sheets():
        if stop:
            raise Unreadable(stop.code)
        if entry.is_hidden:
            hidden.append(entry.name)
        struck = frozenset(number for number, used in sheet.styles_of.items() if used & out)
        is_hidden = sheet.has_hidden_columns
        rows = SheetRows(entry.name, hidden_rows=len(sheet.hidden_rows), has_hidden_columns=is_hidden, struck=struck)
        for row in sheet.read_rows(None, entry.name):
            rows.numbers.append(row.place.row_number or 0)
            rows.rows.append(row.cells)
            rows.faults.append(row.fault)
        if rows.rows:
            result.append(rows)
    return result, hidden, [*book.read_remarks(), *document_marks.list_doubted_marks(book.read_marks())]


def has_addresses(sheet: SheetRows) -> bool:
    """Return whether a cell of a sheet is an IP address."""
    return any(
        parse_address(cell.text.strip()) is not None
        for row in sheet.rows
        for cell in row
        if "." in cell.text or ":" in cell.text
    )


def read_batches(sheet: SheetRows, width: int, by_column: Mapping[int, str]) -> Iterator[pl.DataFrame]:
    """Yield frames of `row`, `c0` to the last heading, OVER and FAULT. `by_column`: the field of a column."""
    doubted = _find_doubted_columns(sheet, by_column)
    names = [*(f"c{at}" for at in range(width)), OVER, FAULT]
    schema = {"row": pl.UInt32(), **dict.fromkeys(names, pl.String())}
    for start in range(0, len(sheet.rows), ROWS):
        rows = []
        for at in range(start, min(start + ROWS, len(sheet.rows))):
            cells, fault = sheet.rows[at], sheet.faults[at]
            texts = [
                read_cell_text(cells[column], by_column.get(column), is_doubted=column in doubted)
                if column < len(cells)
                else ""
                for column in range(width)
            ]
            over = " ".join(cell.text for cell in cells[width:]).strip()
            rows.append([sheet.numbers[at], *texts, over, None if fault is None else _convert_code(fault).value])
        made = pl.DataFrame(rows, schema=schema, orient="row")
        yield made.with_columns(pl.col("row").is_in(list(sheet.struck)).alias(STRUCK)) if sheet.struck else made


def _find_doubted_columns(sheet: SheetRows, by_column: Mapping[int, str]) -> set[int]:
    """The columns of times in which some are dates of the program and others texts with day and month in figures.

    Such a column was opened in a program with another order: it took for dates what it could, with the two swapped.
    """
    result = set()
    for column, name in by_column.items():
        if name not in TIMES:
            continue
        cells = [row[column] for row in sheet.rows if column < len(row)]
        if any(cell.is_date for cell in cells) and any(
            not cell.is_number and reply_times.needs_order(cell.text.strip()) for cell in cells
        ):
            result.add(column)
    return result


def read_cell_text(cell: Cell, name: str | None, *, is_doubted: bool = False) -> str:
    """Return the text of a cell as it was written, or a mark with the reason why it is not."""
    if cell.fault is not None:
        return cell.text if name is None else cell_text.format_odd_cell_mark(_convert_code(cell.fault))
    if not cell.is_number or name is None:
        return cell.text
    if name in _ADDRESSES:
        return cell_text.format_odd_cell_mark(ReplyCode.MANGLED_ADDRESS)
    if not cell.is_date:
        is_whole = cell.text.isascii() and cell.text.isdigit() and len(cell.text) <= 15
        return cell.text if is_whole or name in TIMES else cell_text.format_odd_cell_mark(ReplyCode.MANGLED_NUMBER)
    if name not in TIMES:
        return cell_text.format_odd_cell_mark(ReplyCode.MANGLED_NUMBER)
    return cell_text.format_odd_cell_mark(ReplyCode.MANGLED_TIME) if is_doubted else _format_date(cell, name)


def _format_date(cell: Cell, name: str) -> str:
    """`2026-07-31 12:34:56` of a serial number, without the seconds that it does not show."""
    try:
        days = Decimal(cell.text)
        is_clock = 0 <= days < 1 and name.endswith("_clock")
        days = days if is_clock else parse_serial([cell.text])
    except (Unreadable, ArithmeticError):
        return cell_text.format_odd_cell_mark(ReplyCode.MANGLED_TIME)
    at = SERIAL_ZERO[cell.from_1904] + timedelta(milliseconds=round(days * 86_400_000))
    clock = f"{at:%H:%M:%S}" if cell.shows_seconds or at.second or at.microsecond else f"{at:%H:%M}"
    if at.microsecond:
        clock += f".{at.microsecond // 1000:03}"
    if is_clock:
        return clock
    return f"{at:%Y-%m-%d}" if name.endswith("_date") and clock in {"00:00", "00:00:00"} else f"{at:%Y-%m-%d} {clock}"


def _convert_code(fault: TipCode) -> ReplyCode:
    return ReplyCode(fault.value) if fault.value in {*ReplyCode} else ReplyCode.BAD_NUMBER
