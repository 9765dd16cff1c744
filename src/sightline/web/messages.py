"""What the pages say, in English, Hindi and Malayalam; each room has its own `wording.toml` beside its templates.

A message is `{en, hi, ml}`; `one|more` says it for one and for several, by the fact `n`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from sightline.stages.report import tiles

LANGUAGES = {"en": "English", "hi": "हिन्दी", "ml": "മലയാളം"}
HERE = Path(__file__).parent
_DAY = re.compile(r"(?<![\w./-])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w-])")
SHARED = "all"
"""Messages of `web/wording.toml` are found under this name from every room."""

Messages = Callable[..., str]


@cache
def messages(room: str) -> Mapping[str, Mapping[str, str]]:
    """Every message of a room by its key, `part.name`."""
    path = HERE / "wording.toml" if room == SHARED else HERE / "pages" / room / "wording.toml"
    found: dict[str, Mapping[str, str]] = {}
    _flatten(tomllib.loads(path.read_text(encoding="utf-8")), "", found)
    return found


def _flatten(part: Mapping[str, Any], before: str, found: dict[str, Mapping[str, str]]) -> None:
    for name, value in part.items():
        if set(value) <= set(LANGUAGES):
            found[before + name] = value
        else:
            _flatten(value, f"{before}{name}.", found)


def messages_for(room: str, language: str) -> Messages:
    """What a room says in a language: `says("title")`, `says("all.cancel")`, `says("found", n=3)`."""

    def said(key: str, **facts: object) -> str:
        where, what = (SHARED, key.removeprefix("all.")) if key.startswith("all.") else (room, key)
        return _filled(messages(where)[what][language], facts)

    return said


def word(part: str, value: str, language: str) -> str:
    """The word for a value of an enum: `word("ceiling", "subscriber", "ml")`; the value itself where none is known."""
    known = messages(SHARED).get(f"{part}.{value}")
    return known[language] if known else value


def state(code: str, language: str) -> str:
    """The name of a state by its code of today or of before; of a code that the map does not know, the code."""
    return word("state", tiles.codes().get(code, code), language)


def day(on: date, language: str) -> str:
    """`17 Oct 2019`."""
    return f"{on.day} {word('month', str(on.month), language)} {on.year}"


def days_said(text: str, language: str) -> str:
    """A text of the record with each day in it as the pages say days."""
    return _DAY.sub(lambda one: _day_or(one[0], language), text)


def _day_or(text: str, language: str) -> str:
    try:
        return day(date.fromisoformat(text), language)
    except ValueError:
        return text


def _filled(text: str, facts: Mapping[str, object]) -> str:
    if "{" not in text and "|" not in text:
        return text
    if "|" in text and "n" in facts:
        one, more = text.split("|", 1)
        text = one if facts["n"] == 1 else more
    return text.format(**{name: f"{value:,}" if type(value) is int else value for name, value in facts.items()})
