"""Open a database by URL: SQLite in the workspace folder, or PostgreSQL. Callers use the same code for both.

SQLite: WAL, synchronous FULL (a reported commit is on disk), foreign keys, one writer at a time. PostgreSQL: writers
take one advisory lock, because all of them append to one ledger.
"""

from __future__ import annotations

import select
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, NoSuchModuleError, OperationalError

from sightline.errors import DamagedInput, OutputUnwritable, StoreUnreachable, UsageError

WAIT_S = 30
"""How long a writer waits for another one. Transactions take milliseconds."""
POOL = {"pool_size": 12, "max_overflow": 28}
"""Pooled connections, and extra ones under load: each of the web app's 16 threads holds one, seldom a second one."""
WRITER_LOCK = 0x5167_6874_6C69_6E65 >> 1
"""The advisory lock of writers on PostgreSQL."""
LOCK = text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")


def build_sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def open_engine(url: str) -> Engine:
    """Return an engine. It opens no connection yet. Raises UsageError for a URL of another kind of database."""
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise UsageError("--database is not the URL of a database", hint="postgresql://USER@HOST/NAME") from None
    if kind == "sqlite":
        return _open_sqlite(parsed)
    if kind != "postgresql":
        raise UsageError(f"--database: {kind} is not supported", hint="postgresql://USER@HOST/NAME, or none: SQLite")
    engine = create_engine(parsed.set(drivername="postgresql+psycopg"), **POOL)
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "checkout", _require_there)
    return engine


def _open_sqlite(url: URL) -> Engine:
    arguments = {"timeout": WAIT_S, "autocommit": True} if _has_autocommit() else {"timeout": WAIT_S}
    engine = create_engine(url, connect_args=arguments, **POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _has_autocommit() -> bool:
    return hasattr(sqlite3, "LEGACY_TRANSACTION_CONTROL")


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  - the driver's own
    connection.isolation_level = None
    # Emptied or deleted content is overwritten with zeros: a purge relies on it.
    always = ("synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON", "secure_delete = ON")
    for pragma in ("journal_mode = WAL", *always):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: two transactions that read first and then write would refuse each other.
    is_writer = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


def _prepare_postgresql(connection: Any, _record: object) -> None:  # noqa: ANN401
    connection.execute(f"SET lock_timeout = '{WAIT_S}s'")
    connection.execute("SET timezone = 'UTC'")
    connection.commit()


def _require_there(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401
    # A server that closed a connection said so on it, where no other data waits to be read: the pool then opens a new
    # one.
    poller = select.poll()
    poller.register(connection.pgconn.socket, select.POLLIN)
    if poller.poll(0):
        raise DisconnectionError


@contextmanager
def run_transaction(engine: Engine, *, writes: bool) -> Iterator[Connection]:
    """Run one transaction: all of it or nothing. Database errors become errors of Sightline."""
    options: dict[str, object] = {"writes": writes}
    if engine.dialect.name == "postgresql":
        # The driver's message starts with this text and has no message of its own.
        options |= {"isolation_level": "READ COMMITTED" if writes else "REPEATABLE READ"}
        options |= {"postgresql_readonly": not writes}
    with map_database_errors(engine), engine.connect().execution_options(**options) as connection, connection.begin():
        if writes and engine.dialect.name == "postgresql":
            connection.execute(LOCK)
        yield connection


@contextmanager
def map_database_errors(engine: Engine) -> Iterator[None]:
    """Convert a database error into one that names the database and the next step."""
    try:
        yield
    except DBAPIError as why:
        raise _build_error(engine, why) from None


def _build_error(engine: Engine, why: DBAPIError) -> Exception:
    name = engine.url.database if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=True)
    message = str(why.orig).strip().splitlines()[0] if why.orig else "no answer"
    if engine.dialect.name == "sqlite":
        return _build_sqlite_error(Path(str(name)), message, why)
    if isinstance(why, OperationalError) or why.connection_invalidated:
        hint = "check that the server runs and that you may use it, then try again: nothing is half done"
        return StoreUnreachable(f"the database {name} does not answer: {message}", hint=hint)
    return why


def _build_sqlite_error(path: Path, message: str, why: DBAPIError) -> Exception:
    number = getattr(why.orig, "sqlite_errorcode", 0) & 0xFF
    if number == sqlite3.SQLITE_FULL:
        return OutputUnwritable(path, OSError(28, "No space left on device"))
    if number in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return OutputUnwritable(path, OSError(13, message))
    if number == sqlite3.SQLITE_IOERR:
        return OutputUnwritable(path, OSError(5, message))
    if number in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreUnreachable(
            f"{path} has been locked by another process for over {WAIT_S} s",
            hint="wait until that process has ended, then try again",
        )
    if number in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return DamagedInput(f"{path}: {message}", hint="restore the last backup: sightline restore BACKUP --out DIR")
    return why
