"""The ways to alter a record. Each gives what it did, and words of which one must stand in what verify finds."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from bench.tamper.world import World
from sightline.ledger.append import KINDS
from sightline.services.verification.report import VerifiedPart
from sightline.storage import append_only
from sightline.storage.rows import KEY, RowReference
from sightline.storage.schema import TABLES, list_key_columns, read_column_marks, schema_tables
from sightline.workspace.keys import format_private_key, make_signing_key
from sightline.workspace.workspace import CONFIG, DATABASE, LOG_KEY

UNSEALED_TABLES = frozenset({"feed_lags", "intents", "web_sessions", "scan_progress"})
"""What is under way, and proves nothing (ADR 14)."""
COUNTED = frozenset(("accounts", name) for name in ("failures", "locked_until_us", "last_step"))
"""What a sign-in counts, without an entry of the ledger: no commitment covers it."""
BASE_TABLES = frozenset(
    {
        "ledger",
        "openings",
        "checkpoints",
        "countersignatures",
        "workspaces",
        "officers",
        "officer_keys",
        "witnesses",
        "journal",
    }
)
"""What the proofs of all other tables rest on."""
SEALED_ROWS = frozenset(name for name, row in TABLES.items() if row.__name__ in KINDS) - BASE_TABLES - UNSEALED_TABLES
"""Tables of which each row is committed to by an entry of its own, which says so where the row differs."""


@dataclass(frozen=True)
class Altered:
    """What was done, and what names its place: one of these words must stand in a finding.

    `alone`: how findings begin that nothing but this alteration can be the reason of.
    """

    what: str
    names: tuple[str, ...]
    alone: tuple[str, ...] = ()


Alteration: TypeAlias = Callable[[World, random.Random], Altered]


@contextmanager
def open_database(world: World) -> Iterator[sqlite3.Connection]:
    """The database as its owner can write it: triggers away, and back in their place afterwards."""
    with closing(sqlite3.connect(world.database)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in names:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for statement in append_only.trigger_statements("sqlite"):
            connection.execute(statement)
        connection.commit()


def flip_a_column(world: World, dice: random.Random, column: tuple[str, str] | None = None) -> Altered:
    """One byte of one column of one row."""
    with open_database(world) as connection:
        table, name = column or dice.choice(columns())
        row = dice.choice(list(connection.execute(f"SELECT rowid, * FROM {table}")) or [None])
        if row is None:
            raise LookupError(table)
        place = [column.name for column in schema_tables[table].columns].index(name) + 1
        changed = flipped(row[place], dice)
        connection.execute(f"UPDATE OR REPLACE {table} SET {name} = ? WHERE rowid = ?", (changed, row[0]))
        values = dict(zip((column.name for column in schema_tables[table].columns), row[1:], strict=True))
    # A row whose own key was changed is named by either.
    names = (*_names(table, values), *_names(table, {**values, name: changed}))
    what = f"{table}.{name} of row {row[0]}: {row[place]!r} -> {changed!r}"
    return Altered(what, names, _said_of(table, {**values, name: changed}))


def _said_of(table: str, row: dict[str, Any]) -> tuple[str, ...]:
    """What is said of a row that is not what its own entry commits to."""
    row_type = TABLES[table]
    if row_type.__name__ not in KINDS:
        return ()
    thing = f"{KINDS[row_type.__name__]}:{'/'.join(str(row[name]) for name in list_key_columns(row_type))}"
    return f"{VerifiedPart.THING} {thing} is not as entry ", f"{VerifiedPart.THING} {thing} is damaged"


def columns() -> list[tuple[str, str]]:
    """Every column of every table that is held to something."""
    return [
        (name, column.name)
        for name, table in schema_tables.items()
        if name not in UNSEALED_TABLES
        for column in table.columns
        if (name, column.name) not in COUNTED
    ]


def _names(table: str, row: dict[str, Any]) -> tuple[str, ...]:
    """What may name a row: its keys, and for tables beside the ledger the place in that."""
    row_type = TABLES[table]
    names = [str(row[name]) for name, marks in read_column_marks(row_type).items() if KEY in marks or _is_to(marks)]
    more = {"ledger": [f"entry {row.get('seq')}"], "journal": ["rows ", "row "], "workspaces": ["workspace"]}
    more["identity_keys"] = [f"identity key {row.get('subscriber_id')}"]
    return tuple(names + more.get(table, []))


def _is_to(marks: tuple[object, ...]) -> bool:
    return any(isinstance(mark, RowReference) for mark in marks)


def flipped(value: Any, dice: random.Random) -> Any:  # noqa: ANN401  - whatever a column holds
    """The value with one bit of one byte another; of nothing, something."""
    if value is None:
        return "1"
    if isinstance(value, int):
        return value ^ 1 << dice.randrange(max(1, value.bit_length()))
    if isinstance(value, bytes):
        if not value:
            return b"x"
        at = dice.randrange(len(value))
        return value[:at] + bytes([value[at] ^ 1 << dice.randrange(8)]) + value[at + 1 :]
    if not value:
        return "x"
    at = dice.randrange(len(value))
    return value[:at] + chr(ord(value[at]) ^ 1 << dice.randrange(5)) + value[at + 1 :]


def files(world: World) -> list[Path]:
    """Every file that is held to something."""
    return [path for path in world.files if path.name not in {DATABASE, CONFIG}]


def flip_a_file(world: World, dice: random.Random, path: Path) -> Altered:
    """One byte of a segment, a list, a list's signature, a checkpoint that was exported, an exhibit, or the log key."""
    raw = bytearray(world.files[path])
    raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    path.write_bytes(raw)
    return Altered(f"one byte of {path.name}", _names_of_file(path))


def _names_of_file(path: Path) -> tuple[str, ...]:
    if "segments" in path.parts:
        return path.parent.name + "/" + path.name, path.name.partition(".")[0]
    return (path.name,)


def spoil_the_log_key(world: World, dice: random.Random) -> Altered:
    """The key file is gone, another's, cut, or open to others."""
    path = world.workspace.folder / LOG_KEY
    way = dice.choice(["gone", "another", "cut", "open to others"])
    if way == "gone":
        path.unlink()
    elif way == "another":
        path.write_bytes(format_private_key(make_signing_key(), None))
    elif way == "cut":
        raw = world.files[path]
        path.write_bytes(raw[: dice.randrange(len(raw))])
    else:
        path.chmod(dice.choice([0o640, 0o604, 0o620, 0o602, 0o666]))
    return Altered(f"the log key is {way}", (LOG_KEY,))


def definitions(world: World) -> list[tuple[str, str, str, str]]:
    """What protects the tables: kind, name, table and text of each definition."""
    with closing(sqlite3.connect(world.database)) as connection:
        rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return [(str(kind), str(name), str(table), str(sql)) for kind, name, table, sql in rows]


def alter_a_definition(
    world: World, dice: random.Random, definition: tuple[str, str, str, str] | None = None
) -> Altered:
    """A trigger, index or table is dropped, made otherwise, or one more is made."""
    kind, name, table, sql = definition or dice.choice(definitions(world))
    with closing(sqlite3.connect(world.database)) as connection:
        if kind == "table":
            what = _weaken(connection, name, sql, dice)
        elif kind == "index":
            what = _drop_or_make(connection, "INDEX", name, f"CREATE INDEX {name} ON {table} (rowid + 1)", dice)
        else:
            event = dice.choice(["BEFORE UPDATE", "BEFORE DELETE", "AFTER INSERT", "BEFORE INSERT"])
            when = dice.choice(["", "WHEN 0 "])
            idle = f"CREATE TRIGGER {name} {event} ON {table} {when}BEGIN SELECT 1; END"
            sly = sql.replace(" BEGIN ", " AND 0 BEGIN " if " WHEN " in sql else " WHEN 0 BEGIN ", 1)
            what = _drop_or_make(connection, "TRIGGER", name, dice.choice([idle, sly]), dice)
        connection.commit()
    # SQLite itself refuses a database whose tables are not what their indexes say, and names the file.
    unreadable = (f"{DATABASE}: database disk image is malformed",) if kind == "table" else ()
    alone = (f"{VerifiedPart.LEDGER} {kind} {name} ",) if kind != "table" else ()
    return Altered(what, (f"{kind} {name} ", *unreadable), alone)


def _drop_or_make(connection: sqlite3.Connection, kind: str, name: str, other: str, dice: random.Random) -> str:
    connection.execute(f"DROP {kind} {name}")
    if dice.random() < 0.3:
        return f"{kind} {name} dropped"
    connection.execute(other.replace("(rowid + 1)", "(1)"))
    return f"{kind} {name} made otherwise: {other}"


def _weaken(connection: sqlite3.Connection, name: str, sql: str, dice: random.Random) -> str:
    """One of the words by which a table refuses values is not there any more."""
    words = [word for word in ("NOT NULL", "STRICT", "PRIMARY KEY", "FOREIGN KEY") if word in sql]
    word = dice.choice(words)
    parts = sql.split(word)
    at = dice.randrange(1, len(parts))
    weaker = f"{word.join(parts[:at])}{'UNIQUE' if word == 'PRIMARY KEY' else ''}{word.join(parts[at:])}"
    if word == "FOREIGN KEY":
        weaker = sql.replace("REFERENCES ", "REFERENCES other_", 1)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (weaker, name))
    return f"table {name} without one {word}"


def add_a_definition(world: World, dice: random.Random) -> Altered:
    """A trigger, view, index or table more than there should be."""
    table, name = dice.choice(list(schema_tables)), f"helper_{dice.randrange(1000)}"
    kind, sql = dice.choice(
        [
            ("trigger", f"CREATE TRIGGER {name} AFTER INSERT ON {table} BEGIN SELECT 1; END"),
            ("view", f"CREATE VIEW {name} AS SELECT * FROM {table}"),
            ("index", f"CREATE INDEX {name} ON {table} ({next(iter(schema_tables[table].columns)).name})"),
            ("table", f"CREATE TABLE {name} AS SELECT * FROM {table}"),
        ]
    )
    with closing(sqlite3.connect(world.database)) as connection:
        connection.execute(sql)
        connection.commit()
    return Altered(f"{kind} {name} added", (f"{kind} {name} ",))


def add_a_row(world: World, dice: random.Random) -> Altered:
    """A row more than was told of: a copy of another, under a key of its own."""
    names = [name for name, row in TABLES.items() if row.__name__ in KINDS and name not in UNSEALED_TABLES]
    with open_database(world) as connection:
        table = dice.choice(names)
        columns = [column.name for column in schema_tables[table].columns]
        row = dict(zip(columns, dice.choice(list(connection.execute(f"SELECT * FROM {table}"))), strict=True))
        key = list_key_columns(TABLES[table])[0]
        row[key] = row[key] + 1000 if isinstance(row[key], int) else f"{row[key]}-more"
        marks = ", ".join("?" for _ in columns)
        connection.execute(f"INSERT INTO {table} VALUES ({marks})", [row[name] for name in columns])
    return Altered(f"{table}: a row more, {row[key]}", (str(row[key]),))


def drop_a_row(world: World, dice: random.Random) -> Altered:
    """One row is not there any more."""
    with open_database(world) as connection:
        table = dice.choice([name for name in schema_tables if name not in UNSEALED_TABLES])
        row = dice.choice(list(connection.execute(f"SELECT rowid, * FROM {table}")))
        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row[0],))
        values = dict(zip((column.name for column in schema_tables[table].columns), row[1:], strict=True))
    return Altered(f"{table}: row {row[0]} dropped", _names(table, values))


def swap_entries(world: World, dice: random.Random) -> Altered:
    """Two entries of the ledger in each other's place."""
    with open_database(world) as connection:
        rows = list(connection.execute("SELECT seq, verb, actor, thing, entry_json, leaf_hash FROM ledger"))
        one, other = dice.sample(rows, 2)
        for seq, row in ((one[0], other), (other[0], one)):
            connection.execute(
                "UPDATE ledger SET verb = ?, actor = ?, thing = ?, entry_json = ?, leaf_hash = ? WHERE seq = ?",
                (*row[1:], seq),
            )
    return Altered(f"entries {one[0]} and {other[0]} swapped", (f"entry {one[0]}", f"entry {other[0]}"))


def cut_the_tail(world: World, dice: random.Random) -> Altered:
    """The last entries, their openings and checkpoints are gone, as if they had never been."""
    with open_database(world) as connection:
        (size,) = connection.execute("SELECT count(*) FROM ledger").fetchone()
        left = dice.randrange(size // 2, size - 1)
        connection.execute("DELETE FROM ledger WHERE seq >= ?", (left,))
        connection.execute("DELETE FROM openings WHERE seq >= ?", (left,))
        connection.execute("DELETE FROM countersignatures WHERE size > ?", (left,))
        connection.execute("DELETE FROM checkpoints WHERE size > ?", (left,))
    return Altered(f"the ledger cut to {left} of {size}", (".note",))


def roll_back(world: World, _: random.Random) -> Altered:
    """The whole database as it was earlier: sound in itself, but not what was exported since."""
    world.database.write_bytes(world.earlier)
    return Altered("the database rolled back", ("rolled back",))


def drop_a_trigger(world: World, dice: random.Random) -> Altered:
    """The database would no longer refuse."""
    with closing(sqlite3.connect(world.database)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        name = dice.choice(names)
        connection.execute(f"DROP TRIGGER {name}")
        connection.commit()
    return Altered(f"trigger {name} dropped", (name,))


RARE: tuple[Alteration, ...] = (
    drop_a_row,
    add_a_row,
    swap_entries,
    cut_the_tail,
    roll_back,
    drop_a_trigger,
    spoil_the_log_key,
    add_a_definition,
)


def flip_a_bundle(path: Path, dice: random.Random) -> str:
    """One byte of a bundle; what was done."""
    raw = bytearray(path.read_bytes())
    at = dice.randrange(len(raw))
    raw[at] ^= 1 << dice.randrange(8)
    path.write_bytes(raw)
    return f"byte {at:,} of {path.name}"
