"""Convert facts to printable page values: every value a text, every character one that the fonts have."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone

IST = timezone(timedelta(hours=5, minutes=30), "IST")
LATIN = r" -~\xa1-\xaa\xac\xae-\xba\xbc-\u024f\u1e00-\u1eff"
GREEK = r"\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03e1\u03f0-\u03ff"
CYRILLIC = r"\u0400-\u0482\u048a-\u04ff"
SIGNS = r"\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033\u20ac\u20b9\u2116\u2122"
DEVANAGARI = r"\u0900-\u097f"
MALAYALAM = r"\u0d00-\u0d0c\u0d0e-\u0d10\u0d12-\u0d44\u0d46-\u0d48\u0d4a-\u0d4f\u0d54-\u0d63\u0d66-\u0d7f"
PLAIN = f"[{LATIN}{GREEK}{CYRILLIC}{SIGNS}{DEVANAGARI}{MALAYALAM}]"
"""Characters that the fonts have and display faithfully."""
_JOINER = "(?<=[\u094d\u0d4d])[\u200c\u200d]"
_SPACE = r"(?<=[^ ]) (?=[^ ])"
_NAMED = re.compile(rf"{_JOINER}|{_SPACE}|(?! ){PLAIN}|(?P<named>[\s\S])")
"""A joiner that shapes a conjunct, one space between words, and characters of the fonts. All others are named."""


def make_printable_text(text: str) -> str:
    """Return the text with the name of each character that a page could not display faithfully: `«U+202E»`, `«xFF»`.

    This covers controls, right-to-left characters, invisible spaces, scripts outside the fonts, and the naming marks
    themselves. A byte that is not UTF-8 (surrogateescape) is `«xFF»`.
    """
    return _NAMED.sub(lambda match: _name_character(match["named"]) if match["named"] else match[0], text)


def _name_character(char: str) -> str:
    code = ord(char)
    return f"«x{code - 0xDC00:02X}»" if 0xDC80 <= code <= 0xDCFF else f"«U+{code:04X}»"


def convert_to_page_value(value: object) -> object:
    """Return facts as JSON values for a template: mappings, sequences, texts, and None for unknown values.

    A dataclass becomes a mapping of its fields and properties; a time is in IST and in UTC; a number has its thousands
    separated.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return make_printable_text(str(value))
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return format_moment(value)
    if isinstance(value, (tuple, list)):
        return [convert_to_page_value(item) for item in value]
    if is_dataclass(value):
        named = [field.name for field in fields(value)]
        named += [name for name, one in vars(type(value)).items() if isinstance(one, property)]
        return {name: convert_to_page_value(getattr(value, name)) for name in named}
    raise TypeError(f"a page cannot show a {type(value).__name__}")


def format_moment(at: datetime) -> dict[str, str]:
    """Return a time in IST, as Indian courts write it, and in UTC. Raises ValueError for one without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no zone; give an aware time")
    local, utc = at.astimezone(IST), at.astimezone(UTC)
    return {"ist": f"{local:%d/%m/%Y %H:%M:%S} IST", "utc": f"{utc:%Y-%m-%d %H:%M:%S} UTC"}
