"""Normalise column names, which licensees write differently.

Capitals, blanks, signs, hints in brackets, and zones are removed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import Literal

MOST_LETTERS = 200
"""The maximum length of a heading. A longer one is no known column."""
_BRACES = re.compile(r"[{}]")
_BRACKETS = re.compile(r"\([^()]*\)")
_HINTS = re.compile(r"[^\W\d_]+")
_OF_A_HINT = frozenset(
    "dd d mm m yy yyyy hh h ss mon mmm hr hrs format in ist utc gmt ddmmyyyy ddmmyy mmddyyyy yyyymmdd hhmmss".split()
) | frozenset("s sec secs second seconds ms msec millisecond milliseconds min mins minute minutes hour hours".split())
_ZONE = re.compile(
    r"(?:(?<![a-z])(ist)|(?<![a-z])(?:utc|gmt)(?:\s?([+-])\s?([0-9]{1,2})(?:[:.]?([0-9]{2})|(\.[0-9]))?(?![0-9])"
    r"|(\s?(?:0?[0-9]|1[0-4])(?:[:.]?[0-9]{1,2})?(?![\w/.:-])))?)(?![a-z])",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r"(?<![\w.:/-])([+-])((?:0[0-9]|1[0-4])(?=:?[0-5])|[0-9](?=:)):?([0-5][0-9])(?![\w.:/-])", re.ASCII
)
_SIGNS_OF_NO_HINT = re.compile(r"[^\w\s/:.+-]|_")
_SIGNS = re.compile(r"[\W_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def split_words(text: str) -> list[str]:
    """Return the words of a heading in lower case."""
    return [word for word in _SIGNS.split(_HUMP.sub(" ", text[:MOST_LETTERS].lstrip("\ufeff")).lower()) if word]


def list_spellings(heading: str) -> list[str]:
    """Return the headings that one with alternatives in braces stands for: `{Login|Session} Start` for two."""
    parts = [part.split("|") if at % 2 else [part] for at, part in enumerate(_BRACES.split(heading))]
    return ["".join(chosen) for chosen in product(*parts)]


@lru_cache(maxsize=1 << 13)
def reduce_heading(text: str) -> str:
    """Return the letters and digits of a heading, without hints in brackets and a zone; empty if it is too long."""
    if len(text) > MOST_LETTERS:
        return ""
    bare = _ZONE.sub(" ", _BRACKETS.sub(_without_hint, _reduce_to_one_script(text.lstrip("\ufeff"))))
    return _SIGNS.sub("", bare.lower())


_ORDER = re.compile(r"(?<![a-z])(?:(dd?[^a-z0-9]?mm?)|(mm?[^a-z0-9]?dd?))[^a-z0-9]?yy(?:yy)?(?![a-z])", re.IGNORECASE)


def find_date_order(text: str) -> Literal["dmy", "mdy"] | None:
    """Return the order of day and month in a heading such as `Start Date (dd/mm/yyyy)`, or None."""
    match = _ORDER.search(text[:MOST_LETTERS])
    return None if match is None else "dmy" if match[1] else "mdy"


_LATIN_BEHIND = re.compile(r"([^()]{1,80})\(([^()]{1,80})\)")


def _reduce_to_one_script(text: str) -> str:
    """A heading in two scripts, `Mobile No / मोबाइल नंबर`, without the part that has no Latin letter."""
    if text.isascii():
        return text
    bracketed = _LATIN_BEHIND.fullmatch(text.strip())
    has_latin = (
        [any(letter.isascii() and letter.isalpha() for letter in part) for part in bracketed.groups()]
        if bracketed
        else []
    )
    if bracketed and has_latin == [False, True]:
        return bracketed[2]
    parts = re.split(r"[/|]", text)
    latin = [part for part in parts if any(letter.isascii() and letter.isalpha() for letter in part)]
    others = [part for part in parts if not any(letter.isascii() and letter.isalnum() for letter in part)]
    return " ".join(latin) if latin and others and len(latin) + len(others) == len(parts) else text


def _without_hint(match: re.Match[str]) -> str:
    """A blank for brackets that say how a time is written, such as `(dd/mm/yyyy)`; else what stands there."""
    inside = match[0][1:-1].lower()
    around = match.string[: match.start()] + match.string[match.end() :]
    is_latin = any(letter.isascii() and letter.isalpha() for letter in around)
    if is_latin and inside.strip() and not any(letter.isascii() and letter.isalnum() for letter in inside):
        return " "  # the same heading in another script: `Mobile No (मोबाइल नंबर)`
    is_hint = bool(inside.strip()) and all(hint in _OF_A_HINT for hint in _HINTS.findall(inside))
    return " " if is_hint and not _SIGNS_OF_NO_HINT.search(inside) else match[0]


_UNITS = {
    **dict.fromkeys("ms msec msecs millisecond milliseconds".split(), 1_000),
    **dict.fromkeys("s sec secs second seconds".split(), 1_000_000),
    **dict.fromkeys("min mins minute minutes".split(), 60_000_000),
    **dict.fromkeys("h hr hrs hour hours".split(), 3_600_000_000),
}
_IN_SECONDS = frozenset({"acctsessiontime", "validlifetime"})
"""Names of a standard (RFC 2866, Kea) whose unit is the second."""


_CLOCK_BEFORE = re.compile(r"[0-9]:[0-9]{2}(?:\.[0-9]+)?\s*(?:[AaPp]\.?[Mm]\.?)?[\s(]*$")


def find_unit_us(heading: str) -> int | None:
    """Return the microseconds of the unit in a duration's heading, or None if it has none or several."""
    if reduce_heading(heading) in _IN_SECONDS:
        return 1_000_000
    match = {_UNITS[word] for word in split_words(heading) if word in _UNITS}
    return match.pop() if len(match) == 1 else None


def find_zone(text: str) -> str | None:
    """Return the zone in a heading: `Asia/Kolkata` for IST, `UTC`, or `+05:30`."""
    bare = text[:MOST_LETTERS]
    if match := _ZONE.search(bare):
        return _format_zone(match)
    offset = _OFFSET.search(bare)
    return None if offset is None else _format_offset(offset)


def without_zones(text: str) -> str:
    """Return a text without the zones that it says."""
    return _OFFSET.sub(" ", _ZONE.sub(" ", text))


def find_zones_of_line(text: str) -> set[str]:
    """Return the zones in a line above or below a table, as `find_zone` does, without those of a time in the line."""
    bare = text[:MOST_LETTERS]
    named = {_format_zone(match) for match in _ZONE.finditer(bare) if not _CLOCK_BEFORE.search(bare[: match.start()])}
    offsets = {
        _format_offset(match)
        for match in _OFFSET.finditer(bare)
        if ":" in match[0] and not _CLOCK_BEFORE.search(bare[: match.start()])
    }
    return named or offsets


def _format_zone(match: re.Match[str]) -> str:
    if match[1]:
        return "Asia/Kolkata"
    if match[6] or (match[5] and match[5] != ".5"):
        return match[0]  # `GMT 5:30`, which lost its sign, is no zone; nor is `UTC+5.3`
    if match[2] is None:
        return "UTC"
    minutes = "30" if match[5] else match[4] or "00"  # `UTC+5.5`: five hours and a half
    return f"{match[2]}{match[3].zfill(2)}:{minutes}"


def _format_offset(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2].zfill(2)}:{match[3]}"


def reduce_phrase(text: str) -> str:
    """Return the letters and digits of a cell, the form in which phrases are compared."""
    return _SIGNS.sub("", text.lower())
