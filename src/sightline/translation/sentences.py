"""Translate finished English sentences of the layers below the web app: reasons, steps, limits, findings and errors.

The layers below the web app write English, because ledgers, documents and JSON hold it. A page shows the same sentence
in the officer's language: `sentence.…` messages of the catalogue are its patterns, whose {braces} match the facts.
`python -m scripts.translations` collects them from the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from string import Formatter

from sightline.translation.messages import (
    SHARED,
    fill_forms,
    format_days,
    load_catalogue,
    translate_datasets,
    translate_place,
)

PREFIX = "sentence."
"""How the contexts of these messages begin."""
FACT = "sentence.fact."
"""How the contexts of phrases begin that are a fact of another sentence, and never a sentence of their own."""
DECISION = "sentence.decision."
"""How the contexts of sentences begin that say why a role may do something, or may not."""
DOCUMENT = "sentence.document."
"""How the contexts of sentences begin that only lead sheets and reports have; no text of a page is one of them."""
LABEL = "sentence.label."
"""How the contexts of headings and labels of documents begin: each is a whole text, and no part of a sentence."""
COUNT = "n"
"""The fact that is a number and chooses the plural form."""
_SENTENCE_END = re.compile(r"(?<=[.?])\s+(?=[A-Z])")
_ENGLISH_WORD = re.compile(r"\b[a-z]{3,}\b")
_BEFORE, _BEHIND = " \t\n,(", " \t\n)."
"""What may stand around a fact."""
_ANY_CASE = "(?i:"
"""How the pattern of a sentence begins that has its own first word."""
_STATES = ("notice_state", "referral_state", "approval_state")
_KINDS = ("authority_kind", "notice_kind", "outcome", "event", "source_kind", "thing")
CODES: Mapping[str, tuple[str, ...]] = {
    "action": ("second", "action"),
    "kind": _KINDS,
    "kinds": _KINDS,
    "next": _STATES,
    "priority": ("band",),
    "reason": ("close_reason",),
    "role": ("role",),
    "roles": ("role",),
    "state": _STATES,
    "use": ("list_use",),
}
"""The facts whose values can be codes, by their names, and the words for them: `second` is `all.second.CODE`."""
NEEDED = frozenset({*CODES, "fault"})
"""The facts without whose translation a sentence stays English as a whole: codes, and the text of another error."""
MOST_LETTERS = 500
"""The longest text that is compared with patterns, which may take the square of it; a longer one stays English."""
_DEEPEST = 4
"""How often a fact may itself hold a sentence with facts."""
_DOCUMENT_DEPTH = _DEEPEST + 1
"""The depth at which a sentence of a document begins."""


@dataclass(frozen=True, slots=True)
class SentenceTranslation:
    """A sentence in the language of the page, or in English (`is_english`) if no pattern matches it."""

    text: str
    is_english: bool


@dataclass(frozen=True, slots=True)
class _Pattern:
    key: str
    literal: str
    regex: re.Pattern[str]


def translate_sentence(text: str, language: str) -> SentenceTranslation:
    """Return an English sentence in a language. `WholeText` stays one."""
    if language == "en":
        return SentenceTranslation(text, is_english=False)
    return _translate_limited(text, language, _DEEPEST)


def capitalise_sentence(text: str) -> str:
    """Return an English sentence of the catalogue with a capital first letter.

    A sentence that begins with a fact, which may be a name or what somebody typed, stays; and so does any other text.
    """
    met = next((pattern for pattern in _list_patterns() if pattern.regex.fullmatch(text)), None)
    return f"{text[:1].upper()}{text[1:]}" if met and met.regex.pattern.startswith(_ANY_CASE) else text


def translate_decision(text: str) -> str:
    """Return an English sentence about what a role may do with words for its codes; any other text as it is."""
    for pattern in _list_patterns():
        if pattern.key.startswith(DECISION) and (met := pattern.regex.fullmatch(text)):
            facts = _translate_facts(met.groupdict(), "en", _DEEPEST)
            return text if facts is None else fill_forms(pattern.key, "en", facts)
    return text


def translate_document_sentence(text: str, language: str) -> SentenceTranslation:
    """Return an English sentence or label of a lead sheet or report in a language, names of places among them."""
    if (key := _list_labels().get(text)) is not None:
        return SentenceTranslation(load_catalogue(language)[key][0], is_english=False)
    result = _translate_limited(text, language, _DOCUMENT_DEPTH)
    place = translate_place(text, language) if result.is_english else text
    return result if place == text else SentenceTranslation(place, is_english=False)


def translate_phrase(text: str, language: str) -> str:
    """Return a part of a sentence in a language, such as `3 visits`; a name or a number stays."""
    return format_days(_translate_fact(text, language, _DEEPEST), language)


def _translate_limited(text: str, language: str, depth: int) -> SentenceTranslation:
    result = _translate(str(text), language, depth) if len(text) <= MOST_LETTERS else None
    if result is None:
        # A handler of the web app may have translated it already.
        return SentenceTranslation(text, is_english=text.isascii() or _ENGLISH_WORD.search(text) is not None)
    return SentenceTranslation(type(text)(format_days(result, language)), is_english=False)


@lru_cache(4_000)
def _translate(text: str, language: str, depth: int) -> str | None:
    """Return the translation, whole or sentence by sentence, or None if a part of it has none."""
    lower = text.lower()
    for pattern in _list_patterns():
        if depth >= _DEEPEST and pattern.key.startswith(FACT):
            continue
        if depth < _DOCUMENT_DEPTH and pattern.key.startswith(DOCUMENT):
            continue
        if pattern.literal in lower and (met := pattern.regex.fullmatch(text)):
            facts = _translate_facts(met.groupdict(), language, min(depth, _DEEPEST))
            if facts is not None:
                return fill_forms(pattern.key, language, facts)
    parts = _SENTENCE_END.split(text)
    if len(parts) == 1:
        return None
    translated = [_translate(part, language, depth) for part in parts]
    return None if None in translated else " ".join(sentence for sentence in translated if sentence)


def _translate_facts(met: Mapping[str, str], language: str, depth: int) -> dict[str, object] | None:
    """Return the facts of a sentence, translated, or None if one that must be translated has no translation."""
    facts: dict[str, object] = {}
    for name, value in met.items():
        word = translate_code(name, value, language)  # which can be the code itself, as `auditor`
        known = word or _translate_fact(value, language, depth)
        if word is None and known == value and name.rstrip("0123456789") in NEEDED and _ENGLISH_WORD.search(value):
            return None
        facts[name] = known
    return facts | ({COUNT: int(met[COUNT].replace(",", ""))} if COUNT in met else {})


def translate_code(name: str, text: str, language: str) -> str | None:
    """Return the words for a fact of that name that is a code, or several; None if it has another value."""
    words = [_find_word(name.rstrip("0123456789"), part, language) for part in text.split(", ")]
    return None if None in words else ", ".join(word for word in words if word)


def _find_word(name: str, code: str, language: str) -> str | None:
    catalogue = load_catalogue(language)
    keys = (f"{SHARED}.{part}.{code}" for part in CODES.get(name, ()))
    return next((catalogue[key][0] for key in keys if key in catalogue), None)


def _translate_fact(text: str, language: str, depth: int) -> str:
    """Return a fact, translated if it is a phrase of the catalogue; a name or a number stays."""
    bare = text.lstrip(_BEFORE).rstrip(_BEHIND)
    if bare.count("(") != bare.count(")"):  # `1 visit (3 Mar 2026, 10:00:00 IST)` keeps its parentheses
        bare = text.lstrip(_BEFORE.replace("(", "")).rstrip(_BEHIND.replace(")", ""))
    if depth == 0 or not bare:
        return text
    first = text.index(bare)
    translated = _translate(bare, language, depth - 1)
    if translated is None and (whole := _translate(text, language, depth - 1)):
        return whole
    translated = translated or translate_place(translate_datasets(bare, language), language)
    return f"{text[:first]}{translated}{text[first + len(bare) :]}"


@cache
def _list_labels() -> Mapping[str, str]:
    """Return the contexts of the labels by their English texts."""
    return {forms[0]: key for key, forms in load_catalogue("en").items() if key.startswith(LABEL)}


@cache
def _list_patterns() -> tuple[_Pattern, ...]:
    """Return the patterns of the English catalogue, the most particular first."""
    made = [
        ((sum(map(str.isalpha, literal := "".join(_split_literals(form)))), len(literal)), _build_pattern(key, form))
        for key, forms in load_catalogue("en").items()
        if key.startswith(PREFIX) and not key.startswith(LABEL)
        for form in forms
    ]
    return tuple(pattern for _, pattern in sorted(made, key=lambda one: (-one[0][0], -one[0][1], one[1].key)))


def _build_pattern(key: str, form: str) -> _Pattern:
    parts = []
    for literal, name, _, _ in Formatter().parse(form):
        parts.append(re.escape(literal))
        if name is not None:
            is_known = any(f"(?P<{name}>" in part for part in parts)
            is_optional = literal[-1:].isalpha()  # `the time of the visit{dataset}.`
            shape = "[0-9][0-9,]*" if name == COUNT else ".*?" if is_optional else ".+?"
            parts.append(f"(?P={name})" if is_known else f"(?P<{name}>{shape})")
    regex = "".join(parts)
    if form[:1].isalpha():  # a sentence that begins with it is written with a capital
        regex = f"{_ANY_CASE}{regex[0]}){regex[1:]}"
    return _Pattern(key, max(_split_literals(form), key=len).lower(), re.compile(regex, re.DOTALL))


def _split_literals(form: str) -> list[str]:
    return [literal for literal, _, _, _ in Formatter().parse(form)]
