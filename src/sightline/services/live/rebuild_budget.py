"""The number of bytes that the rebuilds of a watch may write: each part and each day adds some.

A generation names all runs with hits and holds all leads, so it grows with the number of parts. One rebuild for each
part with hits would make the workspace grow with the square of that number. A rebuild waits until it has been earned.
Then the workspace grows with the number of parts and with time, and leads come later, the more parts there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sightline.storage import generations
from sightline.storage.rows import Generation, Segment

PART_BYTES = 32 << 10
"""Bytes that each part earns for rebuilds, beside those of its segments. A part itself takes about half as much."""
DAY_BYTES = 2 << 30
"""Bytes that each day earns."""
DAY_S = 86_400
START_S = DAY_S // 4
"""A watch begins as if it had earned for this time, in seconds: at first, leads come at once."""
ENTRIES_BYTES = 4 << 10
"""About the bytes of a rebuild's ledger entries, intent and checkpoint."""


@dataclass(slots=True)
class RebuildBudget:
    """The bytes that a watch's rebuilds wrote, and those added so far. `since_s`: when the watch began, in seconds."""

    since_s: float
    day_bytes: int = DAY_BYTES
    _earned: int = 0
    _written: int = 0

    def earn(self, segments: Iterable[Segment]) -> None:
        """Take a part that was registered, with the segments of its run."""
        self._earned += PART_BYTES + sum(segment.size_bytes for segment in segments)

    def spend(self, generation: Generation, stored_inputs: str) -> None:
        """Take a generation that a rebuild registered, with the text of its inputs as it is stored."""
        self._written += measure_generation_bytes(replace(generation, inputs_json=stored_inputs))

    def allows(self, now_s: float) -> bool:
        """Return whether what was earned covers what was written. So at most one generation more is written."""
        return self._count_missing_bytes(now_s) <= 0

    def compute_due_s(self, now_s: float) -> float | None:
        """Return after how many seconds a rebuild is earned if no more parts come. None if it never is."""
        missing = max(0.0, self._count_missing_bytes(now_s))
        return missing * DAY_S / self.day_bytes if self.day_bytes else None if missing else 0.0

    def _count_missing_bytes(self, now_s: float) -> float:
        return self._written - self._earned - self.day_bytes * (now_s - self.since_s + START_S) / DAY_S


def measure_generation_bytes(generation: Generation) -> int:
    """Return about how many bytes a generation takes: its files, its row and its entries."""
    texts = (generation.inputs_json, generation.account_json, generation.files_json)
    return (
        ENTRIES_BYTES
        + sum(map(len, texts))
        + sum(file.size_bytes for file in generations.list_generation_files(generation))
    )
