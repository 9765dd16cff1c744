"""Messages of the pages in English, Hindi and Malayalam, from a `wording.toml` beside each page's templates.

A message is `{en, hi, ml}`. `one|more` holds its singular and plural, chosen by the fact `n`.
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
"""Every page finds the messages of `web/wording.toml` under this name."""

Messages = Callable[..., str]


@cache
def messages(folder: str) -> Mapping[str, Mapping[str, str]]:
    """Return every message of a page folder by its key, `part.name`."""
    path = HERE / "wording.toml" if folder == SHARED else HERE / "pages" / folder / "wording.toml"
    found: dict[str, Mapping[str, str]] = {}
    _flatten(tomllib.loads(path.read_text(encoding="utf-8")), "", found)
    return found


def _flatten(part: Mapping[str, Any], before: str, found: dict[str, Mapping[str, str]]) -> None:
    for name, value in part.items():
        if set(value) <= set(LANGUAGES):
            found[before + name] = value
        else:
            _flatten(value, f"{before}{name}.", found)


def messages_for(folder: str, language: str) -> Messages:
    """Return the messages of a page in a language: `says("title")`, `says("all.cancel")`, `says("found", n=3)`."""

    def said(key: str, **facts: object) -> str:
        where, what = (SHARED, key.removeprefix("all.")) if key.startswith("all.") else (folder, key)
        return _filled(messages(where)[what][language], facts)

    return said


def word(part: str, value: str, language: str) -> str:
    """Return the word for an enum value, as in `word("ceiling", "subscriber", "ml")`, or the value if it has none."""
    known = messages(SHARED).get(f"{part}.{value}")
    return known[language] if known else value


def state(code: str, language: str) -> str:
    """Return the name of a state by its present or former code, or the code if the map does not have it."""
    return word("state", tiles.codes().get(code, code), language)


def day(on: date, language: str) -> str:
    """Return a date as `17 Oct 2019`."""
    return f"{on.day} {word('month', str(on.month), language)} {on.year}"


def format_days(text: str, language: str) -> str:
    """Return a text in which each date is written as pages write dates."""
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
