"""Read referral spreadsheets in XLSX (ECMA-376): the stored cells, not what a program would display or compute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sightline.errors import UnknownFormat, UsageError
from sightline.stages.tabular.markup import Stop
from sightline.stages.tabular.sheet_cells import Sheet
from sightline.stages.tabular.table_rows import RowPlace, Unreadable
from sightline.stages.tabular.workbook import SheetEntry, open_workbook
from sightline.stages.tips.event_table import HEADING_ROWS, build_no_columns_error, find_event_columns, read_items
from sightline.stages.tips.model import Item, TipNote, TipOptions, TipReject
from sightline.stages.tips.table_columns import TableColumns


@dataclass(frozen=True, slots=True)
class OpenedSheet:
    """A sheet that was read, its columns if it is visible and has some of a tip, and where it breaks off."""

    entry: SheetEntry
    sheet: Sheet
    columns: TableColumns | None
    stop: Stop | None


def read(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    """Yield the rows of every visible sheet with headings of a tip. Hidden and omitted sheets are reported.

    Raises UnknownFormat, UsageError.
    """
    try:
        opened = _open_sheets(content, member, options)
    except Unreadable as error:
        yield TipReject(error.code, RowPlace(member, None, None, 0, len(content)))
        return
    for opened_sheet in _select_sheets(opened, options):
        yield from _read_sheet_items(opened_sheet, member, options)
    yield from _list_left_out(opened, options)


def _open_sheets(content: bytes, member: str | None, options: TipOptions) -> list[OpenedSheet]:
    """The sheets of the workbook. Raises Unreadable, and UnknownFormat where it is none."""
    book = open_workbook(content)
    if book is None:
        raise UnknownFormat("an archive that is no XLSX workbook", hint="save the sheet as .xlsx or .csv")
    opened_sheets = []
    for entry, sheet, stop in book.read_sheets():
        is_wanted = not entry.is_hidden if options.sheet is None else entry.name == options.sheet
        rows = islice(sheet.read_rows(member, entry.name), HEADING_ROWS)
        opened_sheets.append(OpenedSheet(entry, sheet, find_event_columns(rows, options) if is_wanted else None, stop))
    return opened_sheets


def _select_sheets(opened: list[OpenedSheet], options: TipOptions) -> list[OpenedSheet]:
    """The sheet that was asked for, or all visible ones with headings of a tip. Raises UnknownFormat, UsageError."""
    if options.sheet is not None:
        opened_sheets = [opened_sheet for opened_sheet in opened if opened_sheet.entry.name == options.sheet]
        if not opened_sheets:
            raise UsageError(f"--sheet {options.sheet!r}: the workbook has no such sheet", hint=_join_names(opened))
        if opened_sheets[0].columns is None:
            raise build_no_columns_error(options, f"the sheet {options.sheet!r}")
        return opened_sheets
    fitting = [opened_sheet for opened_sheet in opened if opened_sheet.columns is not None]
    if not fitting:
        raise build_no_columns_error(options, "the workbook's visible sheets")
    if len(fitting) > 1 and not all(
        opened_sheet.columns and opened_sheet.columns.has_headings for opened_sheet in fitting
    ):
        raise UsageError(
            "columns by number, and several sheets", hint=f"say which: --sheet NAME; {_join_names(fitting)}"
        )
    return fitting


def _join_names(opened: list[OpenedSheet]) -> str:
    names = ", ".join(repr(opened_sheet.entry.name) for opened_sheet in opened)
    return f"its sheets: {names}"


def _read_sheet_items(opened_sheet: OpenedSheet, member: str | None, options: TipOptions) -> Iterator[Item]:
    """The rows of a sheet, then the break if it has one, and what else there is to say."""
    name, columns = opened_sheet.entry.name, opened_sheet.columns
    if columns is None:
        return
    if columns.zone:
        yield TipNote(f"sheet {name!r}: the heading of the times says that they are in UTC")
    if columns.unread_note:
        yield TipNote(f"sheet {name!r}: {columns.unread_note}")
    try:
        yield from read_items(opened_sheet.sheet.read_rows(member, name), columns, options)
    except Unreadable as error:
        yield TipReject(error.code, RowPlace(member, name))
    if opened_sheet.stop is not None:
        yield TipReject(opened_sheet.stop.code, RowPlace(member, name))
    if hidden := opened_sheet.sheet.hidden_rows:
        rows = ", ".join(map(str, hidden[:10])) + (", ..." if len(hidden) > 10 else "")
        yield TipNote(f"sheet {name!r}: {len(hidden):,} hidden rows are read too: {rows}")
    if opened_sheet.sheet.has_hidden_columns:
        yield TipNote(f"sheet {name!r}: hidden columns are read too")


def _list_left_out(opened: list[OpenedSheet], options: TipOptions) -> Iterator[Item]:
    """What is said of sheets that were not read."""
    for opened_sheet in opened:
        name = opened_sheet.entry.name
        if options.sheet is not None or opened_sheet.columns is not None:
            continue
        if opened_sheet.entry.is_hidden:
            yield TipNote(f"sheet {name!r} is hidden and was not read: --sheet reads it")
        else:
            yield TipNote(f"sheet {name!r} has no headings of a tip and was not read")
