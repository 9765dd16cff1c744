"""Wordings: each language says all that English says, with the same blanks, and asks to be confirmed."""

import re
import tomllib
from pathlib import Path

import pytest
from scripts.wording_digests import outdated_translations, stored_digests

from sightline.evidence.documents.document_facts import Language
from sightline.evidence.documents.render import TEMPLATES

WORDINGS = sorted((TEMPLATES / "wording").glob("*.toml"))


def sentences(path: Path) -> dict[str, list[str]]:
    """By the name of each sentence its blanks."""

    def walk(table: dict[str, object], above: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, one in table.items():
            if isinstance(one, dict):
                found |= walk(one, f"{above}{name}.")
            else:
                assert isinstance(one, str) and one.strip(), f"{path.name}: {above}{name}"
                found[f"{above}{name}"] = sorted(re.findall(r"\{\w+\}", one))
        return found

    return walk(tomllib.loads(path.read_text(encoding="utf-8")), "")


@pytest.mark.parametrize("path", WORDINGS, ids=lambda path: path.name)
def test_a_wording_has_the_sentences_and_blanks_of_the_english_one(path: Path) -> None:
    assert sentences(path) == sentences(path.with_name(f"{path.name.split('.')[0]}.en.toml"))
    assert "AN OFFICER OF LAW MUST CONFIRM" in path.read_text(encoding="utf-8").split("\n\n")[0].split("\n[")[0]


def test_each_wording_is_there_in_each_language() -> None:
    names = {path.name.split(".")[0] for path in WORDINGS}

    assert {path.name for path in WORDINGS} == {f"{name}.{language}.toml" for name in names for language in Language}


def test_a_changed_english_sentence_asks_for_its_translations() -> None:
    digests = stored_digests()
    assert outdated_translations(digests) == []

    digests["bnss-94.hi"]["closing"] = "of another sentence"
    assert outdated_translations(digests) == ["bnss-94.hi: closing"]
