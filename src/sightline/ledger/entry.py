"""One entry of the ledger: its canonical encoding, signature and commitments (ADR 12)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sightline.ledger.canonical import (
    ACTOR,
    HASH,
    LARGEST,
    THING,
    VERB,
    WrongEncoding,
    encode,
    format_time,
    parse_time,
    parse_whole_number,
    read_object,
    require_match,
)

VERSION = 1
DOMAIN = b"sightline ledger entry v1\n"
"""The prefix of every signed entry, so that its signature is valid for nothing else."""

WORKSPACE = "workspace"
"""The actor of the workspace's own acts, which the log key signs."""

SALT_BYTES = 16
KEYS = frozenset(("v", "seq", "at", "verb", "actor", "key", "thing", "facts", "commits", "signature"))
KEY_ID = re.compile(r"[0-9a-f]{16}")
NAME = re.compile(r"[a-z][a-z0-9_]*")


class WrongEntry(WrongEncoding):
    """Bytes or values that are no ledger entry. The message says why."""


def compute_key_id(public: bytes) -> str:
    """Return the id of an Ed25519 public key of 32 bytes: 16 hex digits."""
    return sha256(public).hexdigest()[:16]


def compute_commitment(text: str, salt: bytes) -> str:
    """Return the commitment to a hidden text: 64 hex digits, which only salt and text together open."""
    if len(salt) != SALT_BYTES:
        raise WrongEntry(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return sha256(salt + text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """A ledger entry. Anyone may read `facts`; `commits` are opened separately.

    It raises WrongEntry for values that have no encoding.
    """

    seq: int
    at: datetime
    verb: str
    actor: str
    key: str
    thing: str
    facts: Mapping[str, str | int]
    commits: Mapping[str, str]
    signature: bytes | None = None

    def __post_init__(self) -> None:
        try:
            parse_whole_number("seq", self.seq)
            format_time(self.at)
            for name, pattern in _FORMS:
                require_match(name, getattr(self, name), pattern)
            _check_facts(self.facts)
            _check_commits(self.commits)
        except WrongEncoding as error:
            raise WrongEntry(str(error)) from None
        if self.signature is not None and len(self.signature) != 64:
            raise WrongEntry("signature has not 64 bytes")

    @classmethod
    def read(cls, data: bytes) -> Entry:
        """Parse the canonical encoding of an entry. Raises WrongEntry for anything else."""
        try:
            value = read_object(data, KEYS)
            if value["v"] != VERSION:
                raise WrongEntry(f"v is not {VERSION}: a newer Sightline wrote it")
            return cls(
                seq=parse_whole_number("seq", value["seq"]),
                at=parse_time(value["at"]),
                verb=cast(str, value["verb"]),
                actor=cast(str, value["actor"]),
                key=cast(str, value["key"]),
                thing=cast(str, value["thing"]),
                facts=cast(Mapping[str, str | int], value["facts"]),
                commits=cast(Mapping[str, str], value["commits"]),
                signature=_decode_signature(value["signature"]),
            )
        except WrongEncoding as error:
            raise WrongEntry(str(error)) from None

    def encode(self) -> bytes:
        """Return the canonical JSON of the whole entry, the data of its leaf. Raises WrongEntry if it is not signed."""
        if self.signature is None:
            raise WrongEntry(f"entry {self.seq} is not signed")
        return encode(self._list_values() | {"signature": b64encode(self.signature).decode()})

    def build_signed_bytes(self) -> bytes:
        """Return the bytes to sign: a line that names their use, then the canonical JSON without the signature."""
        return DOMAIN + encode(self._list_values())

    def sign(self, private: Ed25519PrivateKey) -> Entry:
        """Return the entry signed by this key, whose id is the entry's `key`."""
        if compute_key_id(private.public_key().public_bytes_raw()) != self.key:
            raise WrongEntry(f"key {self.key} is not the one that signs")
        return replace(self, signature=private.sign(self.build_signed_bytes()))

    def verify(self, public: bytes) -> bool:
        """Return whether this Ed25519 public key (32 bytes) made the signature and is the key that the entry names."""
        if self.signature is None or compute_key_id(public) != self.key:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(self.signature, self.build_signed_bytes())
        except (InvalidSignature, ValueError):
            return False
        return True

    def _list_values(self) -> dict[str, object]:
        return {
            "v": VERSION,
            "seq": self.seq,
            "at": format_time(self.at),
            "verb": self.verb,
            "actor": self.actor,
            "key": self.key,
            "thing": self.thing,
            "facts": dict(self.facts),
            "commits": dict(self.commits),
        }


_FORMS = (("verb", VERB), ("actor", ACTOR), ("key", KEY_ID), ("thing", THING))


def _check_facts(facts: object) -> None:
    if not isinstance(facts, Mapping):
        raise WrongEntry("facts are no object")
    for name, value in facts.items():
        require_match("a name in facts", name, NAME)
        if type(value) is not str and (type(value) is not int or abs(value) > LARGEST):
            raise WrongEntry(f"fact {name} is neither a text nor a whole number up to {LARGEST}")


def _check_commits(commits: object) -> None:
    if not isinstance(commits, Mapping):
        raise WrongEntry("commits are no object")
    for name, value in commits.items():
        require_match("a name in commits", name, NAME)
        require_match(f"commitment {name}", value, HASH)


def _decode_signature(text: object) -> bytes:
    """The bytes of a signature as the entry writes it, and only so."""
    try:
        value = b64decode(cast(str, text), validate=True)
    except (ValueError, TypeError):
        raise WrongEntry("signature is no base64") from None
    if b64encode(value).decode() != text:
        raise WrongEntry("signature is no base64 as it is written")
    return value
