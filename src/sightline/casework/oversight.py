"""The ledger and the journal as officers read them, and the proof of an entry."""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement

from sightline.casework import checkpoints
from sightline.casework.access import Action
from sightline.casework.officer_session import Desk
from sightline.casework.roster import names
from sightline.errors import UsageError
from sightline.ledger import tree
from sightline.ledger.instants import instant, microseconds
from sightline.ledger.note import Checkpoint, Note
from sightline.ledger.verbs import Seen as SeenVerb
from sightline.storage import rows
from sightline.storage.table import Shelf, Shelves
from sightline.model import Role

NOT_FOR_EYES = "state"
"""The commitment that a thing's own row opens; the row is shown where the thing is, to whoever may see that."""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry or a row of the journal as it is shown; `texts` is None where the officer may not read them."""

    seq: int
    at: str
    verb: str
    actor: str
    actor_name: str | None
    thing: str
    facts: dict[str, str | int]
    texts: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which entries, or rows of the journal, are wanted; `verb` ends in `:` for all verbs that begin so.

    `since_us` is counted in, `until_us` is not; `before` is the number of the one that came last on the page before.
    """

    verb: str | None = None
    thing: str | None = None
    actor: str | None = None
    since_us: int | None = None
    until_us: int | None = None
    before: int | None = None
    without: str | None = None


def newest_entries(shelves: Shelves, role: Role, wanted: Narrowed, limit: int) -> list[Told]:
    """The newest entries that are wanted, the newest first."""
    shelf, known = shelves[rows.LedgerRow], names(shelves)
    conditions = _conditions(shelf, wanted)
    if wanted.since_us is not None:
        conditions.append(shelf.column("seq") >= _first_from(shelves, wanted.since_us))
    if wanted.until_us is not None:
        conditions.append(shelf.column("seq") < _first_from(shelves, wanted.until_us))
    found = shelf.newest(limit, *conditions)
    opened: dict[int, list[rows.Opening]] = {}
    for one in shelves[rows.Opening].within("seq", [row.seq for row in found]):
        opened.setdefault(one.seq, []).append(one)
    return [_entry(row, opened.get(row.seq, []), known, role) for row in found]


def newest_seen(shelves: Shelves, role: Role, wanted: Narrowed, limit: int) -> list[Told]:
    """The newest rows of the journal that are wanted, the newest first."""
    shelf, known = shelves[rows.Seen], names(shelves)
    conditions = _conditions(shelf, wanted)
    if wanted.since_us is not None:
        conditions.append(shelf.column("at_us") >= wanted.since_us)
    if wanted.until_us is not None:
        conditions.append(shelf.column("at_us") < wanted.until_us)
    return [_seen(row, known, role) for row in shelf.newest(limit, *conditions)]


def _conditions(shelf: Shelf[rows.LedgerRow] | Shelf[rows.Seen], wanted: Narrowed) -> list[ColumnElement[bool]]:
    verb, found = shelf.column("verb"), []
    if wanted.verb is not None and wanted.verb.endswith(":"):
        found.append(verb.startswith(wanted.verb, autoescape=True))
    elif wanted.verb is not None:
        found.append(verb == wanted.verb)
    if wanted.without is not None:
        found.append(verb != wanted.without)
    equal = (("thing", wanted.thing), ("actor", wanted.actor))
    found += [shelf.column(name) == value for name, value in equal if value is not None]
    return [*found, shelf.column("seq") < wanted.before] if wanted.before is not None else found


def _first_from(shelves: Shelves, at_us: int) -> int:
    """The number of the first entry that is not before an instant: entries never go back in time."""
    shelf = shelves[rows.LedgerRow]
    last = shelf.last("seq")
    return bisect.bisect_left(range(last.seq + 1 if last else 0), at_us, key=lambda seq: _at_us(shelf.get(seq)))


def _at_us(row: rows.LedgerRow | None) -> int:
    assert row is not None, "a ledger has no gap"
    return microseconds(datetime.fromisoformat(json.loads(row.entry_json)["at"]))


@contextmanager
def entries(desk: Desk, *, thing: str | None = None, verb: str | None = None) -> Iterator[Iterator[Told]]:
    """The entries of the ledger, in order; those of a thing, or of a verb, only."""
    with desk.read(Action.LEDGER_VIEW, "ledger:entries", SeenVerb.VIEW_LEDGER) as shelves:
        shelf = shelves[rows.LedgerRow]
        wanted = [
            shelf.column(name) == value for name, value in (("thing", thing), ("verb", verb)) if value is not None
        ]
        known = names(shelves)
        role, opening = desk.officer.role, shelves[rows.Opening]
        yield (_entry(row, opening.where(seq=row.seq), known, role) for row in shelf.each(*wanted))


def _entry(row: rows.LedgerRow, opened: Iterable[rows.Opening], known: dict[str, str], role: Role) -> Told:
    said = json.loads(row.entry_json)
    texts = {one.name: one.text for one in opened if one.text is not None and one.name != NOT_FOR_EYES}
    return Told(
        row.seq,
        said["at"],
        row.verb,
        row.actor,
        known.get(row.actor),
        row.thing,
        said["facts"],
        None if role is Role.ADMINISTRATOR else texts,
    )


@contextmanager
def journal(desk: Desk, *, thing: str | None = None, verb: str | None = None) -> Iterator[Iterator[Told]]:
    """The rows of the journal, in order; those of a thing, or of a verb, only."""
    with desk.read(Action.LEDGER_VIEW, "journal:rows", SeenVerb.VIEW_JOURNAL) as shelves:
        shelf = shelves[rows.Seen]
        wanted = [
            shelf.column(name) == value for name, value in (("thing", thing), ("verb", verb)) if value is not None
        ]
        known = names(shelves)
        yield (_seen(row, known, desk.officer.role) for row in shelf.each(*wanted))


def _seen(row: rows.Seen, known: dict[str, str], role: Role) -> Told:
    at = instant(row.at_us).isoformat(timespec="microseconds").replace("+00:00", "Z")
    text = {} if row.text is None else {"text": row.text}
    is_hidden = role is Role.ADMINISTRATOR
    return Told(row.seq, at, row.verb, row.actor, known.get(row.actor), row.thing, {}, None if is_hidden else text)


def prove(desk: Desk, seq: int) -> dict[str, object]:
    """The proof that an entry is in the ledger: entry and audit path as in a bundle (ADR 13), and the checkpoint."""
    with desk.read(Action.LEDGER_VIEW, "ledger:proof", SeenVerb.VIEW_LEDGER) as shelves:
        return proof(shelves, desk.workspace.origin, seq)


def proof(shelves: Shelves, origin: str, seq: int) -> dict[str, object]:
    """The proof of an entry in the latest checkpoint. Raises UsageError where there is no such entry."""
    row, last = shelves[rows.LedgerRow].get(seq), shelves[rows.Checkpoint].last("size")
    if row is None or last is None:
        raise UsageError(f"there is no entry {seq}", hint="sightline ledger show lists them")
    path = tree.inclusion_path(checkpoints.leaves(shelves, last.size), seq)
    return {
        "entry": json.loads(row.entry_json),
        "path": [one.hex() for one in path],
        "tree_size": last.size,
        "checkpoint": checkpoints.countersigned(shelves, last).decode(),
        "log_key": checkpoints.log_key(shelves, origin).vkey(),
    }


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry as it is shown, with the proof of it; `holds`: the path leads to the root that the checkpoint signs."""

    told: Told
    row: rows.LedgerRow
    key_id: str
    commits: dict[str, str]
    path: Sequence[str]
    size: int
    root: str
    holds: bool


def proved(shelves: Shelves, role: Role, origin: str, seq: int) -> Proved:
    """One entry and its proof, walked once more. Raises UsageError where there is no such entry."""
    made = proof(shelves, origin, seq)
    row = shelves[rows.LedgerRow].get(seq)
    assert row is not None
    said = json.loads(row.entry_json)
    checkpoint = Checkpoint.read(Note.read(str(made["checkpoint"]).encode()).text)
    path = [str(one) for one in made["path"]] if isinstance(made["path"], list) else []
    leaf, steps = tree.leaf_hash(row.entry_json.encode()), [bytes.fromhex(one) for one in path]
    return Proved(
        _entry(row, shelves[rows.Opening].where(seq=seq), names(shelves), role),
        row,
        said["key"],
        said["commits"],
        path,
        checkpoint.size,
        checkpoint.root.hex(),
        tree.verify_inclusion(leaf, seq, checkpoint.size, steps, checkpoint.root),
    )
