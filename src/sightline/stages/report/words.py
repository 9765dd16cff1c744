"""What ceilings, bands and kinds of place are called on every page: the words of `wording.en.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sightline.records import Ceiling

LADDER = tuple(reversed(Ceiling))
"""Ceilings, the highest first."""
BANDS = ("urgent", "high", "normal", "low")
"""Bands of priority, the first first."""


@dataclass(frozen=True, slots=True)
class CeilingWords:
    """What a ceiling is called, when it holds, and what it leaves unproved."""

    title: str
    when: str
    seen: str
    not_proven: tuple[str, ...]


@cache
def _wording() -> Mapping[str, Any]:
    return tomllib.loads(files("sightline.stages.report").joinpath("wording.en.toml").read_text(encoding="utf-8"))


@cache
def ceiling(which: Ceiling) -> CeilingWords:
    """The words of a ceiling."""
    told = _wording()["ceiling"][which]
    return CeilingWords(told["title"], told["when"], told["seen"], tuple(told["not_proven"]))


def band(name: str) -> str:
    """What puts a lead into a band."""
    text: str = _wording()["band"].get(name, "")
    return text


def place(kind: str) -> tuple[str, str]:
    """The name of a kind of place that is no state, and what it means."""
    told = _wording()["place"][kind]
    return told["name"], told["means"]


def said(key: str, **facts: object) -> str:
    """The sentence of a key, `part.name`, with its facts in it."""
    part, _, name = key.partition(".")
    text: str = _wording()[part][name]
    return text.format(**facts)


def never_proven() -> tuple[str, ...]:
    """What no lead proves, of whatever ceiling."""
    return tuple(_wording()["never"]["proven"])
