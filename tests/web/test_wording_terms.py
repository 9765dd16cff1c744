"""Wordings of documents use the terms of the web app, or those that the page of templates gives for documents."""

import re
import unicodedata
from pathlib import Path

import pytest
from scripts.wording_digests import read_wording

from sightline.evidence.documents.render import TEMPLATES
from tests.web.test_term_list import NO_WORDS, OTHER_SENSES, has, pattern, plain, rows, stem

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "document_templates.md"
OWN = rows(PAGE, "## Terms of the documents\n")
ENGLISH = {path.name.removesuffix(".en.toml"): read_wording(path) for path in TEMPLATES.glob("wording/*.en.toml")}


def spelt(text: str) -> str:
    """Return Hindi in the spelling of statutes: without nukta, and with anusvara for chandrabindu."""
    return unicodedata.normalize("NFC", text).replace("\u093c", "").replace("\u0901", "\u0902")


def pairs(word: str, language: str) -> dict[str, str]:
    """Return the translations of the sentences of wordings whose English text has a word."""
    other = re.compile(OTHER_SENSES.get(word, r"$^"), re.IGNORECASE)
    found: dict[str, str] = {}
    for name, sentences in ENGLISH.items():
        translated = read_wording(TEMPLATES / "wording" / f"{name}.{language}.toml")
        for sentence, text in sentences.items():
            if pattern(word).search(other.sub("", NO_WORDS.sub("", text))):
                found[f"{name}.{sentence}"] = translated[sentence]
    return found


def faults(word: str, language: str) -> dict[str, str]:
    """Return the translations that lack a term, or have a word that the list of terms refuses."""
    found = [row for row in (*rows(), *OWN) if row["word"] == word]
    cells = [spelt(row[language]) for row in found]
    refused = [stem(spelt(part.strip())) for part in found[0].get(f"not {language}", "").split(",") if part.strip()]
    return {
        sentence: text
        for sentence, text in pairs(word, language).items()
        if not any(has(spelt(text), cell) for cell in cells)
        or any(re.search(rf"(?<![\u0900-\u0d7f]){one}", plain(spelt(text))) for one in refused)
    }


@pytest.mark.parametrize("language", ["hi", "ml"])
def test_a_wording_has_the_terms_of_the_web_app_or_its_own(language: str) -> None:
    words = {row["word"] for row in (*rows(), *OWN)}
    assert {word: found for word in sorted(words) if (found := faults(word, language))} == {}


@pytest.mark.parametrize("row", OWN, ids=lambda row: row["word"])
def test_a_term_of_the_documents_is_in_a_wording(row: dict[str, str]) -> None:
    for language in ("hi", "ml"):
        assert any(has(spelt(text), spelt(row[language])) for text in pairs(row["word"], language).values()), language
