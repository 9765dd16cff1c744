"""Read CSV exports of known services by the columns of their header: PhishTank, URLhaus, MISP and Amnesty's lists."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sightline.model import IndicatorKind, RowCode
from sightline.stages.lists.model import Row, RowBatch, RowReject
from sightline.stages.lists.readers import misp
from sightline.stages.lists.readers.items import Unreadable
from sightline.stages.lists.readers.lines import LineBatch

_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?: UTC)?")

Fields = Mapping[str, str]
ExportedIndicator = tuple[str, str, str, str]
"""Kind, value, category and listed_on."""


@dataclass(frozen=True, slots=True)
class Export:
    """A service's export: the columns by which its header is known, and what a row lists (None: nothing)."""

    name: str
    columns: frozenset[str]
    take: Callable[[Fields], ExportedIndicator | None]


def _utc(text: str) -> str:
    """An instant that a service writes in UTC without saying so."""
    found = _INSTANT.fullmatch(text.strip())
    return f"{found[1]}T{found[2]}Z" if found else text


def _phishtank(row: Fields) -> ExportedIndicator | None:
    if row.get("verified", "yes").lower() != "yes":
        return None
    return IndicatorKind.URL, row["url"], "", _utc(row["submission_time"])


def _urlhaus(row: Fields) -> ExportedIndicator:
    return IndicatorKind.URL, row["url"], row.get("threat", ""), _utc(row["dateadded"])


def _misp(row: Fields) -> ExportedIndicator | None:
    return misp.csv_row(row)


def _domains(row: Fields) -> ExportedIndicator:
    return IndicatorKind.DOMAIN, row["domain_name"], "", ""


EXPORTS = (
    Export("phishtank", frozenset({"phish_id", "url", "submission_time"}), _phishtank),
    Export("urlhaus", frozenset({"id", "dateadded", "url", "url_status"}), _urlhaus),
    Export("misp-csv", frozenset({"uuid", "event_id", "type", "value", "to_ids"}), _misp),
    Export("domains-csv", frozenset({"domain_name", "ip_address"}), _domains),
)
"""In `domains-csv` the address is where the name led once, and other sites may live there too: it is not listed."""


def recognises(first_line: str) -> bool:
    """Return whether a line is the header of a known export. URLhaus writes it as a comment."""
    return _export(first_line) is not None


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield one row for each thing that the export lists, in file order."""
    names: list[str] = []
    export: Export | None = None
    for first, lines, rejects in batches:
        rows: list[Row] = []
        bad: list[RowReject] = []
        for number, line in enumerate(lines, first):
            if export is None:
                export, names = _export(line), _columns(line)
            elif line.strip() and not line.startswith("#"):
                found = _row(number, line, names, export)
                if isinstance(found, RowReject):
                    bad.append(found)
                elif found is not None:
                    rows.append(found)
        yield RowBatch(rows, sorted([*rejects, *bad], key=lambda reject: reject.line))


def _row(number: int, line: str, names: list[str], export: Export) -> Row | RowReject | None:
    try:
        values = read_values(line)
    except csv.Error:
        return RowReject(number, RowCode.BAD_SYNTAX, "a quoted field does not end on its line; a row is one line")
    if len(values) != len(names):
        return RowReject(number, RowCode.COLUMN_COUNT, f"{len(values)} columns, where the header names {len(names)}")
    try:
        found = export.take(dict(zip(names, values, strict=True)))
    except Unreadable as why:
        return RowReject(number, why.code, str(why))
    if found is None:
        return None
    kind, value, category, listed_on = found
    return number, kind, value, category, "", "", listed_on, "", ""


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


def _export(line: str) -> Export | None:
    names = set(_columns(line))
    return next((one for one in EXPORTS if one.columns <= names), None)


def _columns(line: str) -> list[str]:
    try:
        fields = next(csv.reader((line.strip().removeprefix("#").strip(),), strict=True), [])
    except csv.Error:
        return []
    return [field.strip().lower() for field in fields]
