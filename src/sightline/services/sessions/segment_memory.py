"""Keep small segments in the memory of a process. A registered segment never changes, so what is read of it does not.

A live feed makes a small segment of each part. To read each of them again for every rebuild takes most of its time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from sightline.services.sessions.current_runs import CurrentRun

SMALL = 1 << 12
"""Maximum rows of a segment that is remembered."""
ROWS = 1 << 19
"""Maximum rows of all segments whose hits are remembered by a process: about 80 MB."""
LEAST_ROWS = 1 << 6
"""A table counts as 64 rows at least: it takes 10 kB even if it has one row, as most parts of a feed have."""


T = TypeVar("T")
SegmentKey = tuple[str, int]
"""The run of a segment, and its number."""


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """An open segment file of a current run. `source` is an ordinal, `number` the number of the segment in its run."""

    standing: CurrentRun
    path: Path
    rows: int
    source: int
    number: int

    @property
    def key(self) -> SegmentKey:
        """Return its run and number."""
        return self.standing.run.run_id, self.number

    @property
    def is_small(self) -> bool:
        """Return whether what is read of it is remembered."""
        return self.rows <= SMALL


class SegmentMemory(Generic[T]):
    """Results of segments. `key` is what else a result follows from."""

    def __init__(self) -> None:
        self._results: dict[tuple[SegmentKey, Hashable], tuple[int, T]] = {}
        self._rows = 0

    def find(self, segment: SegmentKey, key: Hashable = None) -> T | None:
        """Return the result of a segment, or None if it is not known."""
        found = self._results.get((segment, key))
        return None if found is None else found[1]

    def put(self, segment: SegmentKey, key: Hashable, rows: int, result: T) -> None:
        """Remember a result, unless too many rows are remembered already."""
        if self._rows + rows <= ROWS:
            self._rows += rows
            self._results[segment, key] = rows, result

    def get(self, segment: SegmentKey, rows: int, compute: Callable[[], T]) -> T:
        """Return the result of a segment, computed now or known."""
        known = self.find(segment)
        if known is None:
            known = compute()
            self.put(segment, None, rows, known)
        return known

    def forget_others(self, runs: Iterable[str]) -> None:
        """Forget the segments of all runs but these: they were purged, or no lead rests on them any more."""
        current = set(runs)
        self._results = {key: one for key, one in self._results.items() if key[0][0] in current}
        self._rows = sum(rows for rows, _ in self._results.values())

    def clear(self) -> None:
        """Forget all results."""
        self.forget_others(())
