"""The times of a format's records: how exact they are, whether a request starts or ends then, how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

LOOK_BACK_S = 60
"""How long before the end of a request it is taken to have begun, where the log holds no duration.

Servers give up a request whose client neither reads nor sends for 60 s (nginx `send_timeout`, `client_body_timeout`;
Apache `Timeout`), so nearly all of a page's requests are shorter. Longer transfers are known only by a duration.
"""


class TimeIs(StrEnum):
    """Which instant of a request the time of a record is."""

    START = "start"
    END = "end"


UNITS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}
"""Microseconds of each unit of a duration."""


@dataclass(frozen=True, slots=True)
class Duration:
    """Where the raw frame holds how long a request took: the sum of what `patterns` find, each with one group.

    `is_sure`: it is the duration wherever all patterns fit. Otherwise each may find another number: the longest counts,
    and only where it is longer than LOOK_BACK_S.
    """

    patterns: tuple[str, ...]
    unit: str
    is_sure: bool = True


LAST_NUMBER = (
    r'^[^"]*"(?:[^"\\]|\\.)*" [0-9]{3} [^ "]+'
    r'(?: (?:[a-z_]+=)?(?:"(?:[^"\\]|\\.)*"|[^ "]*))*'
    r" (?:[a-z_]+=)?([0-9]+(?:\.[0-9]+)?)$"
)
"""The number at the end of a line of the common or combined log, behind all that a visitor chooses."""


@dataclass(frozen=True, slots=True)
class Times:
    """The times of a format's records. A format that says nothing is taken to log the end: the earliest start is known.

    `is_fractional`: some layout reads fractions of a second; `is_coarse`: some layout reads no seconds at all.
    `is_declarable`: servers that write this format differ in which instant they write, and how long a request took.
    """

    time_is: TimeIs = TimeIs.END
    duration: Duration | None = None
    is_fractional: bool = True
    is_coarse: bool = True
    is_declarable: bool = False

    def declared(self, time_is: TimeIs | None, duration_unit: str | None) -> Times:
        """The times as an officer declares them of a server, where servers decide; None: as the format says."""
        if not self.is_declarable or time_is is None:
            return self
        if time_is is TimeIs.START:
            return replace(self, time_is=time_is, duration=None)
        if duration_unit is None:
            return replace(self, time_is=time_is)
        return replace(self, time_is=time_is, duration=Duration((LAST_NUMBER,), duration_unit))

    def tree(self) -> dict[str, Any]:
        """The declaration as a run's manifest keeps it."""
        return asdict(self)

    @property
    def look_back_us(self) -> int:
        """How long before its time a request may have begun where no duration is read."""
        return 0 if self.time_is is TimeIs.START else LOOK_BACK_S * 1_000_000

    @property
    def coarsest_us(self) -> int:
        """How long the instant lasts that the least precise of its layouts names."""
        return 60_000_000 if self.is_coarse else 1_000_000

    @property
    def needs_raw(self) -> bool:
        """Whether how long a request took is read out of its raw frame."""
        return self.time_is is TimeIs.END and self.duration is not None


UNKNOWN = Times()
"""What is taken of a format of which nothing is known."""


def times_of(tree: Mapping[str, Any]) -> Times:
    """The declaration that a manifest keeps. Raises ValueError where it is none."""
    try:
        said = dict(tree["duration"]) if tree["duration"] is not None else None
        duration = Duration(tuple(said["patterns"]), said["unit"], said["is_sure"]) if said is not None else None
        is_declarable = bool(tree.get("is_declarable", False))
        return Times(TimeIs(tree["time_is"]), duration, tree["is_fractional"], tree["is_coarse"], is_declarable)
    except (KeyError, TypeError, ValueError) as why:
        raise ValueError(f"no declaration of times: {why}") from None
