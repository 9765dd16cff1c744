"""One check and its result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a workspace or machine: its group (`name`), the result, and what to do about a problem."""

    name: str
    level: Level
    what: str
    advice: str | None = None


def report_ok(name: str, what: str) -> Check:
    """Return a check without a problem."""
    return Check(name, Level.OK, what)


def report_warning(name: str, what: str, advice: str) -> Check:
    """Return a check of something that may do harm, or that cannot be seen."""
    return Check(name, Level.WARNING, what, advice)


def report_problem(name: str, what: str, advice: str) -> Check:
    """Return a check of something that must be fixed."""
    return Check(name, Level.WRONG, what, advice)
