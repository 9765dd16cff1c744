"""Open workbooks in XLSX (ECMA-376): the stored cells of each sheet, not what a program would display or compute."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sightline.stages.tabular import package
from sightline.stages.tabular.markup import Handler, Stop, walk_elements
from sightline.stages.tabular.number_format import Styles
from sightline.stages.tabular.sheet_cells import Sheet, Strings
from sightline.stages.tabular.table_rows import Unreadable


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

    def start_element(self, name: str, byte_offset: int, attributes: dict[str, str]) -> None:  # noqa: ARG002  - Handler
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

    def read_remarks(self) -> list[str]:
        """Return the texts beside the cells: comments, text boxes, what formats write, headers and footers of pages."""
        return [*sorted(self.styles.literals), *_read_remarks(self._parts)]

    def read_marks(self) -> list[tuple[str, str]]:
        """Return what the workbook says of itself, by the name of its property: `creator`, `Application`, `title`."""
        marks = []
        for name, content in self._parts.items():
            if name.lower().startswith("docprops/"):
                walk_elements(content, properties := _Properties())
                marks += properties.properties
        return marks[:_MOST_REMARKS]

    def read_sheets(self) -> Iterator[tuple[SheetEntry, Sheet, Stop | None]]:
        """Yield each sheet of cells, hidden ones too, in the order of the workbook, and where it breaks off."""
        for entry in self.main.sheets:
            part = self._relations.by_id.get(entry.relation, "")
            if part in self._parts and "worksheet" in part:
                sheet = Sheet(self._strings.texts, self.styles.formats, from_1904=self.main.from_1904)
                yield entry, sheet, _walk_sheet(self._parts[part], sheet)


_OF_COMMENTS, _OF_DRAWINGS = re.compile(r"comments?[0-9]*\.xml$", re.IGNORECASE), re.compile(r"drawings/[^/]+\.xml$")
_PRINTED = re.compile(rb"<(?:\w+:)?headerFooter\b.{0,20000}?</(?:\w+:)?headerFooter>", re.DOTALL)
_CODES = re.compile(r"&(?:\"[^\"]*\"|K[0-9A-F]{6}|[0-9]{1,3}|[A-Za-z])")
"""What stands for a position, a font, or the number of the page in a printed header."""
_MOST_REMARKS = 10_000


class _Remarks(Handler):
    """Reads the texts of a part, each of them within one of some elements."""

    def __init__(self, elements: frozenset[str], texts: frozenset[str]) -> None:
        self.texts: list[str] = []
        self._elements, self._texts = elements, texts
        self._path: list[str] = []
        self._pieces: list[str] = []

    def start_element(self, name: str, byte_offset: int, attributes: dict[str, str]) -> None:  # noqa: ARG002  - Handler
        """Handle the start of an element."""
        self._path.append(name.rpartition(":")[2])

    def says(self, text: str) -> None:
        """Add to the text."""
        if self._path[-1:] and self._path[-1] in self._texts:
            self._pieces.append(text)

    def end_element(self, end: int) -> None:  # noqa: ARG002  - a Handler's
        """Handle the end of an element: that of one remark ends its text."""
        if self._path.pop() in self._elements and len(self.texts) < _MOST_REMARKS:
            self.texts.append("".join(self._pieces).strip())
            self._pieces = []


class _Properties(Handler):
    """Reads the properties of a workbook. One that an office named has that name, and not that of its type."""

    def __init__(self) -> None:
        self.properties: list[tuple[str, str]] = []
        self._path: list[str] = []
        self._named = ""
        self._pieces: list[str] = []

    def start_element(self, name: str, byte_offset: int, attributes: dict[str, str]) -> None:  # noqa: ARG002  - Handler
        """Handle the start of an element."""
        self._path.append(name.rpartition(":")[2])
        self._named = attributes.get("name", "") if self._path[-1] == "property" else self._named
        self._pieces = []

    def says(self, text: str) -> None:
        """Add to the text."""
        self._pieces.append(text)

    def end_element(self, end: int) -> None:  # noqa: ARG002  - a Handler's
        """Handle the end of an element: a property that has a text is kept."""
        name, text = self._path.pop(), "".join(self._pieces).strip()
        self._pieces = []
        if text and (self._named or name in _DOCUMENT_PROPERTIES):
            self.properties.append((self._named or name, text))
        self._named = "" if name == "property" else self._named


_DOCUMENT_PROPERTIES = frozenset(
    """
    creator lastModifiedBy title subject description keywords category contentStatus Application Template Company
    Manager
    """.split()
)
"""The properties that say who or what made a workbook, or what it is; the others are figures and times."""


def _read_remarks(parts: Mapping[str, bytes]) -> list[str]:
    """The texts that a workbook has beside its cells: comments, text boxes, and what is printed on each page."""
    comment = frozenset({"comment", "threadedComment"}), frozenset({"t", "text"})
    box = frozenset({"p"}), frozenset({"t"})
    page = frozenset({f"{which}{what}" for which in ("odd", "even", "first") for what in ("Header", "Footer")})
    result: list[str] = []
    for name, content in parts.items():
        if "worksheet" in name and (printed := _PRINTED.search(content)):
            result += _list_texts(printed[0], _Remarks(page, page))
        elif _OF_COMMENTS.search(name) or "threadedComments/" in name:
            result += _list_texts(content, _Remarks(*comment))
        elif _OF_DRAWINGS.search(name):
            result += _list_texts(content, _Remarks(*box))
    return [text for raw_text in result if (text := _CODES.sub(" ", raw_text.replace("&amp;", "&")).strip())]


def _list_texts(content: bytes, handler: _Remarks) -> list[str]:
    walk_elements(content, handler)
    return handler.texts


def open_workbook(content: bytes) -> OpenedWorkbook | None:
    """Return the workbook, or None if the archive is no workbook in XML. Raises Unreadable."""
    parts = package.read_parts(content)
    main_name = package.find_workbook_part(parts)
    if main_name is None:
        return None
    main, styles, strings = MainPart(), Styles(), Strings()
    related = package.read_relations(parts, main_name)
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
    except Unreadable as error:
        return Stop(error.code, 0)
