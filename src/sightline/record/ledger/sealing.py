"""The journal as it is kept: rows written at once, and sealed into the ledger soon after."""

from __future__ import annotations

import os

from sightline.record.ledger.canonical import read_object
from sightline.record.ledger.entry import KEYS, SALT_BYTES, commitment
from sightline.record.ledger.instants import instant
from sightline.record.ledger.journal import JournalRow, seal
from sightline.record.ledger.verbs import Verb
from sightline.record.store.rows import LedgerRow, Seen
from sightline.record.store.shelf import Shelves


def see(shelves: Shelves, at_us: int, actor: str, verb: str, thing: str, text: str) -> Seen:
    """Write a row; what it says is committed to under a salt, so that a purge can take it out."""
    last = shelves[Seen].last("seq")
    salt = os.urandom(SALT_BYTES)
    seen = Seen(last.seq + 1 if last else 0, at_us, actor, verb, thing, commitment(text, salt), salt, text)
    journal_row(seen)
    shelves[Seen].add(seen)
    return seen


def journal_row(seen: Seen) -> JournalRow:
    """A kept row as its seal covers it."""
    return JournalRow(seen.seq, instant(seen.at_us), seen.actor, seen.verb, seen.thing, seen.committed)


def sealed_until(shelves: Shelves) -> int:
    """The seq after the last row that is sealed."""
    last = shelves[LedgerRow].last("seq", verb=Verb.JOURNAL_SEALED.value)
    if last is None:
        return 0
    facts = read_object(last.entry_json.encode(), KEYS)["facts"]
    assert isinstance(facts, dict)
    return int(facts["last"]) + 1


def unsealed(shelves: Shelves) -> dict[str, str | int] | None:
    """The facts of a seal over the rows that came in since the last one; None where none did."""
    first = sealed_until(shelves)
    rows = [journal_row(seen) for seen in shelves[Seen].each(shelves[Seen].column("seq") >= first)]
    return seal(rows) if rows else None
