"""Read the tables of a web page, which many portals write under a name that ends in `.xls`, as rows of text.

A page is only read: nothing that it names is fetched, and no script in it runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

LONGEST_SPAN = 1_000
"""The maximum number of rows or columns over which a cell reaches."""
MOST_CELLS = 20_000_000
"""The maximum number of cells of a page, with those that its spans fill."""
STRUCK_OUT = "struck out"
"""What stands before a text that the page shows as struck out."""
_SILENT = frozenset({"style", "template", "noscript"})
_BLOCKS = frozenset(
    {"p", "div", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "table", "title", "caption"}
)
_STRUCK = frozenset({"s", "strike", "del"})
_UNSEEN_INPUTS = frozenset({"hidden", "submit", "button", "reset", "image", "checkbox", "radio", "password", "file"})
"""Types of input fields whose value is not a text on the page."""
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_HIDES = re.compile(r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}(?:hidden|collapse)", re.IGNORECASE)
_STRIKES = re.compile(r"line-through", re.IGNORECASE)


class HiddenParts(Exception):
    """A page hides some of its parts: what an officer sees of it is not what it says."""


@dataclass(slots=True)
class _Table:
    """A table that is open: the texts of its row so far, and cells of rows above that reach into it, by column."""

    cells: list[str] | None = None
    text: list[str] | None = None
    spans: tuple[int, int] = (1, 1)
    reaching: dict[int, tuple[int, str]] = field(default_factory=dict)


def read_rows(page: str) -> list[list[str]]:
    """Return the rows of a page's tables, and its other lines of text as rows of one cell, in their order.

    A cell that reaches over several rows stands in each of them, and one that reaches over several columns in the first
    of these. Raises HiddenParts; ValueError for a tag or a comment without an end.
    """
    reader = _PageParser()
    reader.feed(_without_comments(page))
    reader.close()
    reader.end_page()
    return reader.rows


def _without_comments(page: str) -> str:
    """Return a page without comments and scripts. Raises ValueError for one, or a tag, without an end.

    A parser would look for such an end from each place again. Here each look goes on where the last one ended.
    """
    bare = _cut_parts(_cut_parts(page, "<!--", "-->")[0], "<script", "</script")[0]
    for piece in bare.split("<")[1:]:
        if (piece[:1].isalpha() or piece[:1] in {"/", "!", "?"}) and ">" not in piece:
            raise ValueError("a tag without an end")
    return bare


def _cut_parts(page: str, start: str, end: str) -> tuple[str, list[str]]:
    """Return a page without what stands from each `start` to the next `end`, in whichever case, and all of that."""
    lower = (
        page.lower() if page.isascii() else "".join(letter.lower() if letter.isascii() else letter for letter in page)
    )
    pieces, cut, at = list[str](), list[str](), 0
    while (begins := lower.find(start, at)) >= 0:
        ends = lower.find(end, begins + 2)
        if ends < 0:
            raise ValueError(f"no {end} after {start}")
        pieces.append(page[at:begins])
        cut.append(page[begins + len(start) : ends])
        at = ends + len(end)
    return "".join((*pieces, page[at:])), cut


_STYLE = re.compile(r"<style\b[^>]{0,1000}>(.*?)</style", re.IGNORECASE | re.DOTALL)
_META = re.compile(r"<meta\s([^<>]{1,4000})>", re.IGNORECASE)
_VALUE = re.compile(
    r"\b(name|content)\s{0,9}=\s{0,9}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|([^\s\"'>]{1,2000}))", re.I
)
_TOOLTIP = re.compile(
    r"\b(?:title|alt|aria-label)\s{0,9}=\s{0,9}(?:\"([^\"<>]{1,2000})\"|'([^'<>]{1,2000})')", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]{0,4000}>")
_ROW_OF_A_TABLE = re.compile(r"<t[rdh]\b", re.IGNORECASE)


def read_marks(page: str) -> list[tuple[str, str]]:
    """Return what a page says of itself and does not show: comments, tooltips, and named facts such as `generator`.

    Raises HiddenParts for a row of a table within a comment, and for a style sheet in one that hides parts.
    """
    if any(_HIDES.search(style) for style in _STYLE.findall(page)):
        raise HiddenParts
    marks = []
    for comment in _cut_parts(_STYLE.sub(" ", page), "<!--", "-->")[1]:
        is_for_a_program = comment.lstrip().startswith("[")
        if not is_for_a_program and _ROW_OF_A_TABLE.search(comment):
            raise HiddenParts
        if text := _join_plain([_TAG.sub(" ", comment)]):
            marks.append(("comment", text))
    marks += [("tooltip", _join_plain([unescape(first or second)])) for first, second in _TOOLTIP.findall(page)]
    for attributes in _META.findall(page):
        values = {name.lower(): first or second or third for name, first, second, third in _VALUE.findall(attributes)}
        if values.get("name") and values.get("content"):
            marks.append((values["name"].lower(), _join_plain([unescape(values["content"])])))
    return marks


class _PageParser(HTMLParser):
    """Collects rows while the page is read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._tables: list[_Table] = []
        self._line: list[str] = []
        self._silent = 0
        self._struck = 0
        self._open: list[tuple[str, bool]] = []
        self._count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        values = dict(attrs)
        style = values.get("style") or ""
        if "hidden" in values or _HIDES.search(style):
            raise HiddenParts
        if tag in _SILENT:
            self._silent += 1
            return
        strikes = tag in _STRUCK or _STRIKES.search(style) is not None
        if tag not in _VOID:
            self._open.append((tag, strikes))
            self._struck += strikes
        if tag == "table":
            self._end_line()
            self._tables.append(_Table())
        elif tag == "tr":
            self._end_row()
            if self._tables:
                self._tables[-1].cells = []
        elif tag in {"td", "th"} and self._tables:
            self._begin_cell(values)
        elif tag == "input" and (values.get("type") or "text").lower() not in _UNSEEN_INPUTS:
            self.handle_data(f" {values.get('value') or ''} ")
        elif tag in _BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and those within it that the page left open."""
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
            return
        if tag in _VOID or all(name != tag for name, _ in self._open[-_MOST_OPEN:]):
            return
        while self._open:
            name, strikes = self._open.pop()
            self._struck -= strikes
            if name == tag:
                break
        if tag in {"td", "th"}:
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_row()
            if self._tables:
                self._tables.pop()
        elif tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        """Take text. Within a style sheet, only whether it hides parts matters."""
        if self._silent:
            if _HIDES.search(data):
                raise HiddenParts
            return
        text = f"{STRUCK_OUT} {data}" if self._struck and data.strip() else data
        cell = self._tables[-1].text if self._tables else None
        (self._line if cell is None else cell).append(text)

    def end_page(self) -> None:
        """End what the page left open."""
        while self._tables:
            self._end_row()
            self._tables.pop()
        self._end_line()

    def _break(self) -> None:
        cell = self._tables[-1].text if self._tables else None
        if cell is None:
            self._end_line()
        else:
            cell.append(" ")

    def _begin_cell(self, values: dict[str, str | None]) -> None:
        self._end_cell()
        self._end_line()
        table = self._tables[-1]
        if table.cells is None:
            table.cells = []
        self._fill(table)
        table.text = []
        table.spans = _parse_span(values.get("rowspan")), _parse_span(values.get("colspan"))

    def _end_cell(self) -> None:
        if not self._tables or self._tables[-1].text is None:
            return
        table = self._tables[-1]
        assert table.cells is not None and table.text is not None, "a cell is begun in a row"
        text, table.text = _join_plain(table.text), None
        down, across = table.spans
        for at in range(across):
            value = text if at == 0 else ""
            if down > 1:
                table.reaching[len(table.cells)] = (down - 1, value)
            table.cells.append(value)
        self._count += across
        if self._count > MOST_CELLS:
            raise ValueError(f"more than {MOST_CELLS:,} cells")

    def _fill(self, table: _Table) -> None:
        """Put cells of rows above into the row, up to the next column that is free."""
        assert table.cells is not None, "cells are filled in a row"
        while (above := table.reaching.get(len(table.cells))) is not None:
            left, text = above
            at = len(table.cells)
            if left > 1:
                table.reaching[at] = (left - 1, text)
            else:
                del table.reaching[at]
            table.cells.append(text)
            self._count += 1

    def _end_row(self) -> None:
        self._end_cell()
        table = self._tables[-1] if self._tables else None
        if table is None or table.cells is None:
            return
        self._fill(table)
        if any(table.cells):
            self.rows.append(table.cells)
        table.cells = None

    def _end_line(self) -> None:
        text, self._line = _join_plain(self._line), []
        if text:
            self.rows.append([text])


_MOST_OPEN = 200
"""How many open elements are searched for the one that ends."""


def _join_plain(pieces: list[str]) -> str:
    return " ".join("".join(pieces).split())


def _parse_span(text: str | None) -> int:
    """Return over how many rows or columns a cell reaches."""
    return min(max(int(text), 1), LONGEST_SPAN) if text and text.isascii() and text.isdigit() else 1
