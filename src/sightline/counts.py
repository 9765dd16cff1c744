"""Numbers in sentences."""

from __future__ import annotations


def count_noun(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: `1 lead`, `2,000 leads`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
