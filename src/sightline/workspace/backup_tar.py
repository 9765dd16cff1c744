"""A strict tar format for backups: any `tar` can unpack it, and a change of any byte is detected.

Plain files, mode 0600, no times or owners, zeros between them; at the end two blocks of zeros, and nothing more.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sightline.errors import DamagedInput

BLOCK = 512
PIECE = 1 << 20
LONGEST_NAME = 100
END = bytes(2 * BLOCK)
HINT = "take another copy of the backup, or an earlier one"


@dataclass(frozen=True, slots=True)
class BackupMember:
    """A file of the tar: its name, size and digest."""

    name: str
    sha256: str
    size_bytes: int


class TarWriter:
    """Writes members one after the other."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.members: list[BackupMember] = []
        self.written_bytes = 0

    def add(self, name: str, size_bytes: int, pieces: Iterable[bytes]) -> BackupMember:
        """Write one member. Raises DamagedInput if the pieces have another size."""
        digest, left = hashlib.sha256(), size_bytes
        self._write(_build_header(name, size_bytes))
        for piece in pieces:
            digest.update(piece)
            left -= len(piece)
            self._write(piece)
        if left:
            raise DamagedInput(f"{name} changed its size while it was read", hint="run it again")
        self._write(bytes(-size_bytes % BLOCK))
        member = BackupMember(name, digest.hexdigest(), size_bytes)
        self.members.append(member)
        return member

    def end(self) -> None:
        """Write the end of the tar."""
        self._write(END)

    def _write(self, piece: bytes) -> None:
        self._stream.write(piece)
        self.written_bytes += len(piece)


@dataclass(frozen=True, slots=True)
class BackupPart:
    """A member that is being read. `pieces` yields its bytes, once."""

    name: str
    size_bytes: int
    pieces: Iterator[bytes]

    def read_all(self) -> bytes:
        """Return all its bytes."""
        return b"".join(self.pieces)


def read_parts(stream: BinaryIO, path: Path) -> Iterator[BackupPart]:
    """Yield the members in order. Raises DamagedInput, which names the member, for any other form of tar."""
    last = "its beginning"
    while True:
        block = stream.read(BLOCK)
        if block == END[:BLOCK]:
            if stream.read(BLOCK) != END[:BLOCK] or stream.read(1):
                raise DamagedInput(f"{path}: its end is damaged, after {last}", hint=HINT)
            return
        last, size = _parse_header(block, path, last)
        pieces = _read_pieces(stream, size, f"{path}: cut off in {last}")
        yield BackupPart(last, size, pieces)
        for _ in pieces:
            pass
        if any(stream.read(-size % BLOCK)):
            raise DamagedInput(f"{path}: damaged after {last}", hint=HINT)


def _build_header(name: str, size_bytes: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size_bytes, 0o600
    block = info.tobuf(tarfile.GNU_FORMAT)
    assert len(name) <= LONGEST_NAME and len(block) == BLOCK, f"{name} is too long a name"
    return block


def _parse_header(block: bytes, path: Path, last: str) -> tuple[str, int]:
    """Name and size of a header. Raises DamagedInput for one that we would not write."""
    what = "cut off" if len(block) < BLOCK else "no backup, or damaged,"
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        if _build_header(info.name, info.size) == block:
            return info.name, info.size
    except (tarfile.HeaderError, ValueError, AssertionError):
        pass
    raise DamagedInput(f"{path}: {what} after {last}", hint=HINT)


def _read_pieces(stream: BinaryIO, size_bytes: int, cut_off: str) -> Iterator[bytes]:
    left = size_bytes
    while left:
        piece = stream.read(min(left, PIECE))
        if not piece:
            raise DamagedInput(cut_off, hint=HINT)
        left -= len(piece)
        yield piece
