"""Alarms of feeds: lag, silence, rejects and clocks, each with a limit that an officer can set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CLOCK_AHEAD_US = 300 * 1_000_000
"""How far the times of records may lie after the instant at which they were registered: five minutes."""


class Alarm(StrEnum):
    """A present problem of a feed."""

    LAG = "lag"
    """More bytes, or messages of a broker, wait in its input than the limit."""
    SILENT = "silent"
    """No part came for longer than the limit."""
    REJECTS = "rejects"
    """Of its newest lines, more were rejected than the limit."""
    CLOCK = "clock"
    """Its newest records are of a time that is still to come: its clock, or its zone, is wrong."""
    FULL = "full"
    """It is refused room: a disk has less than the limit of its watch, or more waits in its input."""
    DAMAGED = "damaged"
    """Files of its spool folder could not be read, and were set aside."""
    GAP = "gap"
    """Something of it is missing, or its chain of parts is broken."""


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """The limits beyond which a feed raises an alarm."""

    lag_bytes: int = 1 << 30
    silence_s: float = 900.0
    rejects_percent: float = 1.0
    lag_messages: int = 1_000_000


LIMITS = AlarmLimits()
