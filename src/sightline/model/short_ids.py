"""Short ids: the part of an id that a person types for the whole."""

from __future__ import annotations

LEAST = 4
"""Characters of a beginning or an end."""


def is_short_for(text: str, whole: str) -> bool:
    """Return whether a text is a whole id, or its beginning or end of at least four characters, in any case."""
    bare, full = text.strip().casefold(), whole.casefold()
    return bare == full or (len(bare) >= LEAST and (full.startswith(bare) or full.endswith(bare)))
