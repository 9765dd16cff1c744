"""The words of a value, without the characters that do not change its meaning."""

from __future__ import annotations

import unicodedata
from functools import cache

BLANKS = " \t\r\n\u00a0\ufeff'"
_SIGNS = frozenset(" -_/.,:;()[]'\"&|+")
"""Characters that do not change the meaning of a value."""


@cache
def normalise_words(text: str) -> str | None:
    """Return the words of a value with one blank between them; None if it has a character that may change them."""
    normal = unicodedata.normalize("NFKC", text).lower().strip()
    letters = []
    for one in normal:
        if unicodedata.category(one)[0] in "LMN":
            letters.append(one)
        elif one in _SIGNS or one.isspace():
            letters.append(" ")
        else:
            return None
    return " ".join("".join(letters).split())
