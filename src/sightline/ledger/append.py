"""Append ledger entries in the transaction of the change that they describe, with a checkpoint at its end."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.ledger import journal_seals
from sightline.ledger.canonical import encode
from sightline.ledger.entry import SALT_BYTES, Entry, compute_commitment, compute_key_id
from sightline.ledger.instants import to_microseconds
from sightline.ledger.note import SignedNote, sign_note
from sightline.ledger.note import TreeHead as Signed
from sightline.ledger.tree import HASH_BYTES, Frontier, hash_leaf
from sightline.ledger.two_officers import RETELLS
from sightline.ledger.verbs import Verb
from sightline.storage.rows import Checkpoint, Generation, LedgerRow, Opening, Run
from sightline.storage.table import Tables, format_row_key, read_committed_columns

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signer:
    """An actor and the signing key. `officer_id` is `workspace` for the log key."""

    officer_id: str
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> bytes:
        """Return the 32 bytes of the public half."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """Return the id of the key (ADR 12)."""
        return compute_key_id(self.public)


def encode_canonical(value: object) -> str:
    """Return a value as canonical JSON (ADR 1)."""
    return encode(value).decode()


def name_row_thing(row: Any) -> str:  # noqa: ANN401  - any row of the record
    """Return the `kind:id` of a row, as entries name it."""
    return f"{KINDS[type(row).__name__]}:{format_row_key(row)}"


KINDS = {
    "Workspace": "workspace",
    "Officer": "officer",
    "OfficerKey": "key",
    "Approval": "approval",
    "IssuerKey": "issuer-key",
    "Case": "case",
    "Authority": "authority",
    "Source": "source",
    "FlagListRow": "list",
    "ListSignature": "list-signature",
    "Generation": "generation",
    "LeadMark": "lead-mark",
    "Licensee": "licensee",
    "Notice": "notice",
    "Reply": "reply",
    "Confirmation": "confirmation",
    "DatasetWithdrawal": "dataset-withdrawal",
    "Resolving": "resolving",
    "Outcome": "outcome",
    "Account": "account",
    "Operation": "operation",
    "OperationEvent": "operation-event",
    "OperationTeam": "operation-team",
    "LeadBatch": "lead-batch",
    "LeadNote": "lead-note",
    "CaseNote": "case-note",
    "CaseFile": "case-file",
    "CaseDeadline": "case-deadline",
    "SavedView": "saved-view",
    "BackupRecipient": "backup-recipient",
    "RetentionPeriod": "retention-period",
    "Force": "force",
    "ForceOfficer": "force-officer",
    "ForceRequest": "force-request",
    "Referral": "referral",
    "RequestAnswer": "request-answer",
    "ReferralRecall": "referral-recall",
    "ForceOutcome": "force-outcome",
    "ForceSecret": "force-secret",
    "ForceMatches": "force-matches",
    "Incoming": "incoming",
    "IncomingOutcome": "incoming-outcome",
    "IncomingRecall": "incoming-recall",
    "Dataset": "dataset",
    "Exhibit": "exhibit",
    "Holding": "holding",
    "Custody": "custody",
    "Run": "run",
    "FeedStart": "feed-start",
    "FeedPart": "feed-part",
    "FeedDelivery": "feed-delivery",
    "Hold": "hold",
    "Declaration": "declaration",
    "Witness": "witness",
}
"""The rows that entries describe, by the kind of thing."""


class Ledger:
    """Collects the entries of one transaction. `settle` writes them with the checkpoint over them."""

    def __init__(self, tables: Tables, now: datetime, log: Signer, origin: str) -> None:
        self._shelves, self._log, self._origin = tables, log, origin
        last = tables[LedgerRow].find_last("seq")
        self._next = last.seq + 1 if last else 0
        self.at = max(now, Entry.read(last.entry_json.encode()).at) if last else now
        self._rows: list[LedgerRow] = []
        self._openings: list[Opening] = []

    @property
    def tables(self) -> Tables:
        """Return the tables, in the ledger's transaction."""
        return self._shelves

    def append(
        self,
        verb: Verb,
        by: Signer,
        thing: str,
        *,
        facts: Mapping[str, str | int] | None = None,
        tells: Mapping[str, str] | None = None,
        state: object = None,
    ) -> int:
        """Add an entry and return its seq. It commits to `tells`, and to the columns of the row `state`."""
        texts: dict[str, str] = dict(tells or {})
        if state is not None:
            if verb not in RETELLS[thing.partition(":")[0]]:
                raise ValueError(f"{verb} may not restate {thing}: verify would name the entry")
            texts["state"] = encode_canonical(read_committed_columns(state))
        salts = {name: os.urandom(SALT_BYTES) for name in texts}
        commits = {name: compute_commitment(text, salts[name]) for name, text in texts.items()}
        seq = self._next
        entry = Entry(seq, self.at, verb.value, by.officer_id, by.key_id, thing, facts or {}, commits)
        data = entry.sign(by.private).encode()
        self._rows.append(LedgerRow(seq, verb.value, by.officer_id, thing, data.decode(), hash_leaf(data)))
        # Runs and generations never change, and their rows are large: the row itself is the text. For other kinds
        # each state is stored.
        is_long = isinstance(state, Run | Generation)
        self._openings += [
            Opening(seq, name, salts[name], None if is_long and name == "state" else words)
            for name, words in texts.items()
        ]
        self._next += 1
        return seq

    @property
    def pending(self) -> tuple[list[LedgerRow], list[Opening]]:
        """Return the entries of this transaction that are not written yet, with the openings of their commitments."""
        return self._rows, self._openings

    def settle(self) -> Checkpoint | None:
        """Write all entries, the seal of the journal among them, and the checkpoint.

        Return None if nothing happened.
        """
        if seal := journal_seals.find_unsealed(self._shelves):
            self.append(Verb.JOURNAL_SEALED, self._log, f"journal:{seal['first']}-{seal['last']}", facts=seal)
        if not self._rows:
            return None
        self._shelves[LedgerRow].add(*self._rows)
        self._shelves[Opening].add(*self._openings)
        last = self._shelves[Checkpoint].find_last("size")
        frontier = Frontier(last.size, _split(last.peaks)) if last else Frontier()
        frontier.extend(row.leaf_hash for row in self._rows)
        text = Signed(self._origin, frontier.size, frontier.compute_root()).to_text()
        note = SignedNote(text, (sign_note(text, self._origin, self._log.private),)).encode().decode()
        checkpoint = Checkpoint(frontier.size, to_microseconds(self.at), note, b"".join(frontier.peaks))
        self._shelves[Checkpoint].add(checkpoint)
        LOG.info("ledger entries: verbs=%s size=%d", ",".join(row.verb for row in self._rows), checkpoint.size)
        return checkpoint


def _split(peaks: bytes) -> list[bytes]:
    return [peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES)]
