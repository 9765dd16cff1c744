"""Database triggers that refuse changes to append-only tables and deletions from them, on both engines.

A purge may empty the columns of `EMPTIED_BY_PURGE` and nothing else of such a row. The owner of the database can drop
or replace a trigger: `protection.compare_protection` and `sightline verify` report that.
"""

from __future__ import annotations

from collections.abc import Iterator

from sightline.storage.schema import APPEND_ONLY, EMPTIED_BY_PURGE, schema_tables

WHAT = "the record is append-only"
POSTGRESQL_FUNCTION = "refuse_change"
POSTGRESQL_BODY = f" BEGIN RAISE EXCEPTION '{WHAT}: % of %', TG_OP, TG_TABLE_NAME; END "


def trigger_statements(dialect: str) -> Iterator[str]:
    """Return the SQL statements that create the triggers."""
    if dialect == "postgresql":
        yield (f"CREATE FUNCTION {POSTGRESQL_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${POSTGRESQL_BODY}$$")
    for table in APPEND_ONLY:
        yield from (_list_sqlite_statements(table) if dialect == "sqlite" else _list_postgresql_statements(table))


def _list_immutable_columns(table: str) -> list[str]:
    emptied = EMPTIED_BY_PURGE.get(table, ())
    return [column.name for column in schema_tables[table].columns if column.name not in emptied]


def _change_condition(table: str, differs: str) -> str:
    """The condition under which an update is more than the emptying of a commitment."""
    emptied = EMPTIED_BY_PURGE.get(table, ())
    parts = [f"NEW.{name} {differs} OLD.{name}" for name in _list_immutable_columns(table)]
    parts += [f"(NEW.{name} IS NOT NULL AND NEW.{name} {differs} OLD.{name})" for name in emptied]
    return " OR ".join(parts)


def _list_sqlite_statements(table: str) -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{WHAT}: {table}'); END"
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}"
    when = f"WHEN {_change_condition(table, 'IS NOT')} " if table in EMPTIED_BY_PURGE else ""
    yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {when}{refuse}"
    # INSERT OR REPLACE deletes rows without firing delete triggers, unless recursive triggers are on.
    keys = " AND ".join(f"{column.name} = NEW.{column.name}" for column in schema_tables[table].primary_key)
    exists = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {keys})"  # noqa: S608  - names of our own tables
    yield f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {exists} {refuse}"


def _list_postgresql_statements(table: str) -> Iterator[str]:
    call = f"EXECUTE FUNCTION {POSTGRESQL_FUNCTION}()"
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {call}"
    when = f"WHEN ({_change_condition(table, 'IS DISTINCT FROM')}) " if table in EMPTIED_BY_PURGE else ""
    yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW {when}{call}"
    yield f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}"


def list_postgresql_definitions() -> dict[str, str]:
    """Return the trigger definitions by name, as PostgreSQL prints them.

    It prints them in its own spelling, with all its parentheses.
    """
    made = {}
    call = f"EXECUTE FUNCTION {POSTGRESQL_FUNCTION}()"
    for table in APPEND_ONLY:
        when = f" WHEN (({_format_condition(table)}))" if table in EMPTIED_BY_PURGE else ""
        made[f"{table}_no_delete"] = f"BEFORE DELETE ON {table} FOR EACH ROW {call}"
        made[f"{table}_no_update"] = f"BEFORE UPDATE ON {table} FOR EACH ROW{when} {call}"
        made[f"{table}_no_truncate"] = f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}"
    return {name: f"CREATE TRIGGER {name} {definition}" for name, definition in made.items()}


def _format_condition(table: str) -> str:
    parts = [f"(new.{name} IS DISTINCT FROM old.{name})" for name in _list_immutable_columns(table)]
    emptied = EMPTIED_BY_PURGE.get(table, ())
    parts += [f"((new.{name} IS NOT NULL) AND (new.{name} IS DISTINCT FROM old.{name}))" for name in emptied]
    return " OR ".join(parts)
