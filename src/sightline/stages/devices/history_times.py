"""Times of a browser's history that are bare numbers: which clock counted them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH_1601, EPOCH_1970 = datetime(1601, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_2001 = datetime(2001, 1, 1, tzinfo=UTC)
_BARE = re.compile(r"\s*([0-9]{1,19})(?:\.([0-9]{1,12}))?\s*", re.ASCII)
_EARLIEST, _LATEST = datetime(2001, 9, 9, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between these days no number is a time by two of `CLOCKS`."""


@dataclass(frozen=True, slots=True)
class HistoryClock:
    """The clock of a browser's history: counts of `1 / per_second` since `epoch`."""

    name: str
    epoch: datetime
    per_second: int

    def parse_time(self, number: str) -> datetime | None:
        """Return the time in UTC that a number says, cut to microseconds; None before 2001-09-09 and after 2199."""
        match = _BARE.fullmatch(number)
        if match is None:
            return None
        part = match[2] or ""
        scale = 10 ** len(part)
        microseconds = (int(match[1]) * scale + int(part or "0")) * 1_000_000 // (scale * self.per_second)
        if microseconds >= (_LATEST - self.epoch) // timedelta(microseconds=1):
            return None
        time = self.epoch + timedelta(microseconds=microseconds)
        return time if time >= _EARLIEST else None


CLOCKS = (
    HistoryClock("seconds since 1970", EPOCH_1970, 1),
    HistoryClock("milliseconds since 1970", EPOCH_1970, 1_000),
    HistoryClock("microseconds since 1970", EPOCH_1970, 1_000_000),
    HistoryClock("microseconds since 1601", EPOCH_1601, 1_000_000),
)
SAFARI = HistoryClock("seconds since 2001", EPOCH_2001, 1)
"""How Safari counts. The same number is a time of the 1990s by `CLOCKS`, so no file that needs it is read."""


def is_bare_number(text: str) -> bool:
    """Return whether a text is a number without anything else, as times are in a browser's database."""
    return _BARE.fullmatch(text) is not None


def find_clock(number: str) -> HistoryClock | None:
    """Return the clock by which a number says a time."""
    return next((clock for clock in CLOCKS if clock.parse_time(number)), None)
