"""Read CSV exports of known services by the columns of their header: PhishTank, URLhaus, MISP and Amnesty's lists."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from operator import itemgetter
from typing import BinaryIO

from sightline.model import IndicatorKind, RowCode
from sightline.stages.lists.model import Row, RowBatch, RowReject
from sightline.stages.lists.readers import misp
from sightline.stages.lists.readers.csv_columns import split_lines
from sightline.stages.lists.readers.items import UnreadableItem
from sightline.stages.lists.readers.lines import LineBatch
from sightline.stages.lists.readers.usual_forms import ExportColumns, FoundLines, UsualForms
from sightline.stages.lists.readers.usual_lines import read_usual_lines

_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?: UTC)?")

_LONGEST_BARE = len("2026-10-10T13:55:36")
"""No longer text without a blank is an instant without a zone."""


@dataclass(frozen=True, slots=True)
class ServiceExport:
    """A service's export: the columns by which its header is known, and those from which a row is made.

    A row lists `value`, of that kind. Where the file has the column `verified`, a row that does not say `yes` there
    lists nothing.
    """

    name: str
    columns: frozenset[str]
    kind: IndicatorKind
    value: str
    listed_on: str = ""
    category: str = ""
    verified: str = ""

    @property
    def needs(self) -> tuple[str, str, str, str]:
        """Return the names of the columns that give value, date, category and check; "" if the export has none."""
        return self.value, self.listed_on, self.category, self.verified


MISP = ServiceExport(
    "misp-csv", frozenset({"uuid", "event_id", "type", "value", "to_ids"}), IndicatorKind.DOMAIN, "value"
)
"""Each row says its own kind: `misp.parse_csv_row` reads them."""

EXPORTS = (
    ServiceExport(
        "phishtank",
        frozenset({"phish_id", "url", "submission_time"}),
        IndicatorKind.URL,
        "url",
        listed_on="submission_time",
        verified="verified",
    ),
    ServiceExport(
        "urlhaus",
        frozenset({"id", "dateadded", "url", "url_status"}),
        IndicatorKind.URL,
        "url",
        listed_on="dateadded",
        category="threat",
    ),
    MISP,
    ServiceExport("domains-csv", frozenset({"domain_name", "ip_address"}), IndicatorKind.DOMAIN, "domain_name"),
)
"""In `domains-csv` the address is where the name led once, and other sites may live there too: it is not listed."""


def recognises(first_line: str) -> bool:
    """Return whether a line is the header of a known export. URLhaus writes it as a comment."""
    return _export(first_line) is not None


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield one row for each thing that the export lists, in file order."""
    layout: _ExportLayout | None = None
    for batch in batches:
        rows_read, layout = _read_batch(batch, layout)
        yield rows_read


def read_usual(stream: BinaryIO, usual: UsualForms) -> Iterator[RowBatch]:
    """Yield what `read` does of the lines of a stream. Lines of the usual form are found many at once."""
    layout: _ExportLayout | None = None

    def find(block: bytes, first: int) -> FoundLines | None:
        return None if layout is None else usual.export_rows(block, first, layout.places)

    def read_lines(batch: LineBatch) -> RowBatch:
        nonlocal layout
        rows_read, layout = _read_batch(batch, layout)
        return rows_read

    def read_one(number: int, line: str) -> Row | RowReject | None:
        assert layout is not None
        return layout.read_row(number, line)

    return read_usual_lines(stream, find, read_lines, read_one)


def _read_batch(batch: LineBatch, layout: _ExportLayout | None) -> tuple[RowBatch, _ExportLayout | None]:
    """The rows of lines, and the layout that a header among these or above states."""
    first, lines, rejects = batch
    at = 0
    if layout is None:
        at = next((at for at, line in enumerate(lines, 1) if _export(line) is not None), 0)
        layout = _read_layout(lines[at - 1]) if at else None
    rows, bad = layout.read_rows(first + at, lines[at:]) if layout is not None else ([], [])
    return RowBatch(rows, sorted([*rejects, *bad], key=lambda reject: reject.line)), layout


def _read_layout(header: str) -> _ExportLayout:
    export = _export(header)
    assert export is not None
    return _ExportLayout(export, _split_columns(header))


@dataclass(frozen=True, slots=True)
class _ExportLayout:
    """The form of one file's rows."""

    export: ServiceExport
    names: list[str]

    @property
    def places(self) -> ExportColumns:
        """Return the positions of the columns. Of a name that is there twice the last counts, as in `rows`."""
        last = {name: place for place, name in enumerate(self.names)}
        value, *others = self.export.needs
        listed_on, category, verified = (last.get(name) for name in others)
        misp = (last["to_ids"], last["type"]) if self.export is MISP else None
        if misp is not None:
            listed_on = last.get("date")
        return last[value], listed_on, category, verified, misp, len(self.names), self.export.kind.value

    def read_rows(self, first: int, lines: list[str]) -> tuple[list[Row], list[RowReject]]:
        """Return rows and rejects of these lines. The number is that of the first."""
        rows: list[Row] = []
        rejects: list[RowReject] = []
        read: set[int] = set()
        for places, columns in split_lines(lines, len(self.names)):
            # Of a name that stands twice the last holds, as for a reader that makes a dictionary of each row.
            by_name = dict(zip(self.names, columns, strict=True))
            numbers = [first + at for at in places]
            result = (
                self._split_misp_rows(numbers, by_name)
                if self.export is MISP
                else self._split_usual_rows(numbers, by_name)
            )
            if result is not None:
                rows += result
                read.update(places)
        for at in range(len(lines)) if len(read) < len(lines) else ():
            if at in read:
                continue
            row = self.read_row(first + at, lines[at])
            if isinstance(row, RowReject):
                rejects.append(row)
            else:
                rows += [] if row is None else [row]
        return sorted(rows, key=itemgetter(0)), rejects

    def read_row(self, number: int, line: str) -> Row | RowReject | None:
        """Return the row of any line, or why it gives none; None for a comment, and for one that lists nothing."""
        try:
            return self._build_row(number, line)
        except UnreadableItem as error:
            return RowReject(number, error.code, str(error))

    def _split_usual_rows(self, numbers: list[int], columns: Mapping[str, Sequence[str]]) -> list[Row]:
        """The rows of lines that are split."""
        values = columns[self.export.value]
        listed_on, category, verified = (columns.get(name) for name in self.export.needs[1:])
        blank = repeat("")
        dates = blank if listed_on is None else _convert_dates(listed_on)
        kinds = repeat(self.export.kind)
        rows = list(zip(numbers, kinds, values, category or blank, blank, blank, dates, blank, blank, strict=False))
        if verified is None or set(verified) == {"yes"}:
            return rows
        return [row for row, says in zip(rows, verified, strict=True) if _is_yes(says)]

    def _split_misp_rows(self, numbers: list[int], columns: Mapping[str, Sequence[str]]) -> list[Row] | None:
        """The rows of lines that are split; None if each must be looked at alone."""
        result = misp.parse_csv_rows(columns)
        if result is None:
            return None
        listed, kinds, values, dates = result
        blank = repeat("")
        return list(
            zip(compress(numbers, listed), kinds, values, blank, blank, blank, dates, blank, blank, strict=False)
        )

    def _build_row(self, number: int, line: str) -> Row | None:
        """The row of any line; None for a comment, and for one that lists nothing. Raises Unreadable."""
        if not line.strip() or line.startswith("#"):
            return None
        try:
            values = read_values(line)
        except csv.Error:
            reason = "a quoted field does not end on its line; a row is one line"
            raise UnreadableItem(RowCode.BAD_SYNTAX, reason) from None
        if len(values) != len(self.names):
            reason = f"{len(values)} columns, where the header names {len(self.names)}"
            raise UnreadableItem(RowCode.COLUMN_COUNT, reason)
        fields = dict(zip(self.names, values, strict=True))
        if self.export is MISP:
            result = misp.parse_csv_row(fields)
            return None if result is None else (number, *result[:3], "", "", result[3], "", "")
        value, listed_on, category, verified = (fields.get(name, "") for name in self.export.needs)
        if self.export.verified in fields and not _is_yes(verified):
            return None
        return number, self.export.kind, value, category, "", "", _format_utc(listed_on), "", ""


def _is_yes(text: str) -> bool:
    return text == "yes" or text.lower() == "yes"


def _convert_dates(texts: Sequence[str]) -> Iterable[str]:
    """Return what `_format_utc` returns of each text."""
    joined = "\n".join(texts)
    if min(map(len, texts), default=0) > _LONGEST_BARE and " " not in joined:
        return texts
    step = _LONGEST_BARE + 1
    between, *colons = (joined[place::step] for place in (10, 13, 16))
    is_bare = set(map(len, texts)) == {_LONGEST_BARE} and set(between) <= {" ", "T"} and set("".join(colons)) == {":"}
    if is_bare and joined.count(" ") == between.count(" "):
        return (joined.replace(" ", "T").replace("\n", "Z\n") + "Z").split("\n")
    return map(_format_utc, texts)


def _format_utc(text: str) -> str:
    """An instant that a service writes in UTC without saying so."""
    if len(text) == 19 and text[10] in " T" and text[13] == ":" == text[16]:
        return f"{text[:10]}T{text[11:]}Z"
    match = _INSTANT.fullmatch(text.strip())
    return f"{match[1]}T{match[2]}Z" if match else text


def read_values(line: str) -> list[str]:
    """Return the fields of a line of CSV. Raises csv.Error for a quote that does not end.

    Most exports have no quotes in a line, or quotes around every field: then the csv module is not needed.
    """
    quotes = line.count('"')
    if line and not quotes and not line.startswith(" ") and ", " not in line and "\r" not in line:
        return line.split(",")
    if line[:1] == '"' == line[-1:]:
        values = line[1:-1].split('","')
        if quotes == 2 * len(values):
            return values
    return next(csv.reader((line,), strict=True, skipinitialspace=True))


def _export(line: str) -> ServiceExport | None:
    names = set(_split_columns(line))
    return next((export for export in EXPORTS if export.columns <= names), None)


def _split_columns(line: str) -> list[str]:
    try:
        fields = next(csv.reader((line.strip().removeprefix("#").strip(),), strict=True), [])
    except csv.Error:
        return []
    return [field.strip().lower() for field in fields]
