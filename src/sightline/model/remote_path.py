"""Paths of exhibits that no file of this machine holds, such as objects of a store."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import PosixPath
from typing import Any, Protocol

from sightline.errors import SightlineError

SCHEME = "s3://"


class RemoteReader(Protocol):
    """Reads one exhibit. The kernel calls `read`, on threads of its own."""

    name: str
    size_bytes: int
    failure: SightlineError | None
    """The error that ended the reading. The kernel knows only that the reading ended."""

    def prefetch(self) -> None:
        """Ask for the beginning, which is needed soon."""

    def read(self, offset: int) -> bytes:
        """Return the bytes at `offset`: one or more, if it is within the exhibit."""


class RemotePath(PosixPath):
    """A path that is read over a network. It has the methods of paths that exhibits need, and no others work."""

    def __new__(cls, name: str, *_: Any) -> RemotePath:  # noqa: ANN401  - what a subclass adds
        """Return a path that is called so."""
        return super().__new__(cls, name)

    def __init__(self, name: str) -> None:
        if sys.version_info >= (3, 12):
            super().__init__(name)
        self._name = name

    def __str__(self) -> str:
        return self._name

    def __fspath__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r})"

    def list_objects(self) -> Iterator[RemotePath]:
        """Yield the objects of the store whose names begin with this path."""
        raise NotImplementedError

    def list_parts_below(self, folder: RemotePath) -> tuple[bytes, ...]:
        """Return the parts of the name that follow a folder's."""
        raise NotImplementedError

    def open_reader(self) -> RemoteReader:
        """Return what reads the exhibit."""
        raise NotImplementedError

    def open(self, mode: str = "rb", buffering: int = -1, *_: Any, **__: Any) -> Any:  # noqa: ANN401
        """Return the exhibit as a stream of bytes."""
        assert mode == "rb"
        stream = RemoteStream(self.open_reader())
        return io.BufferedReader(stream) if buffering else stream


class RemoteStream(io.RawIOBase):
    """An exhibit as a stream."""

    def __init__(self, reader: RemoteReader) -> None:
        self._reader, self._offset, self._piece, self._start = reader, 0, b"", 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._offset

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._reader.size_bytes}[whence]
        self._offset = max(0, origin + offset)
        return self._offset

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401  - of any kind that holds bytes
        """Fill a buffer with the next bytes, and return their number."""
        if self._offset >= self._reader.size_bytes:
            return 0
        if not self._start <= self._offset < self._start + len(self._piece):
            self._piece, self._start = self._reader.read(self._offset), self._offset
        place = self._offset - self._start
        result = self._piece[place : place + len(buffer)]
        buffer[: len(result)] = result
        self._offset += len(result)
        return len(result)


def is_remote(name: str) -> bool:
    """Return whether an exhibit of this name is kept in a store."""
    return name.startswith(SCHEME)
