"""Places in files that grow: how a place is found again after rotation, truncation or a restart.

A place is an inode, an offset and the digest of the bytes just before that offset. A file whose bytes before the offset
have that digest is the file that was read, whatever it is called now.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TypeAlias

from sightline.errors import DamagedInput

TAIL_BYTES = 4096
"""The length of the stretch before a place whose digest finds it again."""
Stream: TypeAlias = IO[bytes] | gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile
PACKED: Mapping[str, Callable[[IO[bytes]], Stream]] = {
    ".gz": lambda stream: gzip.GzipFile(fileobj=stream),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}
"""How files that were compressed on rotation are read, by the ends of their names."""


UNFINISHED = (".tmp", ".part", ".partial", ".swp", "~")
"""Ends of names of files that are still being written, or edited."""
OTHERWISE_PACKED = (".zst", ".lz4", ".lzma", ".lz", ".lzo", ".Z", ".zip", ".7z")
"""Ends of names of compressed files that a watch does not unpack. A scan reads zstd and zip."""


@dataclass(frozen=True, slots=True)
class ReadPosition:
    """A place in a file, up to which it was read.

    `is_start`: reading begins there, and the digest is of the bytes behind the place. `first_offset`: where the bytes
    begin that were read together up to the place. `is_older`: the place is no place of the log, but in a rotated file
    that was there before the log was begun, and is not read.
    """

    file_id: str
    offset: int
    tail_bytes: int
    tail_sha256: str
    is_start: bool = False
    first_offset: int = 0
    is_older: bool = False

    @property
    def tail_offset(self) -> int:
        """Return where the bytes begin of which the digest is."""
        return self.offset if self.is_start else self.offset - self.tail_bytes


@dataclass(frozen=True, slots=True)
class OpenLog:
    """An open file of a feed: its name, its stream of unpacked bytes, and what the system says of it."""

    path: Path
    stream: Stream
    file_id: str
    size_bytes: int
    changed_ns: int

    @property
    def is_packed(self) -> bool:
        """Return whether it was compressed, and so is closed."""
        return self.path.suffix in PACKED

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` unpacked bytes from an offset. Raises DamagedInput if they cannot be unpacked."""
        try:
            self.stream.seek(offset)
            return self.stream.read(length)
        except (EOFError, lzma.LZMAError, zlib.error, OSError) as error:
            raise DamagedInput(
                f"{self.path}: it cannot be read at {offset}: {error}", hint="restore it, or move it away and go on"
            ) from None

    def holds(self, place: ReadPosition) -> bool:
        """Return whether the bytes before a place are those that were read there."""
        if not self.is_packed and self.size_bytes < place.offset:
            return False
        try:
            tail = self.read(place.tail_offset, place.tail_bytes)
        except DamagedInput:
            return False
        return len(tail) == place.tail_bytes and hashlib.sha256(tail).hexdigest() == place.tail_sha256


@contextmanager
def open_log(path: Path) -> Iterator[OpenLog | None]:
    """Yield a regular file for reading, or None if there is none of that name."""
    try:
        # A named pipe would otherwise wait until somebody writes into it.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise DamagedInput(
            f"{path}: {error.strerror}", hint="let this account read it; the feed goes on then"
        ) from None
    about = os.fstat(number)
    if not stat.S_ISREG(about.st_mode):
        os.close(number)
        raise DamagedInput(
            f"{path}: it is no regular file",
            hint="put the log back; a named pipe is read with: sightline watch - < PIPE",
        )
    with os.fdopen(number, "rb") as stream:
        unpack = PACKED.get(path.suffix)
        yield OpenLog(path, unpack(stream) if unpack else stream, str(about.st_ino), about.st_size, about.st_mtime_ns)


def find_file_id(path: Path) -> str | None:
    """Return the identity of a regular file, or None if there is none of that name."""
    try:
        about = path.stat()
    except OSError:
        return None
    return str(about.st_ino) if stat.S_ISREG(about.st_mode) else None


def is_beginning_of(log: OpenLog, current: OpenLog) -> bool:
    """Return whether the current log begins with all bytes of a file, as far as its first and last ones say."""
    if log.is_packed or not 0 < log.size_bytes <= current.size_bytes:
        return False
    first = max(0, log.size_bytes - TAIL_BYTES)
    return all(
        log.read(offset, min(TAIL_BYTES, log.size_bytes)) == current.read(offset, min(TAIL_BYTES, log.size_bytes))
        for offset in (0, first)
    )


def start_of(log: OpenLog | None) -> ReadPosition:
    """Return the place at the beginning of a log, found again by its first bytes. None: there is no log yet."""
    if log is None:
        return ReadPosition("", 0, 0, "", is_start=True)
    head = log.read(0, TAIL_BYTES)
    return ReadPosition(log.file_id, 0, len(head), hashlib.sha256(head).hexdigest(), is_start=True)


def compute_end_place(log: OpenLog) -> ReadPosition:
    """Return the place by which a rotated file that is not read is known: at its end, or at the start of a packed one.

    Raises DamagedInput if it cannot be unpacked.
    """
    if log.is_packed:
        return replace(start_of(log), is_older=True)
    length = min(TAIL_BYTES, log.size_bytes)
    tail = log.read(log.size_bytes - length, length)
    return ReadPosition(log.file_id, log.size_bytes, length, hashlib.sha256(tail).hexdigest(), is_older=True)


def compute_place_after(file_id: str, first_offset: int, content: bytes) -> ReadPosition:
    """Return the place after content that was read from an offset."""
    tail = content[-TAIL_BYTES:]
    tail_sha256 = hashlib.sha256(tail).hexdigest()
    return ReadPosition(file_id, first_offset + len(content), len(tail), tail_sha256, first_offset=first_offset)


def list_rotated_logs(path: Path) -> list[Path]:
    """Return the files beside a log that rotation may have made of it: `NAME.1`, `NAME-20260301.gz`, by name.

    A name that ends as those of unfinished or otherwise packed files is none: its bytes are no lines.
    """
    return [beside for beside in _list_files_beside(path) if not beside.name.endswith((*UNFINISHED, *OTHERWISE_PACKED))]


def list_unreadable_logs(path: Path) -> list[Path]:
    """Return the files beside a log that rotation may have packed in a way that a watch does not unpack."""
    return [beside for beside in _list_files_beside(path) if beside.name.endswith(OTHERWISE_PACKED)]


def _list_files_beside(path: Path) -> list[Path]:
    paths: list[Path] = []
    with suppress(OSError):
        paths = [
            beside for beside in path.parent.iterdir() if beside.name.startswith(path.name) and beside.name != path.name
        ]
    return sorted(rotated for rotated in paths if rotated.name[len(path.name)] in ".-_" and rotated.is_file())
