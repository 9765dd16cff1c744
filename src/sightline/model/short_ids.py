"""Match short ids: the part of an id that a person types instead of the whole."""

from __future__ import annotations

LEAST = 4
"""The minimum number of characters of a short id."""


def is_short_for(text: str, whole: str) -> bool:
    """Return whether a text is a whole id, or at least four characters of its beginning or end, in any case."""
    bare, full = text.strip().casefold(), whole.casefold()
    return bare == full or (len(bare) >= LEAST and (full.startswith(bare) or full.endswith(bare)))
