"""What the rows say of their columns beside types: keys, what they refer to, what is secret."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class To:
    """Marks a column that refers to a row of that table by its key."""

    table: str


class Mark(Enum):
    """What else is said of a column beside its type."""

    KEY = "part of the primary key"
    UNSEALED = "no commitment covers it: a secret that is committed to elsewhere, or what a sign-in counts"
    HASHED = "a commitment covers its SHA-256: a secret"


KEY, UNSEALED, HASHED = Mark.KEY, Mark.UNSEALED, Mark.HASHED
