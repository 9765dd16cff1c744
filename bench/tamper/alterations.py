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
from sightline.engines.verifying.finding import Part
from sightline.record.ledger.append import KINDS
from sightline.record.store import append_only
from sightline.record.store.rows import KEY, To
from sightline.record.store.schema import TABLES, keys_of, marks_of, tables

UNSEALED_TABLES = frozenset({"intents", "identity_keys", "web_sessions", "scan_progress"})
"""What is under way, and proves nothing (ADR 14); and secrets."""
SECRETS = frozenset(("accounts", name) for name in ("salt", "sealed", "failures", "locked_until_us", "last_step")) | {
    ("force_secrets", "secret"),
    ("incoming_referrals", "identity"),
}
"""Columns that no commitment covers, and why: a secret, or what a sign-in counts."""
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
def opened(world: World) -> Iterator[sqlite3.Connection]:
    """The database as its owner can write it: triggers away, and back in their place afterwards."""
    with closing(sqlite3.connect(world.database)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in names:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for statement in append_only.statements("sqlite"):
            connection.execute(statement)
        connection.commit()


def flip_a_column(world: World, dice: random.Random, column: tuple[str, str] | None = None) -> Altered:
    """One byte of one column of one row."""
    with opened(world) as connection:
        table, name = column or dice.choice(columns())
        row = dice.choice(list(connection.execute(f"SELECT rowid, * FROM {table}")) or [None])
        if row is None:
            raise LookupError(table)
        place = [one.name for one in tables[table].columns].index(name) + 1
        changed = flipped(row[place], dice)
        connection.execute(f"UPDATE OR REPLACE {table} SET {name} = ? WHERE rowid = ?", (changed, row[0]))
        kept = dict(zip((one.name for one in tables[table].columns), row[1:], strict=True))
    # A row whose own key was changed is named by either.
    names = (*_names(table, kept), *_names(table, {**kept, name: changed}))
    what = f"{table}.{name} of row {row[0]}: {row[place]!r} -> {changed!r}"
    return Altered(what, names, _said_of(table, {**kept, name: changed}))


def _said_of(table: str, row: dict[str, Any]) -> tuple[str, ...]:
    """What is said of a row that is not what its own entry commits to."""
    row_type = TABLES[table]
    if row_type.__name__ not in KINDS:
        return ()
    thing = f"{KINDS[row_type.__name__]}:{'/'.join(str(row[name]) for name in keys_of(row_type))}"
    return f"{Part.THING} {thing} is not as entry ", f"{Part.THING} {thing} is damaged"


def columns() -> list[tuple[str, str]]:
    """Every column of every table that is held to something."""
    return [
        (name, column.name)
        for name, table in tables.items()
        if name not in UNSEALED_TABLES
        for column in table.columns
        if (name, column.name) not in SECRETS
    ]


def _names(table: str, row: dict[str, Any]) -> tuple[str, ...]:
    """What may name a row: its keys, and for tables beside the ledger the place in that."""
    row_type = TABLES[table]
    names = [str(row[name]) for name, marks in marks_of(row_type).items() if KEY in marks or _is_to(marks)]
    more = {"ledger": [f"entry {row.get('seq')}"], "journal": ["rows ", "row "], "workspaces": ["workspace"]}
    return tuple(names + more.get(table, []))


def _is_to(marks: tuple[object, ...]) -> bool:
    return any(isinstance(mark, To) for mark in marks)


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


def flip_a_file(world: World, dice: random.Random) -> Altered:
    """One byte of a segment, a list, or a list's signature."""
    path = dice.choice([path for path in world.files if "segments" in path.parts])
    raw = bytearray(world.files[path])
    raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    path.write_bytes(raw)
    return Altered(f"one byte of {path.name}", (path.parent.name + "/" + path.name, path.name.partition(".")[0]))


def drop_a_row(world: World, dice: random.Random) -> Altered:
    """One row is not there any more."""
    with opened(world) as connection:
        table = dice.choice([name for name in tables if name not in UNSEALED_TABLES])
        row = dice.choice(list(connection.execute(f"SELECT rowid, * FROM {table}")))
        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row[0],))
        kept = dict(zip((one.name for one in tables[table].columns), row[1:], strict=True))
    return Altered(f"{table}: row {row[0]} dropped", _names(table, kept))


def swap_entries(world: World, dice: random.Random) -> Altered:
    """Two entries of the ledger in each other's place."""
    with opened(world) as connection:
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
    with opened(world) as connection:
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


RARE: tuple[Alteration, ...] = (drop_a_row, swap_entries, cut_the_tail, roll_back, drop_a_trigger)


def flip_a_bundle(path: Path, dice: random.Random) -> str:
    """One byte of a bundle; what was done."""
    raw = bytearray(path.read_bytes())
    at = dice.randrange(len(raw))
    raw[at] ^= 1 << dice.randrange(8)
    path.write_bytes(raw)
    return f"byte {at:,} of {path.name}"
