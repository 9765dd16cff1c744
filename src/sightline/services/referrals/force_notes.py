"""Notes between two forces, small signed JSON: receipts, outcomes, recalls, secrets, pseudonyms.

`{"minisig": TEXT, "note": {...}}`. The minisign signature covers the canonical JSON (ADR 1) of `note`. That names its
kind, so that no note can be mistaken for another.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sightline.errors import DamagedInput, NotAllowed, UsageError
from sightline.ledger.canonical import WrongEncoding, decode, encode, format_time, parse_time
from sightline.stages.lists.signature import (
    PublicKey,
    SecretKey,
    SignatureError,
    hash_stream,
    read_signature,
    sign_digest,
    verify_signature,
)

VERSION = 1
LARGEST_BYTES = 16 << 20
HINT = "ask the sender for the file as it was written"


class NoteKind(StrEnum):
    """The kind of a note."""

    RECEIPT = "sightline receipt"
    OUTCOMES = "sightline outcomes"
    RECALL = "sightline recall"
    SECRET = "sightline secret"  # noqa: S105
    PSEUDONYMS = "sightline pseudonyms"
    PERIOD_KEY = "sightline period key"
    DECONFLICTION = "sightline deconfliction"


KEYS: Mapping[NoteKind, frozenset[str]] = {
    NoteKind.RECEIPT: frozenset({"of", "referral", "number", "sha256", "leads"}),
    NoteKind.OUTCOMES: frozenset({"referral", "number", "outcomes"}),
    NoteKind.RECALL: frozenset({"recall", "referral", "number", "to", "leads", "why"}),
    NoteKind.SECRET: frozenset({"to", "secret_id", "secret"}),
    NoteKind.PSEUDONYMS: frozenset({"to", "secret_id", "what", "pseudonyms"}),
    NoteKind.PERIOD_KEY: frozenset({"to", "period", "secret"}),
    NoteKind.DECONFLICTION: frozenset({"period", "what", "pseudonyms"}),
}
"""The keys of each kind, beside author and time."""
ALWAYS = frozenset({"v", "kind", "by", "key_id", "at"})


@dataclass(frozen=True, slots=True)
class ForceNote:
    """A well-formed note. `verified` checks its author."""

    kind: NoteKind
    by: str
    key_id: str
    at: datetime
    facts: Mapping[str, Any]
    signature: str
    signed: bytes

    @property
    def sha256(self) -> str:
        """Return the digest of what was signed."""
        return hashlib.sha256(self.signed).hexdigest()

    def require_signed_by(self, key: PublicKey) -> ForceNote:
        """Return the note if that key signed it. Raises NotAllowed."""
        try:
            if self.by != key.issuer or self.key_id != key.key_id:
                raise SignatureError(f"it is of {self.by}, by the key {self.key_id}")
            verify_signature(read_signature(self.signature), hash_stream(io.BytesIO(self.signed)), key)
        except SignatureError as error:
            raise NotAllowed(f"the note is not signed by {key.issuer}: {error}", hint=HINT) from None
        return self


def write_note(key: SecretKey, kind: NoteKind, at: datetime, facts: Mapping[str, object]) -> bytes:
    """Return a signed note of a kind: the same bytes for the same content."""
    assert facts.keys() == KEYS[kind], f"a note of kind {kind} says {sorted(KEYS[kind])}"
    about = {"v": VERSION, "kind": kind.value, "by": key.issuer, "key_id": key.key_id, "at": format_time(at)}
    signed = encode(about | dict(facts))
    minisig = sign_digest(hash_stream(io.BytesIO(signed)), key, f"{kind.value} v{VERSION}")
    return encode({"minisig": minisig, "note": decode(signed)}) + b"\n"


def read_file(path: Path) -> ForceNote:
    """Return the note in a file. Raises UsageError, DamagedInput."""
    try:
        with path.open("rb") as stream:
            return read(stream.read(LARGEST_BYTES + 1), str(path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="name the file of the note") from None


def read(data: bytes, name: str = "the note") -> ForceNote:
    """Return a note whose author is not checked yet. Raises DamagedInput."""
    try:
        if len(data) > LARGEST_BYTES:
            raise WrongEncoding("it is too large for a note")
        whole = json.loads(data)
        if not isinstance(whole, dict) or whole.keys() != {"minisig", "note"} or not isinstance(whole["note"], dict):
            raise WrongEncoding("it has not just a note and its signature")
        note, minisig = whole["note"], whole["minisig"]
        signed = encode(note)
        kind = NoteKind(str(note.get("kind")))
        if not isinstance(minisig, str) or note.keys() != ALWAYS | KEYS[kind]:
            raise WrongEncoding(f"it does not say just what a note of kind {kind} says")
        if note["v"] != VERSION:
            raise WrongEncoding("a newer Sightline wrote it")
        if not all(isinstance(note[key], str) for key in ("by", "key_id", "at")):
            raise WrongEncoding("it does not say whose it is")
        facts = {name: note[name] for name in KEYS[kind]}
        return ForceNote(kind, note["by"], note["key_id"], parse_time(note["at"]), facts, minisig, signed)
    except (ValueError, RecursionError) as error:
        raise DamagedInput(f"{name} is not a note of Sightline: {error}", hint=HINT) from None


def read_text_field(note: ForceNote, name: str) -> str:
    """Return a text field of a note. Raises DamagedInput."""
    result = note.facts[name]
    if not isinstance(result, str) or len(result) > 500:
        raise DamagedInput(f"{name} of the note is not text", hint=HINT)
    return result
