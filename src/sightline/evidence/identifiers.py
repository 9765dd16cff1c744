"""Identifiers of what is given to others: UUIDs of version 5 over what they stand for, and which were given already."""

from __future__ import annotations

import json
from uuid import UUID, uuid5

SIGHTLINE_NAMESPACE = UUID("080602eb-1d24-4ca8-b5c6-d7863a77e496")
"""Ours, for all that no specification gives a namespace for (ADR 8)."""

canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
"""Canonical JSON (ADR 1); for objects with ASCII keys and without fractions it is that of RFC 8785 too."""


def identifier(*parts: str) -> UUID:
    """The UUID of a thing of ours, by what tells it from all others: its type first."""
    return uuid5(SIGHTLINE_NAMESPACE, canonical(parts))


class IssuedIdentifiers:
    """What was given out already, so that each thing is given once: about 100 bytes for each."""

    def __init__(self) -> None:
        self._keys: set[bytes] = set()

    def first(self, key: UUID) -> bool:
        """Whether it comes for the first time."""
        size = len(self._keys)
        self._keys.add(key.bytes)
        return len(self._keys) > size
