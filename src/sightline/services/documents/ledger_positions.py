"""Ledger entries for documents, and the newest countersigned checkpoint over them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sightline.evidence.documents.document_facts import CheckpointFacts, LedgerFacts
from sightline.ledger.canonical import parse_time
from sightline.ledger.verbs import Verb
from sightline.storage.rows import Checkpoint, Countersignature, LedgerRow
from sightline.storage.table import Tables


@dataclass(frozen=True, slots=True)
class CoveringCheckpoint:
    """A checkpoint of the ledger, with the signature lines of witnesses under it, each with its line end."""

    checkpoint: Checkpoint
    lines: tuple[str, ...]


def find_covering_checkpoint(tables: Tables, seq: int) -> CoveringCheckpoint:
    """Return the newest countersigned checkpoint over an entry, else the newest of all.

    The return of a countersignature is an entry itself, so the very last checkpoint rarely has one.
    """
    sizes = tables[Countersignature].get_column("size")
    lines = list(tables[Countersignature].read_each(sizes > seq))
    newest = max((countersignature.size for countersignature in lines), default=None)
    checkpoint = tables[Checkpoint].find_last("size") if newest is None else tables[Checkpoint].get(newest)
    assert checkpoint is not None, "a ledger with entries has a checkpoint"
    return CoveringCheckpoint(
        checkpoint,
        tuple(
            f"{countersignature.line.strip()}\n"
            for countersignature in lines
            if countersignature.size == checkpoint.size
        ),
    )


def find_last_entry(tables: Tables, thing: str, *verbs: Verb) -> LedgerFacts | None:
    """Return the last entry about a thing of the first of these verbs that exists, with a checkpoint over it."""
    for verb in verbs:
        if (row := find_entry(tables, verb.value, thing)) is not None:
            return build_ledger_facts(row, find_covering_checkpoint(tables, row.seq))
    return None


def build_ledger_facts(row: LedgerRow, over: CoveringCheckpoint) -> LedgerFacts:
    """Return an entry in the tree of a checkpoint, for documents."""
    lines = [line.removesuffix("\n") for line in over.lines]
    at = parse_time(json.loads(row.entry_json)["at"])
    return LedgerFacts(row.seq, row.verb, at, CheckpointFacts.from_note(over.checkpoint.note, *lines))


def find_entry(tables: Tables, verb: str, thing: str) -> LedgerRow | None:
    """Return the last entry of this verb about a thing."""
    return tables[LedgerRow].find_last("seq", verb=verb, thing=thing)
