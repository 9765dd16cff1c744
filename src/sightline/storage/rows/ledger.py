"""Rows of the ledger and the journal, and of the witnesses who countersign checkpoints."""

from __future__ import annotations

from typing import Annotated

from sightline.storage.rows.column_metadata import KEY, RowReference
from sightline.storage.rows.row_class import define_row


@define_row(frozen=True, slots=True)
class Witness:
    """A witness who countersigns checkpoints: an auditor, a court."""

    name: Annotated[str, KEY]
    public_key: bytes
    enrolled_at_us: int
    enrolled_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class LedgerRow:
    """A stored ledger entry: its canonical JSON, its leaf hash, and its lookup columns."""

    seq: Annotated[int, KEY]
    verb: str
    actor: str
    thing: str
    entry_json: str
    leaf_hash: bytes


@define_row(frozen=True, slots=True)
class Opening:
    """The salt and text that open a commitment. A purge empties both. For a `state` the text is the thing's own row."""

    seq: Annotated[int, KEY, RowReference("ledger")]
    name: Annotated[str, KEY]
    salt: bytes | None
    text: str | None


@define_row(frozen=True, slots=True)
class StoredJournalRow:
    """A row of the journal: a view, a refusal, a failed sign-in.

    `committed` is the commitment to `text` under `salt`.
    """

    seq: Annotated[int, KEY]
    at_us: int
    actor: str
    verb: str
    thing: str
    committed: str
    salt: bytes | None
    text: str | None


@define_row(frozen=True, slots=True)
class Checkpoint:
    """A signed note over the tree of the first `size` entries, with the tree's peaks, from which it grows."""

    size: Annotated[int, KEY]
    at_us: int
    note: str
    peaks: bytes


@define_row(frozen=True, slots=True)
class Countersignature:
    """A witness's signature line under a checkpoint."""

    size: Annotated[int, KEY, RowReference("checkpoints")]
    name: Annotated[str, KEY]
    line: str
    at_us: int
