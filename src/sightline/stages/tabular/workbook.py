"""Open workbooks in XLSX (ECMA-376): the stored cells of each sheet, not what a program would display or compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sightline.stages.tabular import package
from sightline.stages.tabular.markup import Handler, Stop, walk_elements
from sightline.stages.tabular.number_format import Styles
from sightline.stages.tabular.rows import Unreadable
from sightline.stages.tabular.sheet_cells import Sheet, Strings


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A sheet in the workbook's list."""

    name: str
    relation: str
    is_hidden: bool


@dataclass(slots=True)
class MainPart(Handler):
    """Reads the main part of a workbook: the sheets, and the first day of serial numbers."""

    sheets: list[SheetEntry] = field(default_factory=list)
    from_1904: bool = False

    def opens(self, name: str, byte_offset: int, attributes: dict[str, str]) -> None:  # noqa: ARG002  - a Handler's
        """Store a sheet or a property."""
        bare = name.rpartition(":")[2]
        if bare == "sheet":
            relation = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            is_hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append(SheetEntry(attributes.get("name", ""), relation, is_hidden))
        elif bare == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true"}


@dataclass(frozen=True, slots=True)
class OpenedWorkbook:
    """A workbook whose main part, styles and shared strings were read."""

    main: MainPart
    styles: Styles
    _strings: Strings
    _parts: Mapping[str, bytes]
    _relations: package.Relations

    def read_sheets(self) -> Iterator[tuple[SheetEntry, Sheet, Stop | None]]:
        """Yield each sheet of cells, hidden ones too, in the order of the workbook, and where it breaks off."""
        for entry in self.main.sheets:
            part = self._relations.by_id.get(entry.relation, "")
            if part in self._parts and "worksheet" in part:
                sheet = Sheet(self._strings.texts, self.styles.shown, from_1904=self.main.from_1904)
                yield entry, sheet, _walk_sheet(self._parts[part], sheet)


def open_workbook(content: bytes) -> OpenedWorkbook | None:
    """Return the workbook, or None if the archive is no workbook in XML. Raises Unreadable."""
    parts = package.parts(content)
    main_name = package.workbook_part(parts)
    if main_name is None:
        return None
    main, styles, strings = MainPart(), Styles(), Strings()
    related = package.relations(parts, main_name)
    handlers: tuple[tuple[Handler, str | None], ...] = (
        (main, main_name),
        (styles, related.by_type.get("styles")),
        (strings, related.by_type.get("sharedStrings")),
    )
    for handler, part in handlers:
        if part in parts and (stop := walk_elements(parts[part], handler)):
            raise Unreadable(stop.code)
    return OpenedWorkbook(main, styles, strings, parts, related)


def _walk_sheet(content: bytes, sheet: Sheet) -> Stop | None:
    try:
        return walk_elements(content, sheet)
    except Unreadable as why:
        return Stop(why.code, 0)
