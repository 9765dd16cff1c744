"""Ledger commitments to identity keys: the SHA-256 of each, which remains after a purge of the key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sightline.ledger.append import Ledger, Signer, encode_canonical
from sightline.ledger.verbs import Verb
from sightline.storage.rows import IdentityKey

NAME = "identity_keys"
"""The name of the opening that holds the digests."""


@dataclass(frozen=True, slots=True)
class KeyCommitment:
    """A ledger commitment to one key. It has no digest if an older version purged the key before any was recorded."""

    made_at_us: int
    key_sha256: str | None


def record_keys(ledger: Ledger, signer: Signer, thing: str, keys: Iterable[IdentityKey]) -> None:
    """Record keys that were made with a thing in the ledger. Without keys it does nothing."""
    commitments = {identity_key.subscriber_id: _build_key_commitment(identity_key) for identity_key in keys}
    if commitments:
        facts, tells = {"keys": len(commitments)}, {NAME: encode_canonical(commitments)}
        ledger.append(Verb.IDENTITY_KEYED, signer, thing, facts=facts, tells=tells)


def read(text: str) -> Mapping[str, KeyCommitment]:
    """Parse the commitments in an opening. Raises ValueError, TypeError or KeyError for an invalid text."""
    return {name: KeyCommitment(one["made_at_us"], one["key_sha256"]) for name, one in json.loads(text).items()}


def hash_key(key: bytes) -> str:
    """Return the SHA-256 of a key, in hex. The key has 32 random bytes, so its digest reveals nothing."""
    return hashlib.sha256(key).hexdigest()


def _build_key_commitment(identity_key: IdentityKey) -> dict[str, int | str | None]:
    return {
        "made_at_us": identity_key.made_at_us,
        "key_sha256": None if identity_key.key is None else hash_key(identity_key.key),
    }
