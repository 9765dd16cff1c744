"""Export all rows of all tables as lines of canonical JSON and import them again: the same lines from either engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, insert, select

from sightline.storage.schema import TABLES, read_plain_types, schema_tables

AT_ONCE = 1000
CHUNK_BYTES = 4 << 20
"""The size at which a new part of a table begins, and so the memory used."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode
_BYTES = {
    name: [column for column, (kind, _) in read_plain_types(row).items() if kind is bytes]
    for name, row in TABLES.items()
}


def read_chunks(connection: Connection, table: str) -> Iterator[tuple[bytes, int]]:
    """Yield a table in parts of whole lines, each with its number of lines. Rows are in the order of their keys."""
    lines: list[bytes] = []
    size = 0
    for line in _format_lines(connection, table):
        lines.append(line)
        size += len(line)
        if size >= CHUNK_BYTES:
            yield b"".join(lines), len(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines), len(lines)


def _format_lines(connection: Connection, table: str) -> Iterator[bytes]:
    """Yield each row as an object of its columns, bytes in hex."""
    one, octets = schema_tables[table], _BYTES[table]
    query = select(one).order_by(*one.primary_key)
    for row in connection.execute(query, execution_options={"yield_per": AT_ONCE}).mappings():
        values = dict(row)
        for column in octets:
            values[column] = None if values[column] is None else values[column].hex()
        yield _encode(values).encode() + b"\n"


def load_rows(
    connection: Connection, table: str, lines: Iterable[bytes], watch: Callable[[dict[str, Any]], None]
) -> int:
    """Insert the rows of exported lines and return their number.

    `watch` sees each row. Raises ValueError for invalid lines.
    """
    values = (_parse_row(table, line) for line in lines)
    count = 0
    while rows := list(islice(values, AT_ONCE)):
        connection.execute(insert(schema_tables[table]), rows)
        count += len(rows)
        for row in rows:
            watch(row)
    return count


def _parse_row(table: str, line: bytes) -> dict[str, Any]:
    values = json.loads(line)
    wanted = {column.name for column in schema_tables[table].columns}
    if not isinstance(values, dict) or values.keys() != wanted:
        raise ValueError(f"a line is no row of {table}")
    for column in _BYTES[table]:
        values[column] = None if values[column] is None else bytes.fromhex(values[column])
    return values
