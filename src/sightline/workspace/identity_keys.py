"""What the ledger tells of the keys of identities: the SHA-256 of each, which a purge of the key leaves behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sightline.ledger.append import Ledger, Signer, canonical
from sightline.ledger.verbs import Verb
from sightline.storage.rows import IdentityKey

NAME = "identity_keys"
"""The opening that holds the digests."""


@dataclass(frozen=True, slots=True)
class KeyCommitment:
    """What an entry tells of one key; no digest where an older version had purged it before any was told."""

    made_at_us: int
    key_sha256: str | None


def record_keys(ledger: Ledger, signer: Signer, thing: str, keys: Iterable[IdentityKey]) -> None:
    """Tell the ledger of keys that were made with a thing; nothing where there are none."""
    said = {one.subscriber_id: _committed(one) for one in keys}
    if said:
        facts, tells = {"keys": len(said)}, {NAME: canonical(said)}
        ledger.append(Verb.IDENTITY_KEYED, signer, thing, facts=facts, tells=tells)


def read(text: str) -> Mapping[str, KeyCommitment]:
    """What an opening tells of each key. Raises ValueError, TypeError or KeyError for what is none."""
    return {name: KeyCommitment(one["made_at_us"], one["key_sha256"]) for name, one in json.loads(text).items()}


def digest(key: bytes) -> str:
    """The SHA-256 of a key, in hex: it has 32 random bytes, and cannot be guessed from that."""
    return hashlib.sha256(key).hexdigest()


def _committed(one: IdentityKey) -> dict[str, int | str | None]:
    return {"made_at_us": one.made_at_us, "key_sha256": None if one.key is None else digest(one.key)}
