"""The checkpoint that papers and bundles rest on: the newest that somebody outside countersigned, if it covers them."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.record.store.rows import Checkpoint, Countersignature, LedgerRow
from sightline.record.store.shelf import Shelves


@dataclass(frozen=True, slots=True)
class Covering:
    """A checkpoint of the ledger, with the signature lines of witnesses under it, each with its line end."""

    checkpoint: Checkpoint
    lines: tuple[str, ...]


def covering(shelves: Shelves, seq: int) -> Covering:
    """The newest checkpoint with countersignatures over an entry, else the newest of all.

    That a countersignature came back is an entry itself, so the last checkpoint of all hardly ever has one.
    """
    sizes = shelves[Countersignature].column("size")
    lines = list(shelves[Countersignature].each(sizes > seq))
    newest = max((one.size for one in lines), default=None)
    found = shelves[Checkpoint].last("size") if newest is None else shelves[Checkpoint].get(newest)
    assert found is not None, "a ledger with entries has a checkpoint"
    return Covering(found, tuple(f"{one.line.strip()}\n" for one in lines if one.size == found.size))


def entry_of(shelves: Shelves, verb: str, thing: str) -> LedgerRow | None:
    """The last entry of this verb about a thing."""
    return shelves[LedgerRow].last("seq", verb=verb, thing=thing)
