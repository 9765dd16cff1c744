"""The ledger and the journal as officers read them, and the proof of an entry."""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement

from sightline.casework.oversight import checkpoints
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.ledger import tree
from sightline.ledger.instants import to_instant, to_microseconds
from sightline.ledger.note import SignedNote, TreeHead
from sightline.ledger.verbs import JournalVerb
from sightline.model import Role
from sightline.storage import rows
from sightline.storage.table import Table, Tables

NOT_FOR_EYES = "state"
"""The commitment that a thing's own row opens. That row is shown with the thing, to those who may see it."""


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """An entry, or a row of the journal, for display. `texts` is None if the officer may not read them."""

    seq: int
    at: str
    verb: str
    actor: str
    actor_name: str | None
    thing: str
    facts: dict[str, str | int]
    texts: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Filter of ledger entries or journal rows. A `verb` that ends in `:` selects all verbs with that prefix.

    `since_us` is inclusive, `until_us` exclusive. `before`: the number of the last item on the previous page, or
    `after` if the oldest are first (`is_oldest_first`).
    """

    verb: str | None = None
    thing: str | None = None
    actor: str | None = None
    since_us: int | None = None
    until_us: int | None = None
    before: int | None = None
    without: str | None = None
    after: int | None = None
    is_oldest_first: bool = False


def list_entries(tables: Tables, role: Role, ledger_filter: LedgerFilter, limit: int) -> list[LedgerItem]:
    """Return the first entries that match `ledger_filter`, in its order."""
    table, known = tables[rows.LedgerRow], list_names(tables)
    conditions = _build_conditions(table, ledger_filter)
    if ledger_filter.since_us is not None:
        conditions.append(table.get_column("seq") >= _find_first_from(tables, ledger_filter.since_us))
    if ledger_filter.until_us is not None:
        conditions.append(table.get_column("seq") < _find_first_from(tables, ledger_filter.until_us))
    list_rows = table.list_oldest if ledger_filter.is_oldest_first else table.list_newest
    ledger_rows = list_rows(limit, *conditions)
    opened: dict[int, list[rows.Opening]] = {}
    for opening in tables[rows.Opening].select_within("seq", [row.seq for row in ledger_rows]):
        opened.setdefault(opening.seq, []).append(opening)
    return [_build_entry_item(row, opened.get(row.seq, []), known, role) for row in ledger_rows]


def list_journal_rows(tables: Tables, role: Role, ledger_filter: LedgerFilter, limit: int) -> list[LedgerItem]:
    """Return the first journal rows that match `ledger_filter`, in its order."""
    table, known = tables[rows.StoredJournalRow], list_names(tables)
    conditions = _build_conditions(table, ledger_filter)
    if ledger_filter.since_us is not None:
        conditions.append(table.get_column("at_us") >= ledger_filter.since_us)
    if ledger_filter.until_us is not None:
        conditions.append(table.get_column("at_us") < ledger_filter.until_us)
    list_rows = table.list_oldest if ledger_filter.is_oldest_first else table.list_newest
    return [_build_journal_item(row, known, role) for row in list_rows(limit, *conditions)]


def _build_conditions(
    table: Table[rows.LedgerRow] | Table[rows.StoredJournalRow], ledger_filter: LedgerFilter
) -> list[ColumnElement[bool]]:
    verb, conditions = table.get_column("verb"), []
    if ledger_filter.verb is not None and ledger_filter.verb.endswith(":"):
        conditions.append(verb.startswith(ledger_filter.verb, autoescape=True))
    elif ledger_filter.verb is not None:
        conditions.append(verb == ledger_filter.verb)
    if ledger_filter.without is not None:
        conditions.append(verb != ledger_filter.without)
    equal = (("thing", ledger_filter.thing), ("actor", ledger_filter.actor))
    conditions += [table.get_column(name) == value for name, value in equal if value is not None]
    if ledger_filter.before is not None:
        conditions.append(table.get_column("seq") < ledger_filter.before)
    if ledger_filter.after is not None:
        conditions.append(table.get_column("seq") > ledger_filter.after)
    return conditions


def _find_first_from(tables: Tables, at_us: int) -> int:
    """Return the number of the first entry at or after an instant. Entries never go back in time."""
    table = tables[rows.LedgerRow]
    last = table.find_last("seq")
    return bisect.bisect_left(range(last.seq + 1 if last else 0), at_us, key=lambda seq: _parse_at_us(table.get(seq)))


def _parse_at_us(row: rows.LedgerRow | None) -> int:
    assert row is not None, "a ledger has no gap"
    return to_microseconds(datetime.fromisoformat(json.loads(row.entry_json)["at"]))


@contextmanager
def read_entries(
    officer_session: OfficerSession, *, thing: str | None = None, verb: str | None = None
) -> Iterator[Iterator[LedgerItem]]:
    """Yield the entries of the ledger, in order, optionally of one thing or verb."""
    with officer_session.read(Action.LEDGER_VIEW, "ledger:entries", JournalVerb.VIEW_LEDGER) as tables:
        table = tables[rows.LedgerRow]
        conditions = [
            table.get_column(name) == value for name, value in (("thing", thing), ("verb", verb)) if value is not None
        ]
        known = list_names(tables)
        role, opening = officer_session.officer.role, tables[rows.Opening]
        yield (_build_entry_item(row, opening.select(seq=row.seq), known, role) for row in table.read_each(*conditions))


def _build_entry_item(
    row: rows.LedgerRow, opened: Iterable[rows.Opening], known: dict[str, str], role: Role
) -> LedgerItem:
    entry_dict = json.loads(row.entry_json)
    texts = {
        opening.name: opening.text for opening in opened if opening.text is not None and opening.name != NOT_FOR_EYES
    }
    return LedgerItem(
        row.seq,
        entry_dict["at"],
        row.verb,
        row.actor,
        known.get(row.actor),
        row.thing,
        entry_dict["facts"],
        None if role is Role.ADMINISTRATOR else texts,
    )


@contextmanager
def read_journal(
    officer_session: OfficerSession, *, thing: str | None = None, verb: str | None = None
) -> Iterator[Iterator[LedgerItem]]:
    """Yield the rows of the journal, in order, optionally of one thing or verb."""
    with officer_session.read(Action.LEDGER_VIEW, "journal:rows", JournalVerb.VIEW_JOURNAL) as tables:
        table = tables[rows.StoredJournalRow]
        conditions = [
            table.get_column(name) == value for name, value in (("thing", thing), ("verb", verb)) if value is not None
        ]
        known = list_names(tables)
        yield (_build_journal_item(row, known, officer_session.officer.role) for row in table.read_each(*conditions))


def _build_journal_item(row: rows.StoredJournalRow, known: dict[str, str], role: Role) -> LedgerItem:
    at = to_instant(row.at_us).isoformat(timespec="microseconds").replace("+00:00", "Z")
    text = {} if row.text is None else {"text": row.text}
    is_hidden = role is Role.ADMINISTRATOR
    return LedgerItem(
        row.seq, at, row.verb, row.actor, known.get(row.actor), row.thing, {}, None if is_hidden else text
    )


def prove_inclusion(officer_session: OfficerSession, seq: int) -> dict[str, object]:
    """Return the proof that an entry is in the ledger: entry and audit path (ADR 13), and the checkpoint."""
    with officer_session.read(Action.LEDGER_VIEW, "ledger:proof", JournalVerb.VIEW_LEDGER) as tables:
        return build_entry_proof(tables, officer_session.workspace.origin, seq)


def build_entry_proof(tables: Tables, origin: str, seq: int) -> dict[str, object]:
    """Return the proof of an entry in the latest checkpoint. Raises UsageError if there is no such entry."""
    row, last = tables[rows.LedgerRow].get(seq), tables[rows.Checkpoint].find_last("size")
    if row is None or last is None:
        raise UsageError(f"there is no entry {seq}", hint="sightline ledger show lists them")
    path = tree.compute_inclusion_path(checkpoints.read_leaves(tables, last.size), seq)
    return {
        "entry": json.loads(row.entry_json),
        "path": [digest.hex() for digest in path],
        "tree_size": last.size,
        "checkpoint": checkpoints.add_countersignatures(tables, last).decode(),
        "log_key": checkpoints.get_log_key(tables, origin).vkey,
    }


@dataclass(frozen=True, slots=True)
class ProvedItem:
    """An entry with its proof. `holds`: the path leads to the root that the checkpoint signs."""

    item: LedgerItem
    row: rows.LedgerRow
    key_id: str
    commits: dict[str, str]
    path: Sequence[str]
    size: int
    root: str
    holds: bool


def prove_entry(tables: Tables, role: Role, origin: str, seq: int) -> ProvedItem:
    """Return one entry and its proof, checked again. Raises UsageError if there is no such entry."""
    entry_proof = build_entry_proof(tables, origin, seq)
    row = tables[rows.LedgerRow].get(seq)
    assert row is not None
    entry_dict = json.loads(row.entry_json)
    checkpoint = TreeHead.read(SignedNote.read(str(entry_proof["checkpoint"]).encode()).text)
    path = [str(digest) for digest in entry_proof["path"]] if isinstance(entry_proof["path"], list) else []
    leaf, steps = tree.hash_leaf(row.entry_json.encode()), [bytes.fromhex(digest) for digest in path]
    return ProvedItem(
        _build_entry_item(row, tables[rows.Opening].select(seq=seq), list_names(tables), role),
        row,
        entry_dict["key"],
        entry_dict["commits"],
        path,
        checkpoint.size,
        checkpoint.root.hex(),
        tree.verify_inclusion(leaf, seq, checkpoint.size, steps, checkpoint.root),
    )
