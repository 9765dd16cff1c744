"""Empty what a purge destroys: openings of entries, journal rows, and the database's own copies of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Engine, func, or_, select, update

from sightline.storage.database import map_database_errors
from sightline.storage.schema import schema_tables
from sightline.storage.table import MANY

PATIENCE_S = 5.0
"""How long to wait for a SQLite log that other connections still read."""


def empty_openings(connection: Connection, things: Sequence[str]) -> int:
    """Empty the salts and texts of all entries about these things and return their number."""
    openings, ledger = schema_tables["openings"], schema_tables["ledger"]
    count = 0
    for thing_group in _split_things(things):
        about = select(ledger.c.seq).where(ledger.c.thing.in_(thing_group))
        is_full = or_(openings.c.salt.is_not(None), openings.c.text.is_not(None))
        emptied = update(openings).where(openings.c.seq.in_(about), is_full).values(salt=None, text=None)
        count += connection.execute(emptied).rowcount
    return count


def empty_journal(connection: Connection, things: Sequence[str], texts: Sequence[str]) -> int:
    """Empty the journal rows about these things and all that contain one of these texts, and return their number."""
    journal = schema_tables["journal"]
    conditions: list[ColumnElement[bool]] = [journal.c.thing.in_(thing_group) for thing_group in _split_things(things)]
    # A position, not LIKE: LIKE would read some letters of a path as wildcards.
    position = func.instr if connection.dialect.name == "sqlite" else func.strpos
    conditions += [position(journal.c.text, text) > 0 for text in texts if text]
    count = 0
    for condition in conditions:
        emptied = update(journal).where(condition, journal.c.salt.is_not(None)).values(salt=None, text=None)
        count += connection.execute(emptied).rowcount
    return count


def empty_log(engine: Engine) -> bool:
    """Move SQLite's log into the database and empty it. Return False if other connections read it for too long.

    PostgreSQL keeps old rows until VACUUM, and its log as configured: that is the task of the database's owner.
    """
    if engine.dialect.name != "sqlite":
        return True
    until = time.monotonic() + PATIENCE_S
    while True:
        with map_database_errors(engine):
            connection = engine.raw_connection()
            try:
                cursor = connection.cursor()
                (is_busy, *_), *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                connection.close()
        if not is_busy or time.monotonic() > until:
            return not is_busy
        time.sleep(0.1)


def _split_things(things: Sequence[str]) -> list[Sequence[str]]:
    return [things[at : at + MANY] for at in range(0, len(things), MANY)]
