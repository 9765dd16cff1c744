"""The bytes of a reply: plain, gzip, or members of a ZIP; and what is refused by its first bytes."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sightline.errors import DamagedInput, Refused, UsageError

Opener = Callable[[], IO[bytes]]
CSV_ADVICE = "ask for the CSV or XLSX of the same rows, as the notice asks"


@dataclass(frozen=True, slots=True)
class Member:
    """One file of rows: its name within an archive, how to open it, and how many bytes it has, if that is known."""

    name: str | None
    open: Opener
    size: int | None


def head_of(member: Member, size: int) -> bytes:
    """The first bytes of a member. Raises DamagedInput."""
    try:
        with member.open() as stream:
            return stream.read(size)
    except (OSError, EOFError, zlib.error) as why:
        raise DamagedInput(f"{member.name or 'the reply'} cannot be unpacked: {why}", hint="ask for it again") from None


def plain(path: Path) -> Member:
    """The file as it is. Raises DamagedInput."""
    try:
        return Member(None, lambda: path.open("rb"), path.stat().st_size)
    except OSError as why:
        raise DamagedInput(f"{path}: {why.strerror}") from None
