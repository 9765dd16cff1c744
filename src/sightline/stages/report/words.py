"""Names of ceilings, bands and kinds of place on every page, from `wording.en.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sightline.model import Ceiling

LADDER = tuple(reversed(Ceiling))
"""Ceilings, the highest first."""
BANDS = ("urgent", "high", "normal", "low")
"""Bands of priority, the first first."""


@dataclass(frozen=True, slots=True)
class CeilingWords:
    """The name of a ceiling, when it applies, and what it leaves unproved."""

    title: str
    when: str
    noun: str
    seen: str
    not_proven: tuple[str, ...]


@cache
def _load_wording() -> Mapping[str, Any]:
    return tomllib.loads(files("sightline.stages.report").joinpath("wording.en.toml").read_text(encoding="utf-8"))


@cache
def describe_ceiling(which: Ceiling) -> CeilingWords:
    """Return the words of a ceiling."""
    ceilings = _load_wording()["ceiling"][which]
    return CeilingWords(
        ceilings["title"],
        ceilings["when"],
        ceilings.get("noun", "visit"),
        ceilings["seen"],
        tuple(ceilings["not_proven"]),
    )


def describe_band(name: str) -> str:
    """Return the sentence on why a lead is in a band."""
    text: str = _load_wording()["band"].get(name, "")
    return text


def describe_place(kind: str) -> tuple[str, str]:
    """Return the name of a kind of place without a state, and its meaning."""
    place_words = _load_wording()["place"][kind]
    return place_words["name"], place_words["means"]


def explain_place(code: str) -> str | None:
    """Return why a place is undetermined, by its code."""
    text: str | None = _load_wording()["place_why"].get(code)
    return text


def find_sentence(key: str, **facts: object) -> str:
    """Return the sentence of a key, `part.name`, with its facts filled in."""
    part, _, name = key.partition(".")
    text: str = _load_wording()[part][name]
    return text.format(**facts)


def find_label(key: str) -> str:
    """Return a heading or a label."""
    text: str = _load_wording()["label"][key]
    return text


def find_credit(name: str, licence: str | None) -> str | None:
    """Return the credit line that a data set's licence requires, if any."""
    credit_words = _load_wording()["credit"]
    own = next((line for begins, line in credit_words["own"].items() if name.lower().startswith(begins)), None)
    if own is None and licence is not None and licence.upper().replace("-", " ").startswith("CC BY"):
        own = credit_words["other"]
    return None if own is None else str(own).format(name=name, licence=licence or "a licence that is not stated")


def list_never_proven() -> tuple[str, ...]:
    """Return what no lead proves, whatever its ceiling."""
    return tuple(_load_wording()["never"]["proven"])


def name_sites() -> tuple[str, str]:
    """Return the noun for a flagged site: singular and plural."""
    one, more = _load_wording()["known"]["sites"]
    return one, more
