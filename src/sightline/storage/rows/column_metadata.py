"""Column metadata beyond the type: keys, references, secrets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class RowReference:
    """Marks a column that refers to a row of another table by its key."""

    table: str


class ColumnMetadata(Enum):
    """Other metadata of a column."""

    KEY = "part of the primary key"
    UNSEALED = "no commitment covers it: a secret that is committed to elsewhere, or what a sign-in counts"
    HASHED = "a commitment covers its SHA-256: a secret"


KEY, UNSEALED, HASHED = ColumnMetadata.KEY, ColumnMetadata.UNSEALED, ColumnMetadata.HASHED
