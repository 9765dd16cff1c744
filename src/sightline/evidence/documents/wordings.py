"""Load the wordings of notices.

There are built-in ones in each language, and a unit's or country's own with the same sentences.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from sightline.errors import UsageError
from sightline.evidence.documents.document_facts import Language
from sightline.evidence.documents.printable import make_printable_text
from sightline.evidence.documents.render import TEMPLATES
from sightline.ledger.canonical import encode

Wording: TypeAlias = dict[str, "str | dict[str, str]"]
ANY = "any"
"""The key of a wording that serves in every language."""
LARGEST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Form:
    """A named form with its wording in each language (or ANY), stored beside the rows of its notices."""

    name: str
    texts: Mapping[str, Wording]

    def encode(self) -> bytes:
        """Return the canonical JSON to store."""
        return encode({"name": self.name, "texts": self.texts})

    @property
    def sha256(self) -> str:
        """Return the digest of the stored form."""
        return hashlib.sha256(self.encode()).hexdigest()

    def find_wording(self, language: Language) -> Wording:
        """Return the wording in a language. Raises UsageError if the form has none."""
        result = self.texts.get(language.value) or self.texts.get(ANY)
        if result is None:
            raise UsageError(
                f"the form {self.name} has no wording in {language.value}",
                hint=f"--language {' or '.join(sorted(self.texts))}",
            )
        return result


def decode_form(data: bytes) -> Form:
    """Decode a stored form."""
    form = json.loads(data)
    return Form(form["name"], form["texts"])


def load_built_in_form(name: str) -> Form:
    """Return a built-in form, in all its languages."""
    paths = {language.value: TEMPLATES / "wording" / f"{name}.{language.value}.toml" for language in Language}
    return Form(name, {language: _read(path) for language, path in paths.items()})


def load_form(path: Path, like: str) -> Form:
    """Load a custom form that replaces a built-in one: `FILE.toml` for every language, or a folder of `en.toml`...

    Raises UsageError for an invalid file, a missing sentence or blank, or text that no page could display.
    """
    files = (
        {wording_path.stem: wording_path for wording_path in sorted(path.glob("*.toml"))}
        if path.is_dir()
        else {ANY: path}
    )
    languages = {language.value for language in Language} | {ANY}
    if not files or not set(files) <= languages:
        raise UsageError(
            f"{path} contains no wordings", hint="a folder has en.toml, hi.toml, ml.toml, or some of these"
        )
    model = _read(TEMPLATES / "wording" / f"{like}.en.toml")
    return Form(f"{like}, own", {language: _check_wording(_read(one), model, one) for language, one in files.items()})


def _read(path: Path) -> Wording:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UsageError(f"{path} is not a wording: it is larger than {LARGEST_BYTES:,} bytes", hint="name a .toml")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="name a .toml file, or a folder of them") from None
    except ValueError as error:
        raise UsageError(
            f"{path}: {error}", hint="a wording is TOML in UTF-8; docs/reference/document_templates.md"
        ) from None


def _check_wording(wording: Wording, model: Wording, path: Path) -> Wording:
    """The wording, if it has the sentences and blanks of the model, and nothing that a page could not show."""
    sentences, wanted = _collect_sentences(wording, path), _collect_sentences(model, path)
    if sentences.keys() != wanted.keys():
        wrong = sorted(sentences.keys() ^ wanted.keys())
        raise UsageError(
            f"{path}: {wrong[0]} is {'missing' if wrong[0] in wanted else 'of no use'}",
            hint=f"its sentences are: {', '.join(wanted)}",
        )
    for name, sentence in sentences.items():
        if make_printable_text(sentence) != sentence:
            raise UsageError(
                f"{path}: {name} would stand on a page as {make_printable_text(sentence)}", hint="plain text, one line"
            )
        blanks, needed = _find_blanks(sentence), _find_blanks(wanted[name])
        if blanks != needed:
            raise UsageError(
                f"{path}: {name} has the blanks {' '.join(blanks) or 'none'}, and needs {' '.join(needed) or 'none'}",
                hint="move them as the language wants, and leave none out",
            )
    return wording


def _find_blanks(sentence: str) -> list[str]:
    return sorted(set(re.findall(r"\{\w+\}", sentence)))


def _collect_sentences(wording: Wording, path: Path) -> dict[str, str]:
    result: dict[str, str] = {}
    for name, one in wording.items():
        table = one if isinstance(one, dict) else {"": one}
        for key, sentence in table.items():
            if not isinstance(sentence, str) or not sentence.strip():
                raise UsageError(
                    f"{path}: {name} {key} is not a sentence", hint="each is a text between quotation marks"
                )
            result[f"{name}.{key}".rstrip(".")] = sentence
    return result
