"""Compare the protection of the tables with this version's: triggers with their bodies, functions, constraints.

The owner of the database can change any of it: `differences` names what is missing, altered or added, on both engines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, LargeBinary, create_engine, text

from sightline.storage import append_only
from sightline.storage.schema import INDEXES, schema_tables

MISSING, ALTERED, ADDED, OFF = (
    "is not there: rows could be changed without a word",
    "is not what this version makes: rows could be changed without a word",
    "is none that this version makes: it can change what is written, or what is read",
    "is switched off: rows could be changed without a word",
)
ENABLED = {"O", "A"}


@dataclass(frozen=True, slots=True)
class ProtectionDifference:
    """A trigger, function, table, constraint or index that differs from this version's, and how."""

    name: str
    what: str


def compare_protection(connection: Connection) -> list[ProtectionDifference]:
    """Return every difference in the protection of a database's tables, by name."""
    if connection.dialect.name == "sqlite":
        return list(_compare_definitions(_make_sqlite_definitions(), _read_sqlite_definitions(connection)))
    result = _read_postgresql_definitions(connection)
    return [*_compare_definitions(_make_postgresql_definitions(), result), *_list_switched_off(connection)]


def _compare_definitions(made: Mapping[str, str], definitions: Mapping[str, str]) -> Iterator[ProtectionDifference]:
    for name in sorted(made.keys() | definitions.keys()):
        if name not in definitions:
            yield ProtectionDifference(name, MISSING)
        elif name not in made:
            yield ProtectionDifference(name, ADDED)
        elif made[name] != definitions[name]:
            yield ProtectionDifference(name, ALTERED)


def _read_sqlite_definitions(connection: Connection) -> dict[str, str]:
    """Every definition in a SQLite database, by kind and name; those of SQLite itself are not written down."""
    query = text("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    rows = connection.execute(query)
    return {f"{kind} {name}": f"{table}: {_normalise_spaces(str(sql))}" for kind, name, table, sql in rows}


def _normalise_spaces(sql: str) -> str:
    return " ".join(sql.split())


@cache
def _make_sqlite_definitions() -> Mapping[str, str]:
    """The definitions in a database that was just made."""
    from sightline.storage.migrate import upgrade_within  # noqa: PLC0415  - migrations take a while to load

    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            upgrade_within(connection)
            return _read_sqlite_definitions(connection)
    finally:
        engine.dispose()


def _make_postgresql_definitions() -> dict[str, str]:
    """The definitions that a new PostgreSQL database would give back."""
    made = {}
    for name, table in schema_tables.items():
        made[f"table {name}"] = "r p False False"
        for column in table.columns:
            kind = column.type.dialect_impl(_load_dialect())
            type_ = "bigint" if isinstance(kind, BigInteger) else "bytea" if isinstance(kind, LargeBinary) else "text"
            made[f"column {name}.{column.name}"] = f"{type_} {not column.nullable} None"
            for key in column.foreign_keys:
                target = key.column
                definition = f"FOREIGN KEY ({column.name}) REFERENCES {target.table.name}({target.name})"
                made[f"constraint {name}: {definition}"] = "True"
        keys = ", ".join(column.name for column in table.primary_key)
        made[f"constraint {name}: PRIMARY KEY ({keys})"] = "True"
        made[f"index {name}_pkey"] = f"CREATE UNIQUE INDEX {name}_pkey ON {name} USING btree ({keys}) True"
    for name, column_name in INDEXES:
        index = f"{name}_by_{column_name}"
        made[f"index {index}"] = f"CREATE INDEX {index} ON {name} USING btree ({column_name}) True"
    made["index runs_purged"] = "CREATE INDEX runs_purged ON runs USING btree (run_id) WHERE (row_key IS NULL) True"
    made |= {f"trigger {name}": definition for name, definition in append_only.list_postgresql_definitions().items()}
    body = append_only.POSTGRESQL_BODY
    made[f"function {append_only.POSTGRESQL_FUNCTION}"] = f"plpgsql False None trigger v {_normalise_spaces(body)}"
    return made


@cache
def _load_dialect() -> Dialect:
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.dialect()  # type: ignore[no-untyped-call]


OURS = "c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(:names)"
QUERIES = {
    "table": """SELECT c.relname, c.relkind::text, c.relpersistence::text, c.relrowsecurity, c.relhassubclass
        FROM pg_class c WHERE""",
    "column": """SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attnum > 0 AND NOT a.attisdropped AND""",
    "constraint": """SELECT c.relname || ': ' || pg_get_constraintdef(o.oid), o.convalidated FROM pg_constraint o
        JOIN pg_class c ON c.oid = o.conrelid WHERE o.contype NOT IN ('n', 't') AND""",
    "index": """SELECT i.relname, pg_get_indexdef(i.oid), x.indisvalid FROM pg_index x
        JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid WHERE""",
    "trigger": """SELECT t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND""",
    "function": """SELECT DISTINCT p.proname, l.lanname, p.prosecdef, p.proconfig, format_type(p.prorettype, NULL),
        p.provolatile::text, p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang WHERE NOT t.tgisinternal AND""",
    "rule": """SELECT c.relname || '.' || r.rulename, pg_get_ruledef(r.oid) FROM pg_rewrite r
        JOIN pg_class c ON c.oid = r.ev_class WHERE""",
    "switch": """SELECT t.tgname, c.relname, t.tgisinternal, t.tgenabled::text FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid WHERE""",
}
"""Queries to the catalogue of PostgreSQL about our own tables: a name, and the parts of its definition."""


def _query_names(connection: Connection, kind: str) -> Iterator[tuple[Any, ...]]:
    yield from map(tuple, connection.execute(text(f"{QUERIES[kind]} {OURS}"), {"names": list(schema_tables)}))


def _read_postgresql_definitions(connection: Connection) -> dict[str, str]:
    """Every definition of our tables in a PostgreSQL database, by kind and name, without the name of the schema."""
    schema = str(connection.execute(text("SELECT quote_ident(current_schema())")).scalar())
    result: dict[str, str] = {}
    for kind in QUERIES.keys() - {"switch"}:
        for name, *parts in _query_names(connection, kind):
            definition = _normalise_spaces(" ".join(str(part) for part in parts))
            if kind != "function":
                definition = definition.replace(f"{schema}.", "").replace('"', "")
            key = f"{kind} {name}".replace('"', "") if kind == "constraint" else f"{kind} {name}"
            # Two functions of one name are in different schemas: both must be visible.
            result[key] = f"{result[key]}; {definition}" if key in result else definition
    return result


def _list_switched_off(connection: Connection) -> Iterator[ProtectionDifference]:
    """The triggers, those of foreign keys too, that do not fire."""
    for name, table, is_internal, enabled in _query_names(connection, "switch"):
        if enabled not in ENABLED:
            yield ProtectionDifference(f"foreign key of {table}" if is_internal else f"trigger {name}", OFF)
    role = connection.execute(text("SELECT current_setting('session_replication_role')")).scalar()
    if role != "origin":
        yield ProtectionDifference("setting session_replication_role", f"is {role}: no trigger fires")
