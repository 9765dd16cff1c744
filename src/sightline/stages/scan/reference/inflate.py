"""Decode deflate and gzip so that every byte before a failure is returned."""

from __future__ import annotations

import struct
import zlib


class Inflate:
    """A raw deflate stream (RFC 1951). After a failure it decodes again byte by byte as far as possible."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=-15)
        self._waiting = b""
        self._is_careful = False

    @property
    def eof(self) -> bool:
        """Return whether the stream has ended."""
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        """Return whether all input was used."""
        return not self._waiting

    @property
    def unused_data(self) -> bytes:
        """Return the bytes after the stream."""
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return at most that many decoded bytes. Raises zlib.error."""
        self._waiting += data
        before = self._stream.copy()
        try:
            piece = self._stream.decompress(self._waiting, 1 if self._is_careful else max_length)
        except zlib.error:
            if self._is_careful:
                raise
            self._stream, self._is_careful = before, True
            return self.decompress(b"", 1)
        self._waiting = self._stream.unconsumed_tail
        return piece


class Gzip:
    """A gzip member (RFC 1952). Its trailer is checked last, so that a wrong one costs no byte before it."""

    def __init__(self) -> None:
        self._inflate: Inflate | None = None
        self._checksum, self._size_bytes = 0, 0
        self._waiting = b""
        self.eof = False
        self.needs_input = True
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return at most that many decoded bytes. Raises zlib.error."""
        self._waiting += data
        if self._inflate is None:
            length = measure_header(self._waiting)
            if length is None:
                return b""
            self._inflate = Inflate()
            self._waiting = self._waiting[length:]
        if self._inflate.eof:
            self._end()
            return b""
        piece = self._inflate.decompress(self._waiting, max_length)
        self._checksum, self._size_bytes = zlib.crc32(piece, self._checksum), self._size_bytes + len(piece)
        self._waiting = self._inflate.unused_data
        self.needs_input = self._inflate.needs_input and not self._inflate.eof
        return piece

    def _end(self) -> None:
        self.needs_input = len(self._waiting) < 8
        if self.needs_input:
            return
        if struct.unpack("<II", self._waiting[:8]) != (self._checksum, self._size_bytes & 0xFFFFFFFF):
            raise zlib.error("the trailer does not agree")
        self.eof, self.unused_data = True, self._waiting[8:]


def measure_header(data: bytes) -> int | None:
    """Return the length of a gzip member's header, or None if it is incomplete. Raises zlib.error if it is invalid."""
    if len(data) < 10:
        return None
    flags = data[3]
    if data[:3] != b"\x1f\x8b\x08" or flags & 0xE0:
        raise zlib.error("not a gzip header")
    length = 10
    if flags & 4:
        length += 2 + int.from_bytes(data[10:12], "little")
    for flag in (8, 16):
        if flags & flag:
            length = data.find(b"\0", length) + 1
            if not length:
                return None
    length += 2 if flags & 2 else 0
    return length if length <= len(data) else None
