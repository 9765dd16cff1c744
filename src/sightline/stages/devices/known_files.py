"""Read the digests of a published set of known files: NIST's Reference Data Set (RDS), version 3.

As a database it has a table `FILE` (minimal) or `METADATA` (full, where `FILE` is a view); as text, `NSRLFile.txt`.
A file that is in many packages has many rows.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from sightline.errors import Refused
from sightline.stages.devices.database import allow_tables, list_plain_tables, open_database
from sightline.stages.devices.file_kind import KNOWN_COLUMNS, find_known_columns
from sightline.stages.devices.history import find_browser

HEADINGS = b"known_sha256,known_sha1,known_md5\n"
_TABLES = ("FILE", "METADATA")
_LENGTHS = dict(zip(KNOWN_COLUMNS, (64, 40, 32), strict=True))
_HEX = re.compile(rb"[0-9A-Fa-f]+")


def format_known_file_lines(path: Path, sha256: str) -> Iterator[bytes]:
    """Yield the lines of a database of known files: one that names it by its digest, the headings, and its rows.

    Raises Refused for a database without such a table, and DamagedInput for one that SQLite cannot read.
    """
    with open_database(path) as connection:
        if find_browser(connection) is not None:
            raise Refused(
                "a database of known files that has visits of a browser too: two readings",
                hint="no browser and no release of NSRL has both: ask who made it, and read a copy with one of them",
            )
        plain = {name.upper() for name in list_plain_tables(connection)}
        table = next((table for table in _TABLES if table.encode() in plain), None)
        columns = {
            bytes(name).lower()
            for (name,) in connection.execute("SELECT name FROM pragma_table_xinfo(?)", (table or "",))
        }
        if table is None or not {name.encode() for name in KNOWN_COLUMNS} <= columns:
            raise Refused(
                "a database without the digests of known files",
                hint="name a database of NSRL RDS version 3, the minimal one",
            )
        yield f"# sightline known files 1 of database {sha256}\n".encode() + HEADINGS
        allow_tables(connection, [spelling for name in _TABLES for spelling in (name, name.lower(), name.title())])
        for row in connection.execute(f"SELECT {', '.join(KNOWN_COLUMNS)} FROM {table}"):  # noqa: S608  - of `_TABLES`
            yield _format_line(dict(zip(KNOWN_COLUMNS, row, strict=True)))


def format_known_text_lines(lines: Iterator[str]) -> Iterator[bytes]:
    """Yield the headings, and a line for each row of `NSRLFile.txt`."""
    yield HEADINGS
    reader = csv.reader(lines)
    at: dict[str, int] = {}
    for cells in reader:
        if not at:
            at = find_known_columns(cells)
        elif any(cell.strip() for cell in cells):
            result = {name: cells[place] for name, place in at.items() if place < len(cells)}
            yield _format_line({name: value.strip().encode(errors="replace") for name, value in result.items()})


def _format_line(row: dict[str, object]) -> bytes:
    """Return the line of a file. A digest that is none is empty, so that a row without any is a reject."""
    return b",".join(_read_digest(name, row.get(name)) for name in KNOWN_COLUMNS) + b"\n"


def _read_digest(name: str, value: object) -> bytes:
    is_one = isinstance(value, bytes) and len(value) == _LENGTHS[name] and _HEX.fullmatch(value) is not None
    return bytes(value).lower() if is_one and isinstance(value, bytes) else b""
