"""Check that a ledger only grew since the last countersignature, then countersign it (C2SP tlog-witness)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.errors import DamagedInput, Refused, UsageError
from sightline.ledger import note, tree
from sightline.ledger.canonical import (
    HASH,
    LARGEST,
    WrongEncoding,
    encode,
    parse_whole_number,
    read_object,
    require_match,
)
from sightline.ledger.note import NoteKey, SignatureKind, SignedNote, TreeHead

KEYS = frozenset(("v", "origin", "old", "new", "path"))
REWRITTEN = "sign nothing; keep both notes, and ask the unit and its court how this came about"


@dataclass(frozen=True, slots=True)
class Growth:
    """The proof that the tree of `new` entries holds that of `old` unchanged."""

    origin: str
    old: int
    new: int
    path: tuple[bytes, ...]

    @classmethod
    def read(cls, data: bytes) -> Growth:
        """Parse a proof from its canonical JSON. Raises WrongEncoding."""
        given = read_object(data.removesuffix(b"\n"), KEYS)
        path = given["path"]
        if given["v"] != 1 or not isinstance(given["origin"], str) or not isinstance(path, list):
            raise WrongEncoding("no proof of version 1")
        hashes = tuple(bytes.fromhex(require_match("a hash of the proof", digest, HASH)) for digest in path)
        return cls(
            given["origin"],
            parse_whole_number("old", given["old"]),
            parse_whole_number("new", given["new"]),
            hashes,
        )

    def encode(self) -> bytes:
        """Return the canonical JSON of the proof, and a line end."""
        path = [digest.hex() for digest in self.path]
        return encode({"v": 1, "origin": self.origin, "old": self.old, "new": self.new, "path": path}) + b"\n"


def parse_checkpoint(data: bytes, where: str) -> tuple[SignedNote, TreeHead]:
    """Parse the note and checkpoint in a file's bytes. Raises DamagedInput."""
    try:
        read = SignedNote.read(data)
        return read, TreeHead.read(read.text)
    except WrongEncoding as error:
        raise DamagedInput(
            f"{where}: {error}", hint="get the checkpoint again: sightline ledger export-checkpoint"
        ) from None


def require_growth(new: TreeHead, last: TreeHead, proof: Growth | None) -> None:
    """Raise Refused unless the ledger of `new` contains that of `last`, unchanged."""
    if new.origin != last.origin:
        raise Refused(
            f"the last checkpoint is of {last.origin}, this one of {new.origin}", hint="keep one file for each"
        )
    if new.size < last.size:
        raise Refused(f"the ledger was rolled back: from {last.size} entries to {new.size}", hint=REWRITTEN)
    if new.size == last.size:
        if new.root != last.root:
            raise Refused(f"the ledger was rewritten: another root at {new.size} entries", hint=REWRITTEN)
        return
    if proof is None or (proof.origin, proof.old, proof.new) != (new.origin, last.size, new.size):
        raise UsageError(
            f"the proof that the ledger grew from {last.size} to {new.size} entries is missing",
            hint=f"the unit makes it: sightline ledger export-checkpoint --since {last.size} --out NOTE",
        )
    if not tree.verify_consistency(last.size, new.size, last.root, new.root, proof.path):
        raise Refused(f"the ledger was rewritten: it does not hold what it had at {last.size} entries", hint=REWRITTEN)


def require_log(read: SignedNote, vkey: str, where: str) -> None:
    """Raise Refused unless the ledger's own key, as the witness has it, signed the note."""
    try:
        key = NoteKey.read(vkey.strip())
    except WrongEncoding as error:
        raise UsageError(f"--log: {error}", hint="sightline ledger export-checkpoint prints it") from None
    try:
        note.verify_note(read, [key])
    except WrongEncoding as error:
        raise Refused(f"{where}: {error}", hint="it is not of the ledger whose key you were given") from None


def add_countersignature(read: SignedNote, name: str, private: Ed25519PrivateKey, at: datetime) -> SignedNote:
    """Return the note with the witness's signature added. It replaces an earlier one by the same key."""
    note_signature = note.cosign_checkpoint(read.text, name, private, at)
    others = tuple(
        signature
        for signature in read.signatures
        if (signature.name, signature.key_id) != (note_signature.name, note_signature.key_id)
    )
    return SignedNote(read.text, (*others, note_signature))


def witness_key(name: str, public: bytes) -> NoteKey:
    """Return the key of a witness, whose `vkey()` the witness gives to the unit."""
    return NoteKey(name, public, SignatureKind.COSIGNATURE)


def compute_path_between(leaves: Sequence[bytes], old: int, new: int) -> tuple[bytes, ...]:
    """Return the consistency path between two sizes. Raises UsageError for sizes that the ledger never had."""
    if not 0 <= old <= new <= min(len(leaves), LARGEST):
        raise UsageError(
            f"no size of before is {old}: the ledger has {new} entries", hint="give the size of an earlier checkpoint"
        )
    return tree.compute_consistency_path(leaves, old, new)
