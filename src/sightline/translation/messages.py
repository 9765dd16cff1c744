"""The messages of the pages, from the gettext catalogues in `web/locale` (docs/how-to/translate.md).

The context of a message is its page and key, `leads.found`. `web.pot` has the English text, one `.po` a language the
translation. Plural forms are chosen by the fact `n`.
"""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.stages.report import tiles
from sightline.stages.report.address_masks import mask_text
from sightline.stages.report.printable import MONTHS, make_printable

if TYPE_CHECKING:
    from jinja2.runtime import Context

LANGUAGES = {"en": "English", "hi": "हिन्दी", "ml": "മലയാളം"}
LOCALE = Path(__file__).parents[1] / "web" / "locale"
_DAY = re.compile(r"(?<![\w./-])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w-])")
_TO = re.compile(r"(?<=[0-9]) to (?=[0-9])")
"""Between two times: `20:41:07 to 21:06:02 UTC`."""
_ENGLISH_DAY = re.compile(rf"\b([0-9]{{1,2}}) ({'|'.join(MONTHS)}) ([0-9]{{4}})\b")
SHARED = "all"
"""The page of messages that every page uses: `t("all.cancel")`."""
SCRIPT = "script."
"""How the contexts of texts begin that the script in the browser shows."""

_DATASET = re.compile(rf"(?P<dataset>[^,]+?) of (?P<day>[0-9]{{1,2}} (?:{'|'.join(MONTHS)}) [0-9]{{4}}.*)")
_BETWEEN_DATASETS = re.compile(r", (?=[^,]+ of [0-9])| and ")
RENDERED_IN: ContextVar[str] = ContextVar("language", default="en")
"""The language of the page that is being rendered, for macros that templates import without context."""

Messages = Callable[..., str]
Catalogue = Mapping[str, tuple[str, ...]]
"""The forms of each message by its context: one form, or one for each plural form of the language."""


def get_catalogue_path(language: str) -> Path:
    """Return the path of a language's catalogue; English is the source that others are translated from."""
    return LOCALE / "web.pot" if language == "en" else LOCALE / language / "LC_MESSAGES" / "web.po"


@cache
def load_catalogue(language: str) -> Catalogue:
    """Return every message in a language by its context; English where a translation is missing or fuzzy."""
    return _read(language)[0]


@cache
def _read(language: str) -> tuple[Catalogue, Callable[[int], int]]:
    from babel.messages.pofile import read_po  # noqa: PLC0415  - commands that show no page start without it

    with get_catalogue_path(language).open("rb") as file:
        catalog = read_po(file, locale=language)
    forms = {}
    for message in catalog:
        text = message.id if language == "en" or message.fuzzy else message.string
        if message.context:
            forms[message.context] = (text,) if isinstance(text, str) else tuple(text or ())
    if language != "en":
        forms = {
            key: forms[key] if all(forms.get(key, [""])) else english for key, english in load_catalogue("en").items()
        }
    return forms, gettext.c2py(catalog.plural_expr)


@cache
def get_messages(page: str, language: str) -> Messages:
    """Return the function that gives a page's messages: `t("title")`, `t("all.cancel")`, `t("found", n=3)`."""

    def message(key: str, **facts: object) -> str:
        return fill_forms(key if key.startswith("all.") else f"{page}.{key}", language, facts)

    return message


def fill_forms(key: str, language: str, facts: Mapping[str, object]) -> str:
    """Return the message with that whole context, its facts filled in."""
    texts, plural_form = _read(language)
    forms = texts[key]
    return _fill_text(forms[0] if len(forms) == 1 else forms[plural_form(_get_count(facts))], facts)


def _get_count(facts: Mapping[str, object]) -> int:
    n = facts["n"]
    if not isinstance(n, int):
        raise TypeError(f"the count of a plural form is a whole number, not {n!r}")
    return n


def get_rendered_language(context: Context) -> str:
    """Return the language that a template is rendered in: of its own context, else of the page."""
    return str(context.get("language") or RENDERED_IN.get())


def translate_word(part: str, value: str, language: str) -> str:
    """Return the word for a value of an enum: `word("ceiling", "subscriber", "ml")`; without one, the value itself."""
    known = load_catalogue(language).get(f"{SHARED}.{part}.{value}")
    return known[0] if known else value


@cache
def format_script_words(language: str) -> str:
    """Return the texts that the browser's script shows, as a JSON object by the keys of `frontend/src/words.ts`."""
    items = load_catalogue(language).items()
    texts = {key.removeprefix(SCRIPT): forms[0] for key, forms in items if key.startswith(SCRIPT)}
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def translate_state(code: str, language: str) -> str:
    """Return the name of a state by its present or former code, or the code if the map does not have it."""
    return translate_word("state", tiles.load_codes().get(code, code), language)


def translate_place(text: str, language: str) -> str:
    """Return a place such as `Ernakulam, Kerala` with the names of states, circles and of India in the language."""
    return ", ".join(_translate_place_word(part, language) for part in text.split(", "))


def _translate_place_word(name: str, language: str) -> str:
    code = _list_state_codes().get(name)
    if code:
        return translate_word("state", code, language)
    word = translate_word("circle", name, language)
    return translate_word("country", name, language) if word == name else word


@cache
def _list_state_codes() -> Mapping[str, str]:
    return {tile.name: tile.code for tile in tiles.load_country().tiles}


def translate_datasets(text: str, language: str) -> str:
    """Return citations of data sets, `first-city of 4 Apr 2026 and second-city of ...`, in the language.

    A text that is none is returned unchanged.
    """
    met = [_DATASET.fullmatch(part) for part in _BETWEEN_DATASETS.split(text)]
    t = get_messages(SHARED, language)
    each = [t("dataset_of", **match.groupdict()) for match in met if match]
    if len(each) < len(met):
        return text
    if len(each) == 1:
        return each[0]
    return t("datasets_and", first=", ".join(each[:-1]), last=each[-1])


def format_day(on: date, language: str) -> str:
    """Return a date as `17 Oct 2019`."""
    return f"{on.day} {translate_word('month', str(on.month), language)} {on.year}"


def format_days(text: str, language: str) -> str:
    """Return a text in which each date is written as pages write dates."""
    text = _DAY.sub(lambda one: _format_day_or_text(one[0], language), text)
    if language == "en":
        return text
    text = _TO.sub(" \N{EN DASH} ", text)
    return _ENGLISH_DAY.sub(
        lambda one: f"{one[1]} {translate_word('month', str(MONTHS.index(one[2]) + 1), language)} {one[3]}", text
    )


def _translate_month(name: str, language: str) -> str:
    return translate_word("month", str(MONTHS.index(name) + 1), language)


def _format_day_or_text(text: str, language: str) -> str:
    try:
        return format_day(date.fromisoformat(text), language)
    except ValueError:
        return text


def _fill_text(text: str, facts: Mapping[str, object]) -> str:
    if "{" not in text:
        return text
    if any(hasattr(value, "__html__") for value in facts.values()):
        from markupsafe import escape  # noqa: PLC0415  - commands that show no page start without it

        return escape(text).format(**{name: _convert_to_markup(value) for name, value in facts.items()})
    return text.format(**{name: f"{value:,}" if type(value) is int else value for name, value in facts.items()})


def _convert_to_markup(value: object) -> object:
    """Return a fact for a text with markup: addresses are masked, as the app does with texts without it."""
    if hasattr(value, "__html__"):
        return value
    return f"{value:,}" if type(value) is int else make_printable(mask_text(str(value)))
