"""Triggers by which the database itself refuses to change or delete what is append-only, on both engines.

A purge may empty the columns of `EMPTIED_BY_PURGE`, and nothing else of such a row. Whoever owns the database can drop
a trigger: `missing` tells, and so does `sightline verify`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from sightline.record.store.schema import APPEND_ONLY, EMPTIED_BY_PURGE, tables

WHAT = "the record is append-only"


def statements(dialect: str) -> Iterator[str]:
    """The statements that make the triggers."""
    if dialect == "postgresql":
        yield (
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{WHAT}: % of %', TG_OP, TG_TABLE_NAME; END $$"
        )
    for table in APPEND_ONLY:
        yield from (_sqlite(table) if dialect == "sqlite" else _postgresql(table))


def _kept(table: str) -> list[str]:
    emptied = EMPTIED_BY_PURGE.get(table, ())
    return [column.name for column in tables[table].columns if column.name not in emptied]


def _changed(table: str, differs: str) -> str:
    """The condition under which an update is more than the emptying of a commitment."""
    emptied = EMPTIED_BY_PURGE.get(table, ())
    parts = [f"NEW.{name} {differs} OLD.{name}" for name in _kept(table)]
    parts += [f"(NEW.{name} IS NOT NULL AND NEW.{name} {differs} OLD.{name})" for name in emptied]
    return " OR ".join(parts)


def _sqlite(table: str) -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{WHAT}: {table}'); END"
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}"
    when = f"WHEN {_changed(table, 'IS NOT')} " if table in EMPTIED_BY_PURGE else ""
    yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {when}{refuse}"
    # INSERT OR REPLACE deletes without a word to delete triggers, unless recursive triggers are on.
    keys = " AND ".join(f"{column.name} = NEW.{column.name}" for column in tables[table].primary_key)
    exists = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {keys})"  # noqa: S608  - names of our own tables
    yield f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {exists} {refuse}"


def _postgresql(table: str) -> Iterator[str]:
    call = "EXECUTE FUNCTION refuse_change()"
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {call}"
    when = f"WHEN ({_changed(table, 'IS DISTINCT FROM')}) " if table in EMPTIED_BY_PURGE else ""
    yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW {when}{call}"
    yield f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}"


def missing(connection: Connection) -> list[str]:
    """The names of triggers that should be there and are not, or are switched off."""
    third = "no_replace" if connection.dialect.name == "sqlite" else "no_truncate"
    wanted = {f"{table}_{end}" for table in APPEND_ONLY for end in ("no_delete", "no_update", third)}
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    return sorted(wanted - {name for (name,) in connection.execute(text(query))})
