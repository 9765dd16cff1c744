"""Whether a time layout of a format file is of the language of ADR 3, and whether it states its zone itself."""

from __future__ import annotations

import re
from itertools import pairwise

DIRECTIVES = "YmdHMSebIpFzZNtsQD"
INSTANT = frozenset("sQ")
UNSAID = "FILL IN"
"""What a draft writes where somebody must answer: a layout that begins so reads no time."""
DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)


def directives(layout: str) -> str:
    """The directives of a layout, in order, each once.

    Raises ValueError, in plain words, where they cannot give an instant.
    """
    found = "".join(DIRECTIVE.findall(layout))
    unknown = [letter for letter in found if letter not in DIRECTIVES]
    if unknown or layout.endswith("%"):
        raise ValueError(f"%{unknown[0] if unknown else ''} is no directive; allowed: %{' %'.join(DIRECTIVES)}")
    for letter in found:
        if found.count(letter) > 1:
            raise ValueError(f"%{letter} stands twice")
    if not INSTANT & set(found):
        _check_parts(found)
    for one, next_one in pairwise(re.findall(r"%.|[^%]+", layout)):
        if one == "%D" and re.match(r"[-/.:0-9]", next_one):
            raise ValueError("%D must not be followed by a digit or one of / - . :")
    return found


def states_zone(layout: str) -> bool:
    """Whether every text that fits the layout says its zone (or counts from 1970)."""
    return bool(set("zsQ") & set(directives(layout)))


def _check_parts(found: str) -> None:
    day = "D" in found or bool(set("de") & set(found) and set("mb") & set(found))
    hour = "H" in found or ("I" in found and "p" in found)
    if not day:
        raise ValueError("no day and month; needed: %d or %e with %m or %b, or %D, or %s, or %Q")
    if not hour or "M" not in found:
        raise ValueError("no time of day; needed: %H (or %I and %p) and %M")
