"""One word for each term in Hindi and Malayalam: the catalogues keep to the table of the glossary.

Words are compared by their stems, because both languages inflect: ലീഡ് is ലീഡുകൾക്ക് elsewhere, मामला is मामलों.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest

from sightline.translation import messages

GLOSSARY = Path(__file__).parents[2] / "docs" / "reference" / "glossary.md"
LICENSEE = re.compile(r"(?<!\{)\blicensees?\b", re.IGNORECASE)
HEADING = "## Terms in Hindi and Malayalam\n"
LETTERS = str.maketrans({"ൻ": "ന്", "ൽ": "ല്", "ർ": "ര്", "ൾ": "ള്", "ൺ": "ണ്", "\u200c": None, "\u200d": None})
ENDINGS = ("യ്ക്കുക", "യ്ക്കല്", "ക്കുക", "ക്കല്", "നം", "ണം", "ാവ്", "\u0d02", "്", "ി", "ाना")
"""What an inflected form of a word may lack: endings of verbs and nouns, longest first."""

VOWELS = "ािीेोंँ"
LIGHT = {"करना", "लेना"}
"""Verbs that only carry the word before them."""

NO_WORDS = re.compile(
    r"\{\w+\}|--use leads|--[\w-]+|\(tar [^)]+\)|\S+/\S+\.md|\w+\.toml|\bsightline( [a-z-]+)+|\b\w+:[A-Z0-9]+|"
    r"\(authority end\)"
    r"|\bCASE\b|\boutcome and found_on|\bcolumn outcome\b|\bIPv[46] Prefix\b|\bs3://\S+|\brestore --check|"
    r"\bAGE-SECRET-KEY-1|\bsslmode=\S+|\[mail\.\w+\]"
)
"""Commands, files, columns and facts: no text for a reader."""

OTHER_SENSES = {
    "lead": r"\bleads? (to|not to|step)|\bentry leads|\bnot lead to|\blinks lead",
    "key": r"\barrow keys?|\bwith keys\b|\bby keys\b|\banother key names|\beach key may",
    "officer": r"\b(station|nodal) officers?",
    "receipt": r"\bconfirms?( the)? receipt",
    "identity": r"\bage identity|\bidentity apart",
    "act": r"\b(IT|POCSO|Evidence) Act\b|\bacts? for\b|\bcommand that acts\b|\bwho acted\b",
    "force": r"\b(?:in|into) force\b",
    "source": r"\bsources set-proxies\b",
    "step": r"\b(without a|by the same) step\b",
    "run": r"\b((scan|clock|server|who) runs|runs? (backwards|again|it|the|this)|as they run|run an operation)\b",
}
"""Phrases in which the English word is not the term."""

ELSEWHERE = {
    "cases.notes_none_why": "a visit by an officer",
    "administration.notifications.advice.tls": "a certificate authority, which issues certificates",
    **dict.fromkeys(
        (f"sentence.error.list_json_{name}" for name in ("key", "colon", "twice", "keys")), "a key in JSON"
    ),
    "leads.query.help": "names of fields, which are typed as they stand",
    "script.size": "a circle that is drawn on the map",
    "sentence.error.tip_source": "a kind of authority, by its name on pages",
    "sentence.journal.room": "an old name of the web app in stored rows",
}
"""Messages that are not compared, each with the reason."""


def plain(text: str) -> str:
    """Return text with one spelling for each letter: chillu letters as letter and virama, and no joiners."""
    return unicodedata.normalize("NFC", text).translate(LETTERS)


@cache
def without_names(source: str) -> str:
    """Return an English message without NO_WORDS."""
    return NO_WORDS.sub("", source)


def stem(word: str) -> str:
    """Return the part of a word that all its inflected forms begin with."""
    word = plain(word)
    if re.search("[\u0d15-\u0d39]ന്$", word):  # -an: the plural has another ending
        return word.removesuffix("ന്")
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            return word.removesuffix(ending) + ("ാ" if ending == "ാവ്" else "")
    if re.search("..[क-ह][नण]$", word):  # a noun of an act: its participle ends in -it
        return word[:-1]
    return word.rstrip(VOWELS)


def rows(page: Path = GLOSSARY, heading: str = HEADING) -> list[dict[str, str]]:
    table = page.read_text(encoding="utf-8").partition(heading)[2].partition("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def pattern(word: str) -> re.Pattern[str]:
    """Return what finds an English term: singular, plural, and the forms of a verb."""
    base = re.sub("(?<!e)e$", "", re.sub("y$", "(?:y|ie)", word))
    return re.compile(rf"\b{base}(?:e|s|es|ed|d|ing)?\b", re.IGNORECASE)


def texts(row: dict[str, str], language: str) -> dict[str, list[str]]:
    """Return, for each message whose English text has the term, the translations of those of its forms that have it."""
    found: dict[str, list[str]] = {}
    other = re.compile(OTHER_SENSES.get(row["word"], r"$^"), re.IGNORECASE)
    term = pattern(row["word"])
    english = messages.load_catalogue("en")
    for context, forms in messages.load_catalogue(language).items():
        pairs = zip(english[context], forms, strict=True) if context not in ELSEWHERE else ()
        for source, form in pairs:
            if term.search(other.sub("", without_names(source))):
                found.setdefault(context, []).append(form)
    return found


def has(text: str, cell: str) -> bool:
    """Return whether a text has a term: each word of it, in one of the forms that the cell separates by strokes."""
    ways = [[stem(word) for word in way.split() if word not in LIGHT] for way in cell.split("/")]
    return any(all(one in plain(text) for one in way) for way in ways)


@pytest.mark.parametrize("language", ["hi", "ml"])
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["word"])
def test_a_term_has_one_word_in_each_language(row: dict[str, str], language: str) -> None:
    refused = [stem(part.strip()) for part in row[f"not {language}"].split(",") if part.strip()]
    found = texts(row, language)
    assert found, f"no message has {row['word']!r}"
    lacks = {context: form for context, forms in found.items() for form in forms if not has(form, row[language])}
    wrong = {
        context: form
        for context, forms in found.items()
        for form in forms
        if any(re.search(rf"(?<![\u0900-\u0d7f]){one}", plain(form)) for one in refused)
    }
    assert (lacks, wrong) == ({}, {})


@pytest.mark.parametrize(
    ("word", "inflected"),
    [
        ("ലീഡ്", "ലീഡുകൾക്ക്"),
        ("ലൈൻ", "ലൈനിന്റെ"),
        ("വരിക്കാരൻ", "വരിക്കാർ"),
        ("നശിപ്പിക്കുക", "നശിപ്പിച്ചു"),
        ("സന്ദർശനം", "സന്ദർശിച്ചില്ല"),
        ("ദാതാവ്", "ദാതാക്കളുടെ"),
        ("मामला", "मामलों"),
        ("कुंजी", "कुंजियाँ"),
        ("अनुमोदन", "अनुमोदित"),
        ("छिपाना", "छिपे"),
    ],
)
def test_an_inflected_form_is_recognised(word: str, inflected: str) -> None:
    assert has(inflected, word) and not has("മറ്റൊരു വാക്ക് और शब्द", word)


def test_every_exception_is_a_message() -> None:
    assert ELSEWHERE.keys() <= messages.load_catalogue("en").keys()


def test_the_word_for_a_provider_is_isp() -> None:
    """Law and letters say *licensee*: one entry of the glossary says so, and no other text of a page has the word."""
    english = messages.load_catalogue("en")
    found = [context for context, forms in english.items() if any(LICENSEE.search(form) for form in forms)]
    assert found == ["all.glossary.isp"]
