"""The words that all layouts of replies share, from words.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from sightline.stages.resolve.replies.column_names import MOST_LETTERS, reduce_heading, reduce_phrase, split_words

_MAY_STAND_ALONE = frozenset("ok no unknown other unavailable missing absent test free idle old temp port".split())
"""States that also say nothing of a device or a plan."""
_REFERRING = ("same as", "as above", "as below", "see above", "see below", "ditto", "do do", "same name")
"""Phrases that stand for the value of another row."""
_IS_FIGURE = re.compile(r"[0-9]|^(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)")


def _has_one_of(texts: pl.Series, phrases: Sequence[str]) -> pl.Series:
    """Of each text whether it has one of some phrases, as whole words."""
    bare = " " + texts.str.to_lowercase().str.replace_all(r"[\W_]+", " ") + " "
    return bare.str.contains_any([f" {phrase} " for phrase in phrases])


@dataclass(frozen=True, slots=True)
class Words:
    """The words that all layouts share.

    `denied_by`: words that hedge or deny; `kinds`: the kind of a column by its canonical heading; `confirming`: words
    that confirm a row, by their kind. `nobody`: words for no id, if an id has no others; `placeholders`: an id that
    contains one is no id; `equipment`: an id that contains one and is only the name of a machine. `failing`: words of
    states, no part of an id beside a number; `spoken`: words of sentences, which no name or address has; `beside`:
    answers that may stand where an id would. `lines`: words of lines above and below a table, by their kind;
    `origins`: who or what made an answer.
    """

    no_records: frozenset[str]
    before: frozenset[str]
    behind: frozenset[str]
    denied_by: tuple[str, ...]
    hedges: tuple[str, ...]
    nobody: frozenset[str]
    placeholders: tuple[str, ...]
    equipment: frozenset[str]
    failing: frozenset[str]
    spoken: frozenset[str]
    beside: frozenset[str]
    footnotes: tuple[str, ...]
    kinds: Mapping[str, str]
    confirming: Mapping[str, frozenset[str]]
    weighty: frozenset[str]
    lines: Mapping[str, frozenset[str]]
    origins: Mapping[str, frozenset[str]]

    def says_no_records(self, text: str) -> bool:
        """Return whether a cell states that there are no records, alone or in a sentence about their subject."""
        if len(text) > MOST_LETTERS:
            return False
        if reduce_phrase(text) in self.no_records:
            return True
        line_words = split_words(text)
        while line_words and line_words[0] in self.before:
            line_words = line_words[1:]
        at = next((at for at in range(len(line_words), 0, -1) if "".join(line_words[:at]) in self.no_records), None)
        return at is not None and all(
            line_word in self.behind or _IS_FIGURE.search(line_word) for line_word in line_words[at:]
        )

    def match_denied(self, texts: pl.Series) -> pl.Series:
        """Match texts that hedge, or describe something else than an assignment."""
        return _has_one_of(texts, self.denied_by)

    def match_as_words(self, texts: pl.Series) -> pl.Series:
        """Match texts that are a sentence, or only a state, where a name of something would be."""
        words = texts.str.to_lowercase().str.replace_all(r"[\W_]+", " ").str.strip_chars().str.split(" ")
        has_spoken = words.list.eval(pl.element().is_in(list(self.spoken))).list.any()
        is_state = words.list.eval(pl.element().is_in(list(self.failing - _MAY_STAND_ALONE))).list.all()
        refers = _has_one_of(texts, _REFERRING)
        return (has_spoken | refers | (is_state & (words.list.len() > 0))).fill_null(value=False)

    def match_hedged(self, texts: pl.Series) -> pl.Series:
        """Match texts that hedge."""
        return _has_one_of(texts, self.hedges)

    def is_footnote(self, text: str) -> bool:
        """Return whether a line with only this cell is a footnote below a table, not a row."""
        bare = " ".join(split_words(text))
        return not bare or any(bare == footnote or bare.startswith(f"{footnote} ") for footnote in self.footnotes)


@cache
def load_shared_words() -> Words:
    """Load the words that all layouts share."""
    result = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
    return Words(
        frozenset(map(reduce_phrase, result["no_records"])),
        frozenset(result["no_records_before"]),
        frozenset(result["no_records_behind"]),
        (*result["hedges"], *result["denials"]),
        tuple(result["hedges"]),
        frozenset(result["nobody"]),
        tuple(result["placeholders"]),
        frozenset(result["equipment"]),
        frozenset(result["failing"].split()),
        frozenset(result["spoken"].split()),
        frozenset(result["beside_a_number"].split()),
        tuple(" ".join(split_words(footnote)) for footnote in result["footnotes"]),
        {reduce_heading(heading): kind for kind, headings in result["kinds"].items() for heading in headings},
        {what: frozenset(values) for what, values in result["confirming"].items()},
        frozenset(result["weighty"]),
        *(
            {
                what: frozenset(phrases.split() if isinstance(phrases, str) else phrases)
                for what, phrases in result[table].items()
            }
            for table in ("lines", "origins")
        ),
    )
