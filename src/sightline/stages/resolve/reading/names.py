"""Names of columns without what licensees write differently: capitals, blanks, signs, hints in brackets, zones."""

from __future__ import annotations

import re
from functools import lru_cache

MOST_LETTERS = 200
"""Longest heading; a longer one is the name of no column that anybody knows."""
_BRACKETS = re.compile(r"\([^()]*\)")
_HINTS = re.compile(r"[^\W\d_]+")
_OF_A_HINT = frozenset("dd d mm m yy yyyy hh h ss mon mmm hr hrs format in ist utc gmt".split())
_ZONE = re.compile(r"(?:(?<![a-z])(ist)|(?<![a-z])(?:utc|gmt)\s?([+-][0-9]{1,2}:?[0-9]{2})?)(?![a-z])", re.IGNORECASE)
_SIGNS_OF_NO_HINT = re.compile(r"[^\w\s/:.+-]|_")
_SIGNS = re.compile(r"[\W_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words(text: str) -> list[str]:
    """The words of a heading in lower case."""
    return [word for word in _SIGNS.split(_HUMP.sub(" ", text[:MOST_LETTERS].lstrip("\ufeff")).lower()) if word]


@lru_cache(maxsize=1 << 12)
def canonical(text: str) -> str:
    """The letters and digits of a heading, without hints in brackets and a zone; none of one that is too long."""
    if len(text) > MOST_LETTERS:
        return ""
    bare = _ZONE.sub(" ", _BRACKETS.sub(_without_hint, text.lstrip("\ufeff")))
    return _SIGNS.sub("", bare.lower())


def _without_hint(found: re.Match[str]) -> str:
    """A blank for brackets that say how a time is written, such as `(dd/mm/yyyy)`; else what stands there."""
    inside = found[0][1:-1].lower()
    is_hint = bool(inside.strip()) and all(one in _OF_A_HINT for one in _HINTS.findall(inside))
    return " " if is_hint and not _SIGNS_OF_NO_HINT.search(inside) else found[0]


def zone_of(text: str) -> str | None:
    """The zone that a heading says: `Asia/Kolkata` for IST, `UTC`, or `+05:30`."""
    found = _ZONE.search(text[:MOST_LETTERS])
    if found is None:
        return None
    if found[1]:
        return "Asia/Kolkata"
    if found[2] is None:
        return "UTC"
    sign, digits = found[2][0], found[2][1:].replace(":", "").zfill(4)
    return f"{sign}{digits[:2]}:{digits[2:]}"


def phrase(text: str) -> str:
    """The letters and digits of a cell, as phrases are compared."""
    return _SIGNS.sub("", text.lower())
