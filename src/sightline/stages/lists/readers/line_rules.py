"""Turn a file of rules, one a line, into rows: what the readers of resolver and filter rules share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sightline.model import IndicatorKind, Opinion, RowCode
from sightline.stages.lists.model import Row, RowBatch, RowReject
from sightline.stages.lists.readers.lines import LineBatch


@dataclass(frozen=True, slots=True)
class Rule:
    """A value that a rule flags, or clears."""

    kind: str
    value: str
    opinion: Opinion = Opinion.FLAGGED


class NoRule(ValueError):
    """A line that lists nothing. Its text says why and what to change."""


def read_rules(
    batches: Iterable[LineBatch], rules: Callable[[str], list[Rule]], usual: re.Pattern[str]
) -> Iterator[RowBatch]:
    """Yield the rows of each line that `rules` reads; NoRule becomes a reject. An empty result is a comment.

    `usual` finds the one domain of the most common lines, because a list has a million of them. What it finds ends in
    no top-level name of a hidden service, and `rules` would say the same.
    """
    for first, lines, rejects in batches:
        rows: list[Row] = []
        bad: list[RowReject] = []
        for number, (line, found_name) in enumerate(zip(lines, map(usual.fullmatch, lines), strict=True), first):
            if found_name is not None:
                rows.append((number, IndicatorKind.DOMAIN, found_name[1], "", "", "", "", "", ""))
                continue
            try:
                found = rules(line.strip())
            except NoRule as why:
                bad.append(RowReject(number, RowCode.BAD_SYNTAX, str(why)))
            else:
                rows += [(number, rule.kind, rule.value, "", "", "", "", rule.opinion, "") for rule in found]
        yield RowBatch(rows, sorted(rejects + bad, key=lambda reject: reject.line))
