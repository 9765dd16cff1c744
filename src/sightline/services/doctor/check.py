"""One thing that was looked at, and how it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at (`name` groups lines), how it is, and what to do about it if it is not all right."""

    name: str
    level: Level
    what: str
    advice: str | None = None


def ok(name: str, what: str) -> Check:
    """A thing that is all right."""
    return Check(name, Level.OK, what)


def warning(name: str, what: str, advice: str) -> Check:
    """A thing that may do harm, or that cannot be seen."""
    return Check(name, Level.WARNING, what, advice)


def wrong(name: str, what: str, advice: str) -> Check:
    """A thing that must be put right."""
    return Check(name, Level.WRONG, what, advice)
