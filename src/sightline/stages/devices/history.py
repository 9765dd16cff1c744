"""Read the visits of a browser's database, without titles and content, as lines of CSV in order of their numbers."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sightline.errors import Refused
from sightline.stages.devices.database import MOST_TEXT, allow_tables, list_plain_tables, open_database
from sightline.stages.devices.history_times import EPOCH_1601, EPOCH_1970, EPOCH_2001

HEADINGS = "url,visit_time,visit_type,visit"
_LAST_US = 9_000 * 365 * 86_400 * 1_000_000
_CONTROL = re.compile(rb"[\x00-\x20\x7f]")
_FIREFOX = "link typed bookmark embed redirect-permanent redirect-temporary download framed-link reload".split()
_CHROME = (
    "link typed bookmark auto-subframe manual-subframe generated start-page form-submit reload keyword"
    " keyword-generated"
).split()
_SAFARI = "page other-device failed redirect form-submit".split()


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser's schema: its tables, the query of its visits (number, url, time, type), and what these mean.

    Times are counts of microseconds since `epoch`, or of seconds with a fraction.
    """

    name: str
    tables: tuple[str, str]
    query: str
    epoch: datetime
    types: tuple[str, ...]
    first_type: int
    type_mask: int
    is_in_seconds: bool = False


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
    Browser(
        "safari",
        ("history_visits", "history_items"),
        "SELECT v.id, i.url, v.visit_time, CASE WHEN v.origin <> 0 THEN 1 WHEN v.load_successful = 0 THEN 2"
        " WHEN v.redirect_source IS NOT NULL THEN 3 WHEN v.http_non_get <> 0 THEN 4 ELSE 0 END"
        " FROM history_visits v LEFT JOIN history_items i ON i.id = v.history_item ORDER BY v.id",
        EPOCH_2001,
        tuple(_SAFARI),
        0,
        0xFF,
        is_in_seconds=True,
    ),
)
"""Chrome (and browsers made of it, such as Edge, Brave and Opera), Firefox (also Tor Browser) and Safari, by tables.

Safari says of no visit how it began. `other-device`: it came from another device of the same account (iCloud).
"""


def find_browser(connection: sqlite3.Connection) -> Browser | None:
    """Return the browser whose tables a database has. A view, a virtual table or one with computed columns is none."""
    plain = list_plain_tables(connection)
    return next((browser for browser in BROWSERS if {name.encode() for name in browser.tables} <= plain), None)


def format_visit_lines(path: Path, sha256: str) -> Iterator[bytes]:
    """Yield the lines of the visits of a database: first one that names the database by its digest, and the headings.

    A visit whose url or time cannot be read has that cell empty, so that the scan counts it as a reject.
    Raises Refused for a database that is no browser's history, and DamagedInput for one that SQLite cannot read.
    """
    with open_database(path) as connection:
        browser = find_browser(connection)
        if browser is None:
            raise Refused(
                "a database without the visits of Chrome, Firefox or Safari",
                hint="name History (Chrome), places.sqlite (Firefox) or History.db (Safari); others have no reader",
            )
        allow_tables(connection, browser.tables)
        yield f"# sightline visits 1 of {browser.name} database {sha256}\n{HEADINGS}\n".encode()
        for row in connection.execute(browser.query):
            yield _format_line(browser, *row)


def _format_line(browser: Browser, number: object, url: object, time: object, kind: object) -> bytes:
    text = url if isinstance(url, bytes) and len(url) <= MOST_TEXT else b""
    return format_visit_line(
        text, _convert_time(browser, time), name_visit_type(browser, kind), number if isinstance(number, int) else None
    )


def format_visit_line(url: bytes, time: datetime | None, kind: bytes, number: int | None) -> bytes:
    """Return the line of one visit. What could not be read is empty, so that the scan counts it as a reject."""
    cells = (
        b'"' + _CONTROL.sub(_escape, url).replace(b'"', b'""') + b'"',
        b"" if time is None else f"{time:%Y-%m-%dT%H:%M:%S.%fZ}".encode(),
        kind,
        b"" if number is None else str(number).encode(),
    )
    return b",".join(cells) + b"\n"


def _escape(match: re.Match[bytes]) -> bytes:
    """A sign that no url holds, as urls write it: a line of the extract is one visit."""
    return b"%%%02X" % match[0][0]


def _convert_time(browser: Browser, time: object) -> datetime | None:
    """A count as a time in UTC; None for what is none."""
    if browser.is_in_seconds:
        time = round(time * 1_000_000) if isinstance(time, int | float) and 0 < time < _LAST_US else None
    if not isinstance(time, int) or not 0 < time < _LAST_US:
        return None
    return browser.epoch + timedelta(microseconds=time)


def name_visit_type(browser: Browser, kind: object) -> bytes:
    """Return the word for a number of a kind of visit; empty for any other."""
    at = (kind & browser.type_mask) - browser.first_type if isinstance(kind, int) else -1
    return browser.types[at].encode() if 0 <= at < len(browser.types) else b""
