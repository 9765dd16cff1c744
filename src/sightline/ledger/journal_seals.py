"""Write journal rows at once and seal them into the ledger soon after."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from sightline.errors import DamagedInput
from sightline.ledger.canonical import read_object
from sightline.ledger.entry import KEYS, SALT_BYTES, compute_commitment
from sightline.ledger.instants import to_instant
from sightline.ledger.journal import JournalRow, seal_rows
from sightline.ledger.verbs import Verb
from sightline.storage.rows import LedgerRow, StoredJournalRow
from sightline.storage.table import Tables


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """The content of a new journal row. `text` is committed to, not shown."""

    at_us: int
    actor: str
    verb: str
    thing: str
    text: str


def append_rows(tables: Tables, rows: Sequence[JournalEvent]) -> list[StoredJournalRow]:
    """Write journal rows. Each text is committed to under a salt, so that a purge can remove it."""
    last = tables[StoredJournalRow].find_last("seq")
    first = last.seq + 1 if last else 0
    made = [_make_journal_row(seq, one) for seq, one in enumerate(rows, first)]
    tables[StoredJournalRow].add(*made)
    return made


def _make_journal_row(seq: int, event: JournalEvent) -> StoredJournalRow:
    salt = os.urandom(SALT_BYTES)
    committed = compute_commitment(event.text, salt)
    stored_journal_row = StoredJournalRow(
        seq, event.at_us, event.actor, event.verb, event.thing, committed, salt, event.text
    )
    build_journal_row(stored_journal_row)
    return stored_journal_row


def build_journal_row(seen: StoredJournalRow) -> JournalRow:
    """Return a stored row as its seal covers it."""
    return JournalRow(seen.seq, to_instant(seen.at_us), seen.actor, seen.verb, seen.thing, seen.committed)


def find_sealed_end(tables: Tables) -> int:
    """Return the seq after the last sealed row. Raises DamagedInput where the last seal is not as seals are written."""
    last = tables[LedgerRow].find_last("seq", verb=Verb.JOURNAL_SEALED.value)
    if last is None:
        return 0
    try:
        facts = read_object(last.entry_json.encode(), KEYS)["facts"]
        sealed = facts.get("last") if isinstance(facts, dict) else None
    except ValueError:
        sealed = None
    if not isinstance(sealed, int) or sealed < 0:
        raise DamagedInput(
            f"ledger entry {last.seq}: the seal of the journal was altered",
            hint="keep the workspace as it is, and run sightline verify",
        )
    return sealed + 1


def find_unsealed(tables: Tables) -> dict[str, str | int] | None:
    """Return the facts of a seal over the rows since the last one. None if there are none."""
    first = find_sealed_end(tables)
    rows = [
        build_journal_row(seen)
        for seen in tables[StoredJournalRow].read_each(tables[StoredJournalRow].get_column("seq") >= first)
    ]
    return seal_rows(rows) if rows else None
