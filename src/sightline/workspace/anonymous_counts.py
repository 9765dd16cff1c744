"""Count events without a session or token, and write at most one journal row of a kind in fifteen minutes.

An unauthenticated visitor writes no row of the append-only journal: events are counted in memory, and the count becomes
a row.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

EACH = timedelta(minutes=15)
MOST_NAMES = 20
"""How many values of one label are counted separately. Further values are counted as others."""
OTHERS = "others"


@dataclass(slots=True)
class EventCount:
    """The events of one kind since its last row: how often, when, and their labels."""

    first: datetime
    last: datetime
    total: int = 0
    by: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, now: datetime, about: Mapping[str, str]) -> None:
        """Count one more event. Memory is bounded: see `MOST_NAMES`."""
        self.total, self.last = self.total + 1, now
        for label, value in about.items():
            names = self.by.setdefault(label, Counter())
            names[value if value in names or len(names) < MOST_NAMES else OTHERS] += 1

    def join(self, later: EventCount) -> None:
        """Add a later count to this one."""
        self.total, self.last = self.total + later.total, later.last
        for label, counts in later.by.items():
            names = self.by.setdefault(label, Counter())
            for value, count in counts.items():
                names[value if value in names or len(names) < MOST_NAMES else OTHERS] += count

    def __str__(self) -> str:
        """The counts, as a row tells them: `3, 14:00:03 to 14:14:59 UTC; why: 2 an unknown name, ...`."""
        same_day = self.first.date() == self.last.date()
        till = self.last.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S")
        when = "" if self.total == 1 else f" from {self.first:%Y-%m-%d %H:%M:%S} to {till} UTC"
        parts = (
            f"{label}: " + ", ".join(f"{count} {value}" for value, count in counts.most_common())
            for label, counts in self.by.items()
        )
        return "; ".join((f"{self.total} without a session or token{when}", *parts))


class AnonymousCounts:
    """Counts by kind. Kinds are few, and defined by the program. Safe for use by many threads."""

    def __init__(self) -> None:
        self._waiting: dict[str, EventCount] = {}
        self._told: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def add(self, kind: str, now: datetime, about: Mapping[str, str]) -> EventCount | None:
        """Count one event.

        Return its kind's whole count if a row is due now; None within fifteen minutes of the last row.
        """
        with self._lock:
            self._waiting.setdefault(kind, EventCount(now, now)).add(now, about)
            return self._take_count(kind, now) if self._is_due(kind, now) else None

    def take_due(self, now: datetime, *, at_end: bool = False) -> list[tuple[str, EventCount]]:
        """Return the counts that have waited fifteen minutes, by kind. `at_end` returns all that wait."""
        with self._lock:
            kinds = [kind for kind in self._waiting if at_end or self._is_due(kind, now)]
            return [(kind, self._take_count(kind, now)) for kind in kinds]

    def put_back(self, kind: str, counted: EventCount) -> None:
        """Count again what could not be written."""
        with self._lock:
            later = self._waiting.get(kind)
            if later is not None:
                counted.join(later)
            self._waiting[kind] = counted

    def _is_due(self, kind: str, now: datetime) -> bool:
        last_us = self._told.get(kind)
        # A clock that was set back must not delay rows.
        return last_us is None or not timedelta() <= now - last_us < EACH

    def _take_count(self, kind: str, now: datetime) -> EventCount:
        self._told[kind] = now
        return self._waiting.pop(kind)
