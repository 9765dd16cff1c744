"""Words for the codes of the ledger and the journal: things, acts, names of facts, and their values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TypeGuard

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from sightline.model.short_ids import format_lead_number, format_subscriber_number
from sightline.translation.messages import format_day, get_messages, get_rendered_language, translate_word
from sightline.translation.sentences import translate_code, translate_decision, translate_sentence

LISTED = 5
"""Members of a list in a text of the ledger that are named; the others are counted."""
LEAST_US = 1_000_000_000_000_000
"""Microseconds since 1970 that are an instant, and no duration: from September 2001 on."""


NUMBERS = {"lead": format_lead_number, "subscriber": format_subscriber_number}
"""Things that have a number for people."""
HEX = frozenset("0123456789abcdef")
OLD_TEXTS = {"operations room": "web app"}
"""Texts that earlier versions wrote into the journal, and how the same is called now."""


def translate_action(action: str, language: str) -> str:
    """Return the word for an action: `case:open`."""
    word = translate_word("second", action, language)
    return translate_word("action", action, language) if word == action else word


def translate_thing(thing: str, language: str) -> str:
    """Return the word for the kind of a thing, `notice:01…`, or of all such things, `notice:all`."""
    return translate_word("thing", thing.partition(":")[0], language)


def translate_id(thing: str, language: str) -> str:
    """Return the id of a thing, short, or the word that stands for several."""
    kind, _, named = thing.partition(":")
    word = translate_word("thing_whole", named, language)
    if word != named:
        return word
    if kind in NUMBERS and _is_digest(named):
        return NUMBERS[kind](named)
    return named[-6:] if len(named) == 26 else named[:12]


def _is_digest(text: str) -> bool:
    return len(text) > 12 and set(text) <= HEX


def translate_fact(name: str, language: str) -> str:
    """Return the name of a fact or text of an entry, in words."""
    word = translate_word("fact", name, language)
    return name.replace("_", " ") if word == name else word


@pass_context
def translate_fact_value(context: Context, value: object, name: str) -> object:
    """Return the value of a fact in words; an id, a digest or a number as it is."""
    language = get_rendered_language(context)
    if _is_instant(value, name):
        return _format_instant(value, language)
    if isinstance(value, bool):
        return translate_word("value", "yes" if value else "no", language)
    if isinstance(value, int):
        return value
    if isinstance(value, list | dict):
        return _format_value(value, language)
    text = str(value)
    if name in {"about", "thing"} and ":" in text:
        return f"{translate_thing(text, language)} {text.partition(':')[2]}"
    return translate_code(name, text, language) or _translate_plain_word(text, language)


@pass_context
def translate_ledger_text(context: Context, text: str) -> str:
    """Return a text of the ledger: what is JSON in words, a sentence of the program translated, others unchanged."""
    language = get_rendered_language(context)
    if text.startswith(("{", "[")):
        try:
            return _format_value(json.loads(text), language)
        except ValueError:
            return text
    text = OLD_TEXTS.get(text, text)
    result = translate_sentence(translate_decision(text) if language == "en" else text, language)
    return Markup('<span lang="en">{}</span>').format(text) if result.is_english else result.text


def _format_value(value: object, language: str) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{translate_fact(str(name), language)} "
            f"{_format_instant(fact, language) if _is_instant(fact, str(name)) else _format_value(fact, language)}"
            for name, fact in value.items()
        )
    t = get_messages("all", language)
    if isinstance(value, list):
        more = [t("value.more", n=len(value) - LISTED)] if len(value) > LISTED else []
        return "; ".join([*(_format_value(item, language) for item in value[:LISTED]), *more]) or t("value.none")
    if isinstance(value, bool) or value is None:
        return t({True: "value.yes", False: "value.no", None: "value.not-stated"}[value])
    return f"{value:,}" if isinstance(value, int) else str(value)


def _is_instant(value: object, name: str) -> TypeGuard[int]:
    return isinstance(value, int) and name.endswith("_us") and value >= LEAST_US


def _format_instant(us: int, language: str) -> str:
    at = datetime.fromtimestamp(us / 1_000_000, UTC)
    return f"{format_day(at.date(), language)}, {at:%H:%M:%S} UTC"


def _translate_plain_word(text: str, language: str) -> str:
    key = text.replace(" ", "-")
    word = translate_word("value", key, language)
    return text if word == key else word
