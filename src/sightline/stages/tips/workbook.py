"""Read referral spreadsheets in XLSX (ECMA-376): the stored cells, not what a program would display or compute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from sightline.errors import UnknownFormat, UsageError
from sightline.stages.tips import package
from sightline.stages.tips.columns import Columns
from sightline.stages.tips.markup import Handler, Stop, walk_elements
from sightline.stages.tips.model import Item, Note, Place, TipOptions, TipReject, Unreadable
from sightline.stages.tips.number_format import Styles
from sightline.stages.tips.sheet_cells import Sheet, Strings
from sightline.stages.tips.table import HEADING_ROWS, head, items, no_columns


@dataclass(frozen=True, slots=True)
class Listed:
    """A sheet in the workbook's list."""

    name: str
    relation: str
    is_hidden: bool


@dataclass(slots=True)
class Workbook(Handler):
    """Reads the main part: the sheets, and the first day of serial numbers."""

    sheets: list[Listed] = field(default_factory=list)
    from_1904: bool = False

    def opens(self, name: str, byte_offset: int, attributes: dict[str, str]) -> None:  # noqa: ARG002  - a Handler's
        """Store a sheet or a property."""
        bare = name.rpartition(":")[2]
        if bare == "sheet":
            relation = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            is_hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append(Listed(attributes.get("name", ""), relation, is_hidden))
        elif bare == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A sheet that was read, its columns if it is visible and has some of a tip, and where it breaks off."""

    listed: Listed
    sheet: Sheet
    columns: Columns | None
    stop: Stop | None


def read(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    """Yield the rows of every visible sheet with headings of a tip. Hidden and omitted sheets are reported.

    Raises UnknownFormat, UsageError.
    """
    try:
        opened = _open(content, member, options)
    except Unreadable as why:
        yield TipReject(why.code, Place(member, None, None, 0, len(content)))
        return
    for one in _to_read(opened, options):
        yield from _sheet_items(one, member, options)
    yield from _left_out(opened, options)


def _open(content: bytes, member: str | None, options: TipOptions) -> list[Opened]:
    """The sheets of the workbook. Raises Unreadable, and UnknownFormat where it is none."""
    parts = package.parts(content)
    main = package.workbook_part(parts)
    if main is None:
        raise UnknownFormat("an archive that is no XLSX workbook", hint="save the sheet as .xlsx or .csv")
    book, styles, strings = Workbook(), Styles(), Strings()
    related = package.relations(parts, main)
    for handler, part in ((book, main), (styles, related.by_type.get("styles")), (strings, _strings(related))):
        if part in parts and (stop := walk_elements(parts[part], handler)):
            raise Unreadable(stop.code)
    found = []
    for listed in book.sheets:
        sheet = Sheet(strings.texts, styles.shown, from_1904=book.from_1904)
        part = related.by_id.get(listed.relation, "")
        if part in parts and "worksheet" in part:
            stop = _walk_sheet(parts[part], sheet)
            is_wanted = not listed.is_hidden if options.sheet is None else listed.name == options.sheet
            rows = islice(sheet.rows(member, listed.name), HEADING_ROWS)
            found.append(Opened(listed, sheet, head(rows, options) if is_wanted else None, stop))
    return found


def _strings(related: package.Relations) -> str | None:
    return related.by_type.get("sharedStrings")


def _walk_sheet(content: bytes, sheet: Sheet) -> Stop | None:
    try:
        return walk_elements(content, sheet)
    except Unreadable as why:
        return Stop(why.code, 0)


def _to_read(opened: list[Opened], options: TipOptions) -> list[Opened]:
    """The sheet that was asked for, or all visible ones with headings of a tip. Raises UnknownFormat, UsageError."""
    if options.sheet is not None:
        asked = [one for one in opened if one.listed.name == options.sheet]
        if not asked:
            raise UsageError(f"--sheet {options.sheet!r}: the workbook has no such sheet", hint=_names(opened))
        if asked[0].columns is None:
            raise no_columns(options, f"the sheet {options.sheet!r}")
        return asked
    fitting = [one for one in opened if one.columns is not None]
    if not fitting:
        raise no_columns(options, "the workbook's visible sheets")
    if len(fitting) > 1 and not all(one.columns and one.columns.has_headings for one in fitting):
        raise UsageError("columns by number, and several sheets", hint=f"say which: --sheet NAME; {_names(fitting)}")
    return fitting


def _names(opened: list[Opened]) -> str:
    return "it has " + ", ".join(repr(one.listed.name) for one in opened)


def _sheet_items(one: Opened, member: str | None, options: TipOptions) -> Iterator[Item]:
    """The rows of a sheet, then the break if it has one, and what else there is to say."""
    name, found = one.listed.name, one.columns
    if found is None:
        return
    if found.zone:
        yield Note(f"sheet {name!r}: the heading of the times says that they are in UTC")
    try:
        yield from items(one.sheet.rows(member, name), found, options)
    except Unreadable as why:
        yield TipReject(why.code, Place(member, name))
    if one.stop is not None:
        yield TipReject(one.stop.code, Place(member, name))
    if hidden := one.sheet.hidden_rows:
        rows = ", ".join(map(str, hidden[:10])) + (", ..." if len(hidden) > 10 else "")
        yield Note(f"sheet {name!r}: {len(hidden):,} hidden rows are read too: {rows}")
    if one.sheet.has_hidden_columns:
        yield Note(f"sheet {name!r}: hidden columns are read too")


def _left_out(opened: list[Opened], options: TipOptions) -> Iterator[Item]:
    """What is said of sheets that were not read."""
    for one in opened:
        name = one.listed.name
        if options.sheet is not None or one.columns is not None:
            continue
        if one.listed.is_hidden:
            yield Note(f"sheet {name!r} is hidden and was not read: --sheet reads it")
        else:
            yield Note(f"sheet {name!r} has no headings of a tip and was not read")
