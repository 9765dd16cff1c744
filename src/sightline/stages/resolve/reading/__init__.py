"""Replies of licensees as the frames of `stages/resolve/model.py` (docs/replies.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import TimeUndeclared, UnknownFormat, UsageError
from sightline.records import NoticeKind
from sightline.stages.resolve.model import Batch, Declared
from sightline.stages.resolve.model import Opened as OpenedReply
from sightline.stages.resolve.reading import delimited, layout, source, table
from sightline.stages.resolve.reading.distinct import Readers
from sightline.stages.resolve.reading.times import TimeRules
from sightline.stages.scan.zones import zone_table

HEAD_BYTES = 256 << 10
HEADING_ROWS = 40


@dataclass(frozen=True, slots=True)
class Opened:
    layout: str
    why: str
    _text: delimited.TextTable
    _fit: layout.Fit
    _rules: TimeRules

    def batches(self, watch: Callable[[int, int | None], object]) -> Iterator[Batch]:
        readers = Readers(self._rules)
        for frame, done in delimited.batches(self._text):
            watch(done, self._text.member.size)
            yield table.batch(
                frame.filter(frame["row"] > self._text.heading_row),
                self._fit.places,
                list(self._text.headings),
                readers,
            )


def opened(path: Path, kind: NoticeKind, declared: Declared) -> OpenedReply:
    """The reply, its head read.

    Raises UnknownFormat, TimeUndeclared, Refused, DamagedInput, UsageError.
    """
    member = source.plain(path)
    text = source.head_of(member, HEAD_BYTES).decode("utf-8", "replace")
    found = []
    for separator in (",", ";", "\t", "|"):
        rows = delimited.head_rows(text, separator, HEADING_ROWS)
        one = layout.best(layout.chosen(declared.layout, kind), rows)
        if one:
            found.append((separator, rows[one[0]], one))
    if not found:
        raise layout.no_headings(layout.chosen(declared.layout, kind), rows)
    separator, headings, (at, fit) = found[0]
    layout.checked(fit)
    rules = TimeRules(declared.date_order, declared.year, zone_table(declared.timezone) if declared.timezone else None)
    return Opened(
        fit.layout.name, "its headings", delimited.TextTable(member, separator, tuple(headings), at + 1), fit, rules
    )
