"""Read a legend of event codes beside a table (`NAT Event: 1 = Create, 2 = Delete`), and put its words for the codes.

A code without a legend proves nothing: makers of NATs number events in their own ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from sightline.stages.resolve.replies.column_names import split_words
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.reply_parts import Frames
from sightline.stages.resolve.replies.shared_words import load_shared_words

_MEANING = re.compile(r"(?<![0-9.:/-])([0-9]{1,2})\s{0,3}(?:=|:|-|\u2013)\s{0,3}([A-Za-z][A-Za-z ]{2,30})(?![A-Za-z])")
_BESIDE = frozenset("legend nat event events type types key note code codes and of the where status".split())
_MOST_LETTERS = 200
_LEAST_CODES = 2


def parse_legend(text: str) -> dict[str, str]:
    """Return the meaning of each code of a legend; empty for any other line, and for a word that is no event."""
    line = text[:_MOST_LETTERS]
    pairs = [(code, " ".join(split_words(word))) for code, word in _MEANING.findall(line)]
    pairs = [(code, re.sub(r" (?:event|and|nat)$", "", word)) for code, word in pairs]
    meanings = dict(pairs)
    confirming = load_shared_words().confirming
    events = confirming["start"] | confirming["stop"] | confirming["interim"]
    is_clear = len(meanings) == len(pairs) >= _LEAST_CODES and events.issuperset(meanings.values())
    is_alone = len(text) <= _MOST_LETTERS and _BESIDE.issuperset(split_words(_MEANING.sub(" ", line)))
    return meanings if is_clear and is_alone and len({*meanings.values()}) == len(meanings) else {}


def find_event_column(fit: Fit) -> int | None:
    """Return the place of the column of events, if a table has one alone."""
    places = [mark.at for mark in fit.marks if mark.kind == "event"]
    return places[0] if len(places) == 1 else None


def read_legend(fit: Fit, lines: Sequence[Sequence[str]]) -> Mapping[str, str]:
    """Return the legend that lines beside a table give of its events; empty where there is none, or two that differ."""
    if find_event_column(fit) is None:
        return {}
    legends = [legend for cells in lines if (legend := parse_legend(" ".join(filter(None, map(str.strip, cells)))))]
    return legends[0] if legends and all(legend == legends[0] for legend in legends) else {}


def spell_events(fit: Fit, legend: Mapping[str, str], frames: Frames) -> Frames:
    """Return frames with the words of a legend in place of its codes, in the column of events."""
    at = find_event_column(fit)
    if at is None or not legend:
        return frames

    def spelled() -> Iterator[tuple[pl.DataFrame, int]]:
        for frame, size in frames():
            yield frame.with_columns(pl.col(f"c{at}").str.strip_chars().replace(dict(legend)).alias(f"c{at}")), size

    return spelled
