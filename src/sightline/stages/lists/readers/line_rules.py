"""Turn a file of rules, one a line, into rows: what the readers of resolver and filter rules share."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from operator import itemgetter
from typing import Literal

from sightline.model import IndicatorKind, Opinion, RowCode
from sightline.stages.lists.model import Row, RowBatch, RowReject, UsualRows
from sightline.stages.lists.readers.lines import LineBatch
from sightline.stages.lists.readers.usual_forms import UsualForms


@dataclass(frozen=True, slots=True)
class LineRule:
    """A value that a rule flags, or clears."""

    kind: str
    value: str
    opinion: Opinion | Literal[""] = ""
    """An empty text flags, as in every row."""


class NoRule(ValueError):
    """A line that lists nothing. Its text says why and what to change."""


def match_usual_values(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    """Return for each line the one group of a `compile_usual_line`; an empty text for a line that it does not fit.

    One call finds them in all lines, because a list has a million: that takes a third of a call for each line.
    """
    return pattern.findall("\n".join(lines)) if lines else []


def compile_usual_line(form: str) -> re.Pattern[str]:
    """Compile the form of most lines of a file, which has one group that is never empty."""
    return re.compile(rf"^(?:{form})$|^.*$", re.MULTILINE)


def build_usual_rows(
    first: int, kinds: Iterable[str], values: Iterable[str], opinion: Opinion | Literal[""] = ""
) -> Iterator[Row]:
    """Yield rows of consecutive lines that say kind and value. The number is that of the first."""
    blank = repeat("")
    return zip(itertools.count(first), kinds, values, blank, blank, blank, blank, repeat(opinion), blank, strict=False)


def join_rows(usual: list[Row] | UsualRows, others: list[Row]) -> list[Row] | UsualRows:
    """Return rows of usual lines and of others in the order of their lines."""
    if not others:
        return usual
    if not isinstance(usual, list):
        return usual.merged(others)
    return sorted([*usual, *others], key=itemgetter(0)) if usual else others


def read_rules(
    batches: Iterable[LineBatch],
    rules: Callable[[str], list[LineRule]],
    usual: re.Pattern[str],
    kind: IndicatorKind = IndicatorKind.DOMAIN,
    remember: Callable[[str], None] = lambda _name: None,
    forms: UsualForms | None = None,
) -> Iterator[RowBatch]:
    """Yield the rows of each line that `rules` reads; NoRule becomes a reject. An empty result is a comment.

    `usual` is a `compile_usual_line` that finds the name, of that kind, of the most common lines. What it finds ends in
    no top-level name of a hidden service, and `rules` would say the same. `remember` gets the last such name before a
    line that `rules` reads. With `forms` the kernel holds the rows of names.
    """
    for first, lines, rejects in batches:
        names = match_usual_values(usual, lines)
        others = [at for at, name in enumerate(names) if not name]
        rows: list[Row] = []
        bad: list[RowReject] = []
        begin = 0
        for at in (*others, len(lines)):
            if forms is None:
                rows += build_usual_rows(first + begin, repeat(kind), names[begin:at])
            if at > begin:
                remember(names[at - 1])
            begin = at + 1
            if at == len(lines):
                break
            try:
                result = rules(lines[at].strip())
            except NoRule as error:
                bad.append(RowReject(first + at, RowCode.BAD_SYNTAX, str(error)))
            else:
                rows += [(first + at, rule.kind, rule.value, "", "", "", "", rule.opinion, "") for rule in result]
        joined_rows = rows if forms is None else join_rows(forms.name_rows(first, kind, names), rows)
        yield RowBatch(joined_rows, sorted(rejects + bad, key=lambda reject: reject.line))
