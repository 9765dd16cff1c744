"""Keep small segments in the memory of a process. A registered segment never changes, so what is read of it does not.

A live feed makes a small segment of each part. To read each of them again for every rebuild takes most of its time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Set
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from sightline.services.sessions.current_runs import CurrentRun

SMALL = 1 << 12
"""Maximum rows of a segment that is remembered."""
ROWS = 1 << 19
"""Maximum rows of all segments whose hits are remembered by a process: about 80 MB."""
LEAST_ROWS = 1 << 4
"""What is read of a segment counts as 16 rows at least, because its place among the others takes as much as these.

So a process remembers at most 32,768 segments.
"""


T = TypeVar("T")
SegmentKey = tuple[str, int]
"""The run of a segment, and its number."""


class SegmentFile(NamedTuple):
    """A segment file of a current run. `source` is an ordinal, `number` the number of the segment in its run.

    `open_path`: returns the path of `file` when it is read. Of most segments of a feed, all is remembered. A named
    tuple, because each rebuild makes one for each segment, and a frozen dataclass takes three times as long.
    """

    current_run: CurrentRun
    file: str
    rows: int
    source: int
    number: int
    open_path: Callable[[str], Path] = Path

    @property
    def path(self) -> Path:
        """Return the path of the file. Raises DamagedInput if the store does not have it."""
        return self.open_path(self.file)

    @property
    def key(self) -> SegmentKey:
        """Return its run and number."""
        return self.current_run.run.run_id, self.number

    @property
    def is_small(self) -> bool:
        """Return whether what is read of it is remembered."""
        return self.rows <= SMALL


class SegmentMemory(Generic[T]):
    """The newest result of each segment. `key` is what else a result follows from."""

    def __init__(self) -> None:
        self._results: dict[SegmentKey, tuple[Hashable, int, T]] = {}
        self._keys: dict[Hashable, Hashable] = {}
        self._runs: set[str] = set()
        self._rows = 0
        self._has_dropped = False

    def __iter__(self) -> Iterator[T]:
        """Yield all results."""
        return (result for _, _, result in self._results.values())

    def find(self, segment: SegmentKey, key: Hashable = None) -> T | None:
        """Return the result of a segment, or None if it is not known."""
        entry = self._results.get(segment)
        return entry[2] if entry is not None and entry[0] == key else None

    def put(self, segment: SegmentKey, key: Hashable, rows: int, result: T) -> bool:
        """Remember a result, unless too many rows are remembered already. Return whether it is remembered."""
        if (older := self._results.pop(segment, None)) is not None:
            self._rows -= older[1]
            self._has_dropped = True
        rows = max(LEAST_ROWS, rows)
        if self._rows + rows > ROWS:
            return False
        self._rows += rows
        # Most segments of a feed have equal keys: one is kept for all of them.
        self._results[segment] = self._keys.setdefault(key, key), rows, result
        self._runs.add(segment[0])
        return True

    def forget_others(self, runs: Iterable[str]) -> bool:
        """Forget the segments of all runs but these: they were purged, or no lead rests on them any more.

        Return False if nothing was forgotten, or replaced since the last call.
        """
        current = runs if isinstance(runs, Set) else set(runs)
        if not self._has_dropped and self._runs <= current:
            return False
        self._has_dropped = False
        self._runs &= current
        self._results = {segment: one for segment, one in self._results.items() if segment[0] in current}
        self._keys = {key: key for key, _, _ in self._results.values()}
        self._rows = sum(rows for _, rows, _ in self._results.values())
        return True

    def clear(self) -> None:
        """Forget all results."""
        self.forget_others(())
