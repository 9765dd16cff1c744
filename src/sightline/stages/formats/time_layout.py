"""Check whether a format file's time layout is valid (ADR 3), and whether it contains a zone."""

from __future__ import annotations

import re
from itertools import pairwise

DIRECTIVES = "YymdHMSebIklpFzZNtsQGDL"
INSTANT = frozenset("sQG")
UNSAID = "FILL IN"
"""The placeholder of a draft for an answer. A layout that begins so reads no time."""
DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)


def list_directives(layout: str) -> str:
    """Return the directives of a layout, in order, each once.

    Raises ValueError, with a clear message, if they cannot give an instant.
    """
    text = "".join(DIRECTIVE.findall(layout))
    unknown = [letter for letter in text if letter not in DIRECTIVES]
    if unknown or layout.endswith("%"):
        raise ValueError(f"%{unknown[0] if unknown else ''} is no directive; allowed: %{' %'.join(DIRECTIVES)}")
    for letter in text:
        if text.count(letter) > 1:
            raise ValueError(f"%{letter} is there twice")
    if sum(letter in "YyD" for letter in text) > 1:
        raise ValueError("the year is there twice")
    if INSTANT & set(text):
        _check_count(text)
    else:
        _check_parts(text)
    for one, next_one in pairwise(re.findall(r"%.|[^%]+", layout)):
        if one == "%D" and re.match(r"[-/.:0-9]", next_one):
            raise ValueError("%D must not be followed by a digit or one of / - . :")
    return text


def states_zone(layout: str) -> bool:
    """Return whether every text that fits the layout has its zone (or counts from 1970)."""
    return bool(set("zsQG") & set(list_directives(layout)))


def _check_count(directive: str) -> None:
    others = directive.replace("L", "")
    if len(others) > 1:
        raise ValueError(f"%{' %'.join(others)}: %s, %Q and %G stand alone, apart from a fraction")


def _check_parts(directive: str) -> None:
    days, months, dates = (sum(letter in some for letter in directive) for some in ("de", "mb", "D"))
    hours, short_hours, halves = (sum(letter in some for letter in directive) for some in ("Hk", "Il", "p"))
    if (dates, months, days) not in {(1, 0, 0), (0, 1, 1)}:
        raise ValueError("no one day and month; needed: %d or %e with %m or %b, or %D, or %s, or %Q, or %G")
    if (hours, short_hours, halves) not in {(1, 0, 0), (0, 1, 1)} or "M" not in directive:
        raise ValueError("no one time of day; needed: %H or %k (or %I or %l, and %p) and %M")
    if sum(letter in "zZN" for letter in directive) > 1:
        raise ValueError("the zone is there twice")
