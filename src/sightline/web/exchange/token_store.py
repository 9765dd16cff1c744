"""Tokens and journal of the exchange, in SQLite: only digests of tokens, and never the content of requests."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sightline.errors import UsageError, name_output_on_error
from sightline.ledger.instants import to_microseconds
from sightline.model.short_ids import is_short_for
from sightline.storage.ulid import make_id

DATABASE = "exchange.sqlite"
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""The code of a force."""
PREFIX = "slx_"
"""Prefix of every token, so that one is recognised wherever it appears."""
TABLES = """
CREATE TABLE IF NOT EXISTS tokens (
    token_id TEXT PRIMARY KEY, code TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, made_at_us INTEGER NOT NULL,
    until_us INTEGER NOT NULL, ended_at_us INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS journal (
    id TEXT PRIMARY KEY, at_us INTEGER NOT NULL, code TEXT, client TEXT NOT NULL, act TEXT NOT NULL,
    status INTEGER NOT NULL, error TEXT
) STRICT;
"""
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class ForceToken:
    """A token of a force, by its id. Its text is not stored."""

    token_id: str
    code: str
    made_at_us: int
    until_us: int
    ended_at_us: int | None


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A row of the journal."""

    id: str
    at_us: int
    code: str | None
    client: str
    act: str
    status: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Store:
    """The database in an exchange's folder."""

    folder: Path

    def prepare(self) -> None:
        """Create the folder and tables if they are missing."""
        with name_output_on_error(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._open() as database:
            database.executescript(TABLES)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self.folder / DATABASE, timeout=10, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            yield database
        finally:
            database.close()

    def create_token(self, code: str, days: int, now: datetime) -> tuple[ForceToken, str]:
        """Return a new token of a force, and its text, which is shown once and not stored. Raises UsageError."""
        if not CODE.fullmatch(code) or ".." in code:
            raise UsageError(f"{code[:80]!r} is not a valid code of a force", hint="letters, digits, dots and lines")
        text = PREFIX + secrets.token_urlsafe(32)
        at = to_microseconds(now)
        token = ForceToken(make_id(now), code, at, at + days * DAY_US, None)
        with self._open() as database:
            database.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, NULL)",
                (token.token_id, code, _compute_digest(text), token.made_at_us, token.until_us),
            )
        return token, text

    def list_tokens(self) -> list[ForceToken]:
        """Return all tokens that were ever issued, oldest first."""
        with self._open() as database:
            result = database.execute("SELECT token_id, code, made_at_us, until_us, ended_at_us FROM tokens ORDER BY 1")
            return [ForceToken(*row) for row in result]

    def end_token(self, text: str, now: datetime) -> ForceToken:
        """End the token whose id ends with `text`. Raises UsageError."""
        tokens = [token for token in self.list_tokens() if is_short_for(text, token.token_id)]
        if len(tokens) != 1:
            raise UsageError(f"{len(tokens)} tokens end in {text}", hint="sightline exchange list-tokens FOLDER")
        with self._open() as database:
            over = (to_microseconds(now), tokens[0].token_id)
            database.execute("UPDATE tokens SET ended_at_us = ? WHERE token_id = ? AND ended_at_us IS NULL", over)
        return next(token for token in self.list_tokens() if token.token_id == tokens[0].token_id)

    def find_code(self, text: str, now: datetime) -> str | None:
        """Return the code of the force whose valid token this is. Compares all tokens in constant time."""
        digest, at, code = _compute_digest(text), to_microseconds(now), None
        with self._open() as database:
            for known, whose, until_us, ended_at_us in database.execute(
                "SELECT sha256, code, until_us, ended_at_us FROM tokens"
            ):
                if hmac.compare_digest(known, digest) and ended_at_us is None and until_us > at:
                    code = str(whose)
        return code

    def record_request(
        self,
        now: datetime,
        code: str | None,
        client: str,
        act: str,
        status: int,
        error: str | None,
        *,
        seen_id: str | None = None,
    ) -> str:
        """Write to the journal. Returns the row's id: `seen_id`, or a new one."""
        seen_id = seen_id or make_id(now)
        with self._open() as database:
            row = (seen_id, to_microseconds(now), code, client, act, status, error)
            database.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return seen_id

    def read_journal(self, limit: int = 100) -> list[JournalLine]:
        """Return the last rows of the journal, newest first."""
        with self._open() as database:
            result = database.execute("SELECT * FROM journal ORDER BY at_us DESC, id DESC LIMIT ?", (limit,))
            return [JournalLine(*row) for row in result]


def _compute_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
