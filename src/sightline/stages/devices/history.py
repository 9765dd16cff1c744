"""Read the visits of a browser's database, without titles and content, as lines of CSV in the order of their numbers.

The database comes from outside. It is opened read-only and immutable: nothing beside it is read or written, so what a
write-ahead log (`-wal`) holds is not seen. No view, trigger, function or virtual table of it is used.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from sightline.errors import DamagedInput, Refused
from sightline.stages.devices.history_times import EPOCH_1601, EPOCH_1970

HEADINGS = "url,visit_time,visit_type,visit"
MOST_TEXT = 1 << 20
"""The longest text or blob that is read from a database."""
_LAST_US = 9_000 * 365 * 86_400 * 1_000_000
_CONTROL = re.compile(rb"[\x00-\x20\x7f]")
_FIREFOX = "link typed bookmark embed redirect-permanent redirect-temporary download framed-link reload".split()
_CHROME = (
    "link typed bookmark auto-subframe manual-subframe generated start-page form-submit reload keyword"
    " keyword-generated"
).split()


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser's schema: its tables, the query of its visits (number, url, time, type), and what these mean."""

    name: str
    tables: tuple[str, str]
    query: str
    epoch: datetime
    types: tuple[str, ...]
    first_type: int
    type_mask: int


BROWSERS = (
    Browser(
        "chrome",
        ("visits", "urls"),
        "SELECT v.id, u.url, v.visit_time, v.transition FROM visits v LEFT JOIN urls u ON u.id = v.url ORDER BY v.id",
        EPOCH_1601,
        tuple(_CHROME),
        0,
        0xFF,
    ),
    Browser(
        "firefox",
        ("moz_historyvisits", "moz_places"),
        "SELECT v.id, p.url, v.visit_date, v.visit_type FROM moz_historyvisits v"
        " LEFT JOIN moz_places p ON p.id = v.place_id ORDER BY v.id",
        EPOCH_1970,
        tuple(_FIREFOX),
        1,
        0xFFFF,
    ),
)
"""Chrome (and browsers made of it, such as Edge, Brave and Opera) and Firefox (also Tor Browser), by their tables."""


def browser_of(connection: sqlite3.Connection) -> Browser | None:
    """Return the browser whose tables a database has. A view, a virtual table or one with computed columns is none."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    plain = {bytes(name) for name, sql in rows if sql and not bytes(sql).lstrip().upper().startswith(b"CREATE VIRTUAL")}
    found = next((one for one in BROWSERS if {name.encode() for name in one.tables} <= plain), None)
    if found is None or any(_is_computed(connection, table) for table in found.tables):
        return None
    return found


def _is_computed(connection: sqlite3.Connection, table: str) -> bool:
    """Return whether a column of a table is an expression, which a browser never makes."""
    hidden = connection.execute("SELECT hidden FROM pragma_table_xinfo(?)", (table,))
    return any(number for (number,) in hidden)


def visit_lines(path: Path, sha256: str) -> Iterator[bytes]:
    """Yield the lines of the visits of a database: first one that names the database by its digest, and the headings.

    A visit whose url or time cannot be read has that cell empty, so that the scan counts it as a reject.
    Raises Refused for a database that is no browser's history, and DamagedInput for one that SQLite cannot read.
    """
    uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            browser = _prepare(connection)
            yield f"# sightline visits 1 of {browser.name} database {sha256}\n{HEADINGS}\n".encode()
            for row in connection.execute(browser.query):
                yield _line(browser, *row)
    except sqlite3.Error as why:
        raise DamagedInput(
            f"the database could not be read to its end ({type(why).__name__})",
            hint="nothing of it was used; repair a copy with SQLite's .recover, and import that as its own exhibit",
        ) from None


def _prepare(connection: sqlite3.Connection) -> Browser:
    """Return the browser of an opened database, which from then on reads its two tables and does nothing else."""
    connection.text_factory = bytes
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_TEXT)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    browser = browser_of(connection)
    if browser is None:
        raise Refused(
            "a database without the visits of Chrome or Firefox",
            hint="name History (Chrome) or places.sqlite (Firefox); other databases have no reader",
        )
    tables = browser.tables

    def allow(action: int, first: str | None, _second: str | None, _database: str | None, _by: str | None) -> int:
        is_read = action == sqlite3.SQLITE_SELECT or (action == sqlite3.SQLITE_READ and first in tables)
        return sqlite3.SQLITE_OK if is_read else sqlite3.SQLITE_DENY

    connection.set_authorizer(allow)
    return browser


def _line(browser: Browser, number: object, url: object, time: object, kind: object) -> bytes:
    text = url if isinstance(url, bytes) and len(url) <= MOST_TEXT else b""
    return visit_line(text, _time(browser, time), type_word(browser, kind), number if isinstance(number, int) else None)


def visit_line(url: bytes, time: datetime | None, kind: bytes, number: int | None) -> bytes:
    """Return the line of one visit. What could not be read is empty, so that the scan counts it as a reject."""
    cells = (
        b'"' + _CONTROL.sub(_escape, url).replace(b'"', b'""') + b'"',
        b"" if time is None else f"{time:%Y-%m-%dT%H:%M:%S.%fZ}".encode(),
        kind,
        b"" if number is None else str(number).encode(),
    )
    return b",".join(cells) + b"\n"


def _escape(found: re.Match[bytes]) -> bytes:
    """A sign that no url holds, as urls write it: a line of the extract is one visit."""
    return b"%%%02X" % found[0][0]


def _time(browser: Browser, time: object) -> datetime | None:
    """A count of microseconds as a time in UTC; None for what is none."""
    if not isinstance(time, int) or not 0 < time < _LAST_US:
        return None
    return browser.epoch + timedelta(microseconds=time)


def type_word(browser: Browser, kind: object) -> bytes:
    """Return the word for a number of a kind of visit; empty for any other."""
    at = (kind & browser.type_mask) - browser.first_type if isinstance(kind, int) else -1
    return browser.types[at].encode() if 0 <= at < len(browser.types) else b""
