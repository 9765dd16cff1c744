"""Pair hits of a watch with the flagged lines that were written: each line has a number of its own in its address."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars

from sightline.storage.rows import FeedPart, Segment
from sightline.workspace.workspace import Workspace

NUMBER = re.compile(rb"/room/([0-9]+) ")


@dataclass(slots=True)
class NewHits:
    """Reads the numbers of the flagged lines that were registered since it was asked last.

    It remembers the parts of the last moment alone, so that it does not grow.
    """

    workspace: Workspace
    _since_us: int = 0
    _parts_then: frozenset[str] = frozenset()

    def read_numbers(self) -> list[int]:
        """Return the numbers, those of a doubled line as often as it is a hit."""
        with self.workspace.read() as tables:
            table = tables[FeedPart]
            parts = [
                part
                for part in table.read_each(table.get_column("registered_at_us") >= self._since_us)
                if part.part_id not in self._parts_then
            ]
            segments = tables[Segment].select_within("run_id", [part.run_id for part in parts])
        last_us = max((part.registered_at_us for part in parts), default=self._since_us)
        now = frozenset(part.part_id for part in parts if part.registered_at_us == last_us)
        self._parts_then = now | self._parts_then if last_us == self._since_us else now
        self._since_us = last_us
        return [number for segment in segments for number in self._list_numbers(segment)]

    def _list_numbers(self, segment: Segment) -> list[int]:
        with self.workspace.segments.open_local(segment.file) as path:
            lines = polars.read_parquet(path, columns=["raw"])["raw"]
        return [int(match[1]) for line in lines if (match := NUMBER.search(line))]


@dataclass(slots=True)
class HitPairs:
    """How long each flagged line took until leads had it, by its number, and how often each was a hit."""

    taken_s: dict[int, float] = field(default_factory=dict)
    hits: Counter[int] = field(default_factory=Counter)

    def add(self, numbers: Iterable[int], at_s: float | None, written_s: Sequence[float]) -> None:
        """Take hits that leads have since a moment; None if it is not known. A line's first hit counts for its time."""
        for number in numbers:
            if at_s is not None and number < len(written_s) and not self.hits[number]:
                self.taken_s[number] = at_s - written_s[number]
            self.hits[number] += 1

    def list_lost(self, written: int) -> list[int]:
        """Return the numbers of lines that were written and are no hit."""
        return [number for number in range(written) if not self.hits[number]]

    def list_doubled(self, written: int) -> list[int]:
        """Return the numbers that are a hit more than once, or that no line had."""
        return sorted(number for number, count in self.hits.items() if count > 1 or number >= written)
