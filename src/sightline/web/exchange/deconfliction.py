"""Compare forces' pseudonyms blindly: the exchange has no key, and answers a force with its own alone."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sightline.web.exchange.limits import ExchangeLimits

DATABASE = "deconfliction.sqlite"
PSEUDONYM = re.compile(r"[0-9a-f]{32}", re.ASCII)
TABLES = """
CREATE TABLE IF NOT EXISTS pseudonyms (
    period TEXT NOT NULL, what TEXT NOT NULL, pseudonym BLOB NOT NULL, code TEXT NOT NULL, is_current INTEGER NOT NULL,
    PRIMARY KEY (period, what, pseudonym, code)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS submissions (
    period TEXT NOT NULL, what TEXT NOT NULL, code TEXT NOT NULL, times INTEGER NOT NULL,
    PRIMARY KEY (period, what, code)
) STRICT, WITHOUT ROWID;
"""


class TooMany(Exception):
    """A force submitted more, or more often, than leads need: it may be testing guesses."""


@dataclass(frozen=True, slots=True)
class Deconfliction:
    """The pseudonyms of this month and of the one before. Older ones are deleted."""

    folder: Path
    limits: ExchangeLimits

    def prepare(self) -> None:
        """Create the tables if they are missing."""
        with self._open() as database:
            database.executescript(TABLES)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self.folder / DATABASE, timeout=30, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA secure_delete = ON")
            yield database
        finally:
            database.close()

    def is_open(self, period: str, now: datetime) -> bool:
        """Return whether a month is this one or the one before."""
        return period in list_periods(now)

    def submit(self, code: str, period: str, what: str, listed: Sequence[str], now: datetime) -> int:
        """Store a force's pseudonyms in place of its earlier ones, and return how many. Raises TooMany."""
        key = (period, what, code)
        rows = {bytes.fromhex(digest) for digest in listed}
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                for table in ("pseudonyms", "submissions"):
                    database.execute(f"DELETE FROM {table} WHERE period NOT IN (?, ?)", list_periods(now))  # noqa: S608
                database.execute(
                    "INSERT INTO submissions VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1",
                    key,
                )
                where = "period = ? AND what = ? AND code = ?"
                database.execute(f"UPDATE pseudonyms SET is_current = 0 WHERE {where}", key)  # noqa: S608
                database.executemany(
                    "INSERT INTO pseudonyms VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET is_current = 1",
                    ((period, what, row, code) for row in sorted(rows)),
                )
                pseudonyms = f"SELECT count(*) FROM pseudonyms WHERE {where}"  # noqa: S608
                submissions = f"SELECT times FROM submissions WHERE {where}"  # noqa: S608
                (ever,) = database.execute(pseudonyms, key).fetchone()
                (times,) = database.execute(submissions, key).fetchone()
                if ever > self.limits.most_pseudonyms or times > self.limits.submissions:
                    raise TooMany
                database.execute("COMMIT")
            except BaseException:
                # Whatever ends the block: the transaction must not stay open.
                database.execute("ROLLBACK")
                raise
        return len(rows)

    def count_shared(self, code: str, period: str, what: str) -> tuple[int, list[str]]:
        """Return how many forces submitted any, and which of a force's own pseudonyms another one submitted too."""
        with self._open() as database:
            (forces,) = database.execute(
                "SELECT count(*) FROM submissions WHERE period = ? AND what = ?", (period, what)
            ).fetchone()
            result = database.execute(
                "SELECT hex(own.pseudonym) FROM pseudonyms AS own WHERE own.period = ? AND own.what = ?"
                " AND own.code = ? AND own.is_current AND EXISTS (SELECT 1 FROM pseudonyms AS other"
                " WHERE other.period = own.period AND other.what = own.what AND other.pseudonym = own.pseudonym"
                " AND other.code <> own.code AND other.is_current) ORDER BY own.pseudonym",
                (period, what, code),
            )
            return int(forces), [str(one).lower() for (one,) in result]


def list_periods(now: datetime) -> tuple[str, str]:
    """Return this month and the one before."""
    return f"{now:%Y-%m}", f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
