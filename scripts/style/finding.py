"""A finding of the style check, and what all its parts share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAX_COLUMNS = 120
BANNED = re.compile(
    r"\b(?:whoever|whom|anew|thereof|so many|such as are|the told|what is kept|(?<!there )is nothing|operations room"
    r"|the door|take along|taken along)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"
