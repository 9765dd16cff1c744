"""Timing of a format's records: their precision, whether a time is a request's start or end, and the duration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

LOOK_BACK_S = 60
"""The longest assumed time between a request's start and its end, for logs without durations.

Servers give up a request whose client neither reads nor sends for 60 s (nginx `send_timeout`, `client_body_timeout`;
Apache `Timeout`), so nearly all of a page's requests are shorter. Longer transfers are known only by a duration.
"""


class TimeIs(StrEnum):
    """The instant of a request that a record's time states: its start or its end."""

    START = "start"
    END = "end"


UNITS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}
"""Microseconds in each unit of duration."""


@dataclass(frozen=True, slots=True)
class Duration:
    """The part of a raw frame with a request's duration: the sum of what `patterns` match, with one group each.

    `is_sure`: the number is the duration wherever all patterns fit. Otherwise each may find another number: the longest
    counts, and only if it is longer than LOOK_BACK_S.
    """

    patterns: tuple[str, ...]
    unit: str
    is_sure: bool = True


LAST_NUMBER = (
    r'^[^"]*"(?:[^"\\]|\\.)*" [0-9]{3} [^ "]+'
    r'(?: (?:[a-z_]+=)?(?:"(?:[^"\\]|\\.)*"|[^ "]*))*'
    r" (?:[a-z_]+=)?([0-9]+(?:\.[0-9]+)?)$"
)
"""The number at the end of a common or combined log line, after every field that a visitor controls."""


@dataclass(frozen=True, slots=True)
class Times:
    """The timing of a format's records.

    The default is to log a request's end, because its earliest start is then known.

    `is_fractional`: some layout reads fractions of a second; `is_coarse`: some layout reads no seconds at all.
    `is_declarable`: servers that write this format differ in which instant they write, and how long a request took.
    """

    time_is: TimeIs = TimeIs.END
    duration: Duration | None = None
    is_fractional: bool = True
    is_coarse: bool = True
    is_declarable: bool = False

    def with_declaration(self, time_is: TimeIs | None, duration_unit: str | None) -> Times:
        """Return the timing as an officer declared it for a server, where servers decide.

        None keeps the format's own value.
        """
        if not self.is_declarable or time_is is None:
            return self
        if time_is is TimeIs.START:
            return replace(self, time_is=time_is, duration=None)
        if duration_unit is None:
            return replace(self, time_is=time_is)
        return replace(self, time_is=time_is, duration=Duration((LAST_NUMBER,), duration_unit))

    def to_tree(self) -> dict[str, Any]:
        """Return the declaration as a run's manifest stores it."""
        return asdict(self)

    @property
    def look_back_us(self) -> int:
        """Return how long before its time a request may have begun where no duration is read, in microseconds."""
        return 0 if self.time_is is TimeIs.START else LOOK_BACK_S * 1_000_000

    @property
    def coarsest_us(self) -> int:
        """Return how long the instant lasts that the least precise layout names, in microseconds."""
        return 60_000_000 if self.is_coarse else 1_000_000

    @property
    def needs_raw(self) -> bool:
        """Return whether durations are read from raw frames."""
        return self.time_is is TimeIs.END and self.duration is not None


UNKNOWN = Times()
"""The assumptions for an unknown format."""


def parse_times(tree: Mapping[str, Any]) -> Times:
    """Read the declaration that a manifest stores. Raises ValueError for an invalid one."""
    try:
        lasting = dict(tree["duration"]) if tree["duration"] is not None else None
        duration = (
            Duration(tuple(lasting["patterns"]), lasting["unit"], lasting["is_sure"]) if lasting is not None else None
        )
        is_declarable = bool(tree.get("is_declarable", False))
        return Times(TimeIs(tree["time_is"]), duration, tree["is_fractional"], tree["is_coarse"], is_declarable)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"no declaration of times: {error}") from None
