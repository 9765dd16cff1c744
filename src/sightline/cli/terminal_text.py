"""Texts that are safe to print on a terminal."""

from __future__ import annotations


def safe_text(path: str) -> str:
    """A text that cannot disturb a terminal: control characters as escapes, bytes that are not UTF-8 as `\\xHH`."""
    whole = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in whole)
