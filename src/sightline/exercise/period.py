"""The dates of a world's visits: a fixed calendar, shifted by its seed, independent of any clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
SMALL = 20_000
"""The number of sessions below which a world is two weeks long, not two months, so that small worlds are not empty."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a world, half-open. It contains the night in which Sydney's summer time ends."""

    begins: datetime
    ends: datetime

    @property
    def begins_us(self) -> int:
        """Return its beginning in microseconds since 1970."""
        return count_micros(self.begins)

    @property
    def ends_us(self) -> int:
        """Return its end in microseconds since 1970."""
        return count_micros(self.ends)

    def find_midnight(self, part: float) -> datetime:
        """Return the last midnight before `part` of the period, from 0 to 1, has passed."""
        whole = self.begins + (self.ends - self.begins) * part
        return whole.replace(hour=0, minute=0, second=0, microsecond=0)


def choose_period(sessions: int, seed: int) -> Period:
    """Return the period of a world of that size and seed."""
    ends = datetime(2026, 4, 7, tzinfo=UTC) + timedelta(days=seed % 3)
    return Period(ends - timedelta(days=14 if sessions < SMALL else 60), ends)


def count_micros(at: datetime) -> int:
    """Return the microseconds since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
