"""Names of columns without what licensees write differently: capitals, blanks, signs, hints in brackets, zones."""

from __future__ import annotations

import re
from functools import lru_cache

_HINT = re.compile(
    r"\((?:\s*(?:dd|mm|yy|yyyy|hh|ss|mon|mmm|hrs|24|24hrs|format|in|ist|utc|gmt|[-/:. +0-9]))+\s*\)", re.IGNORECASE
)
_ZONE = re.compile(r"(?:(?<![a-z])(ist)|(?<![a-z])(?:utc|gmt)\s?([+-][0-9]{1,2}:?[0-9]{2})?)(?![a-z])", re.IGNORECASE)
_SIGNS = re.compile(r"[\W_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words(text: str) -> list[str]:
    """The words of a heading in lower case."""
    return [word for word in _SIGNS.split(_HUMP.sub(" ", text.lstrip("\ufeff")).lower()) if word]


@lru_cache(maxsize=1 << 12)
def canonical(text: str) -> str:
    """The letters and digits of a heading, without hints in brackets and without a zone."""
    bare = _ZONE.sub(" ", _HINT.sub(" ", text.lstrip("\ufeff")))
    return _SIGNS.sub("", bare.lower())


def zone_of(text: str) -> str | None:
    """The zone that a heading says: `Asia/Kolkata` for IST, `UTC`, or `+05:30`."""
    found = _ZONE.search(text)
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
