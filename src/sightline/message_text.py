"""Texts of messages: numbers with their nouns; what others wrote, such as a file's name, cannot disturb or fill one."""

from __future__ import annotations

MAX_CHARS = 1000
"""The length of a message or of one of its details. A longer one loses its middle, where the long name is."""
MAX_NAME_CHARS = 120
"""The length of a single name in a longer account."""
_JOINERS = "\u200c\u200d"
"""Characters that shape letters of Indian scripts without moving them."""


def count_noun(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: `1 lead`, `2,000 leads`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def escape_unprintable(text: str) -> str:
    """Return the text with every unprintable character, direction marks included, as an escape."""
    if text.isprintable():
        return text
    whole = text.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(
        character if character.isprintable() or character in _JOINERS else _escape_letter(character)
        for character in whole
    )


def format_message_text(text: str, max_chars: int = MAX_CHARS) -> str:
    """Return a text for a message: without unprintable characters, and without its middle if it is too long."""
    printable = escape_unprintable(text)
    if len(printable) <= max_chars:
        return printable
    tail = max_chars // 3
    return f"{printable[: max_chars - tail]}[... {len(printable) - max_chars:,} characters ...]{printable[-tail:]}"


def _escape_letter(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
