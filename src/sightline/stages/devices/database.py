"""Open a SQLite database that comes from outside: read-only and immutable, and only tables that are named.

Nothing beside it is read or written, so what a write-ahead log (`-wal`) holds is not seen. No view, trigger, function
or virtual table of it is used.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sightline.errors import DamagedInput

MOST_TEXT = 1 << 20
"""The longest text or blob that is read from a database."""


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database; texts are bytes. Raises DamagedInput, also in the block, where SQLite cannot read it."""
    uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.text_factory = bytes
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_TEXT)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            connection.execute("PRAGMA temp_store = MEMORY")
            yield connection
    except sqlite3.Error as error:
        raise DamagedInput(
            f"the database could not be read to its end ({type(error).__name__})",
            hint="nothing of it was used; repair a copy with SQLite's .recover, and import that as its own exhibit",
        ) from None


def list_plain_tables(connection: sqlite3.Connection) -> set[bytes]:
    """Return the names of tables without computed columns. A view or a virtual table is none."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    plain = {bytes(name) for name, sql in rows if sql and not bytes(sql).lstrip().upper().startswith(b"CREATE VIRTUAL")}
    return {name for name in plain if not _is_computed(connection, name)}


def _is_computed(connection: sqlite3.Connection, table: bytes) -> bool:
    """Return whether a column of a table is an expression."""
    result = connection.execute("SELECT hidden FROM pragma_table_xinfo(?)", (table.decode(errors="replace"),))
    return any(number for (number,) in result)


def allow_tables(connection: sqlite3.Connection, tables: Sequence[str]) -> None:
    """Let the connection read these tables from now on, and do nothing else."""

    def allow(action: int, first: str | None, _second: str | None, _database: str | None, _by: str | None) -> int:
        is_read = action == sqlite3.SQLITE_SELECT or (action == sqlite3.SQLITE_READ and first in tables)
        return sqlite3.SQLITE_OK if is_read else sqlite3.SQLITE_DENY

    connection.set_authorizer(allow)
