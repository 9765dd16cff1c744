"""Logs, lists and a sink for tests of scans."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sightline.model import IndicatorKind, ListId, Opinion, Reject
from sightline.stages.canonical import normalise_indicator_value
from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.lists.model import FlagList, Indicator, Statement
from sightline.stages.scan.results import HitBatch

COMBINED = load_builtin_formats()["combined"].program
NOON_US = int(datetime(2024, 2, 29, 12, tzinfo=UTC).timestamp()) * 1_000_000


@dataclass
class LineSink:
    """A sink that keeps the canonical lines and the rejects."""

    lines: list[bytes] = field(default_factory=list)
    found: list[Reject] = field(default_factory=list)

    def write_hits(self, batch: HitBatch) -> None:
        self.lines += batch.to_jsonl().splitlines(keepends=True)

    def write_rejects(self, batch: Sequence[Reject]) -> None:
        self.found += batch


def visit(target: str = "http://flagged.example/a", *, at: str = "29/Feb/2024:12:00:00 +0000") -> bytes:
    """A line of a combined log in which 192.0.2.7 asked for something."""
    return f'192.0.2.7 - - [{at}] "GET {target} HTTP/1.1" 200 5 "-" "agent"\n'.encode()


def flag_list(
    *indicators: tuple[str, str],
    since: int | None = None,
    until: int | None = None,
    listed_on: int | None = None,
    opinion: str = "flagged",
) -> FlagList:
    """A list of indicators that all have one statement."""
    statement = Statement(since, until, listed_on, Opinion(opinion), None, False)
    read = {(IndicatorKind(kind), normalise_indicator_value(IndicatorKind(kind), text)) for kind, text in indicators}
    found = tuple(Indicator(kind, value, (statement,)) for kind, value in sorted(read))
    return FlagList("list.csv", ListId(hashlib.sha256(repr((read, statement)).encode()).hexdigest()), None, found, ())
