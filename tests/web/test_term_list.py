"""One word for each term in Hindi and Malayalam: the catalogues keep to the table of the glossary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sightline.translation import messages

GLOSSARY = Path(__file__).parents[2] / "docs" / "reference" / "glossary.md"
LICENSEE = re.compile(r"(?<!\{)\blicensees?\b", re.IGNORECASE)
HEADING = "## Terms in Hindi and Malayalam\n"


def rows() -> list[dict[str, str]]:
    table = GLOSSARY.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


@pytest.mark.parametrize("language", ["hi", "ml"])
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["word"])
def test_a_term_has_one_word_in_each_language(row: dict[str, str], language: str) -> None:
    english = messages.catalogue("en")
    word = re.compile(rf"\b{row['word'].removesuffix('e')}\w{{0,3}}\b", re.IGNORECASE)
    refused = [one.strip() for one in row[f"not {language}"].split(",")]
    wrong = {
        context: form
        for context, forms in messages.catalogue(language).items()
        for form in forms
        if word.search(english[context][0]) and any(one in form for one in refused)
    }
    assert wrong == {}


@pytest.mark.parametrize("language", ["hi", "ml"])
def test_the_term_is_what_the_catalogue_says(language: str) -> None:
    texts = [form for forms in messages.catalogue(language).values() for form in forms]
    for row in rows():
        stem = row[language].split()[0][:3]
        assert sum(stem in text for text in texts) >= 2, row["word"]


def test_the_word_for_a_provider_is_isp() -> None:
    """Law and letters say *licensee*: one entry of the glossary says so, and no other text of a page has the word."""
    english = messages.catalogue("en")
    found = [context for context, forms in english.items() if any(LICENSEE.search(one) for one in forms)]
    assert found == ["all.glossary.isp"]
