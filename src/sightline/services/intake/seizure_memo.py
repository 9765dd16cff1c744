"""Digests of a seizure memo: SHA-256 of files, as `sha256sum` writes them, or bare."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from sightline.errors import UsageError

LINE = re.compile(r"(?P<digest>[0-9a-f]{64})(?:\s+\*?(?P<name>\S.*))?", re.IGNORECASE)
MOST_LINES = 10_000


@dataclass(frozen=True, slots=True)
class SeizureMemo:
    """Digests in lower case: of named files, and of files that the memo does not name."""

    named: Mapping[str, str]
    bare: frozenset[str]

    def find_digests(self, name: str) -> frozenset[str]:
        """Return the digests that a file of this name may have. Empty if the memo says nothing of it."""
        for spelling in (name, PurePosixPath(name).name):
            if spelling in self.named:
                return frozenset({self.named[spelling]})
        return self.bare


def read_memo(text: str) -> SeizureMemo:
    """Return the digests of a memo: one a line, with or without the name of its file. Raises UsageError."""
    named: dict[str, str] = {}
    bare: set[str] = set()
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) > MOST_LINES:
        raise UsageError(f"the seizure memo has more than {MOST_LINES} lines", hint="make an intake for each part")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        match = LINE.fullmatch(line)
        if match is None:
            raise UsageError(
                f"line {number} of the seizure memo is no SHA-256",
                hint="write 64 hexadecimal characters, and the file's name behind them if there are several files",
            )
        digest, name = match["digest"].lower(), (match["name"] or "").replace("\\", "/").removeprefix("./")
        if not name:
            bare.add(digest)
        elif named.setdefault(name, digest) != digest:
            what = f"the seizure memo has two digests of one file, in line {number}"
            raise UsageError(what, hint="leave one of them")
    return SeizureMemo(named, frozenset(bare))
