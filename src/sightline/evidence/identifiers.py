"""Derive identifiers for exports: version 5 UUIDs of things, and the set of identifiers already issued."""

from __future__ import annotations

import json
from uuid import UUID, uuid5

SIGHTLINE_NAMESPACE = UUID("080602eb-1d24-4ca8-b5c6-d7863a77e496")
"""Our namespace, for things without one in a specification (ADR 8)."""

canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
"""Canonical JSON (ADR 1). For objects with ASCII keys and without fractions it equals that of RFC 8785."""


def derive_identifier(*parts: str) -> UUID:
    """Return the UUID of a thing from the values that identify it, its type first."""
    return uuid5(SIGHTLINE_NAMESPACE, canonical(parts))


class IssuedIdentifiers:
    """The set of issued identifiers, so that each thing is written once: about 100 bytes for each."""

    def __init__(self) -> None:
        self._keys: set[bytes] = set()

    def is_first(self, key: UUID) -> bool:
        """Return whether this is the first time for a key."""
        size = len(self._keys)
        self._keys.add(key.bytes)
        return len(self._keys) > size
