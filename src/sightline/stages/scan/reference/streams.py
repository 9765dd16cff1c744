"""Decompression as streams that say where they break: gzip, bzip2 and xz, concatenated or not."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from sightline.records import RejectCode
from sightline.stages.scan.options import Limits

PIECE_BYTES = 1 << 16


class BrokenError(Exception):
    """A stream cannot be read on; all bytes before the break were given."""

    def __init__(self, code: RejectCode) -> None:
        super().__init__(code)
        self.code = code


class Budget:
    """What an exhibit may still unfold to."""

    def __init__(self, limits: Limits, outer_bytes: int) -> None:
        self.limits = limits
        self._left_bytes = min(limits.decoded_bytes, limits.free_bytes + limits.ratio * outer_bytes)
        self._left_members = limits.members

    def spend(self, count: int) -> None:
        """Count decoded bytes; raise BrokenError when they are too many."""
        self._left_bytes -= count
        if self._left_bytes < 0:
            raise BrokenError(RejectCode.DECOMPRESSION_LIMIT)

    def spend_member(self) -> None:
        """Count a member; raise BrokenError when there are too many."""
        self._left_members -= 1
        if self._left_members < 0:
            raise BrokenError(RejectCode.DECOMPRESSION_LIMIT)


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end. Raises BrokenError at a break."""
        ...


class Held:
    """The bytes of an exhibit; the break `input-shrank` behind them where it shrank."""

    def __init__(self, content: bytes, *, shrank: bool) -> None:
        self._stream = io.BytesIO(content)
        self._shrank = shrank

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        piece = self._stream.read(size)
        if not piece and self._shrank:
            raise BrokenError(RejectCode.INPUT_SHRANK)
        return piece


class Peeked:
    """A source and its first bytes, which are given again. A break among them comes where it stands."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._broken: BrokenError | None = None
        self.head = b""
        try:
            while len(self.head) < size and (piece := source.read(size - len(self.head))):
                self.head += piece
        except BrokenError as broken:
            self._broken = broken
        self._ahead = self.head

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        if self._ahead:
            piece, self._ahead = self._ahead[:size], self._ahead[size:]
            return piece
        if self._broken:
            raise self._broken
        return self._source.read(size)


class Decoder(Protocol):
    """One compressed stream, as Python's modules for bzip2 and xz have it."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether more input must come before more output can."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What stands behind the stream."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most so many decoded bytes."""
        ...


class Gzip:
    """A gzip member (RFC 1952) as a `Decoder`. Before it fails it gives what can be decoded."""

    def __init__(self) -> None:
        self._inflate: zlib._Decompress | None = None
        self._checksum, self._size = 0, 0
        self._waiting = b""
        self._is_careful = False
        self.eof = False
        self.needs_input = True
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most so many decoded bytes."""
        self._waiting += data
        if self._inflate is None:
            length = gzip_header_bytes(self._waiting)
            if length is None:
                return b""
            self._waiting = self._waiting[length:]
            self._inflate = zlib.decompressobj(wbits=-15)
        piece = self._inflated(self._inflate, 1 if self._is_careful else max_length)
        self._checksum, self._size = zlib.crc32(piece, self._checksum), self._size + len(piece)
        self.needs_input = not self._waiting
        # The trailer is looked at in a call of its own, so that a false one costs no byte before it.
        if self._inflate.eof and not piece:
            self._end()
        return piece

    def _inflated(self, inflate: zlib._Decompress, max_length: int) -> bytes:
        if inflate.eof:
            return b""
        before = inflate.copy()
        try:
            piece = inflate.decompress(self._waiting, max_length)
        except zlib.error:
            if self._is_careful:
                raise
            self._is_careful, self._inflate = True, before
            return self._inflated(before, 1)
        self._waiting = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        return piece

    def _end(self) -> None:
        if len(self._waiting) < 8:
            self.needs_input = True
        elif struct.unpack("<II", self._waiting[:8]) != (self._checksum, self._size & 0xFFFFFFFF):
            raise zlib.error("the trailer does not agree")
        else:
            self.eof, self.unused_data = True, self._waiting[8:]


def gzip_header_bytes(data: bytes) -> int | None:
    """The length of a gzip member's header; None where it has not ended yet. Raises zlib.error for none."""
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


DECODERS: dict[bytes, Callable[[], Decoder]] = {
    b"\x1f\x8b\x08": Gzip,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lzma.LZMADecompressor,
}
"""What decodes a stream that begins so."""


class Decompressed:
    """The decoded bytes of a source's streams, one after the other; zeros behind a stream are padding."""

    def __init__(self, source: Source, magic: bytes, budget: Budget) -> None:
        self._source, self._magic, self._budget = source, magic, budget
        self._given = self._pieces()
        self._ahead = b""

    def read(self, size: int, /) -> bytes:
        """The next decoded bytes."""
        if not self._ahead:
            self._ahead = next(self._given, b"")
        piece, self._ahead = self._ahead[:size], self._ahead[size:]
        return piece

    def _pieces(self) -> Iterator[bytes]:
        rest = self._source.read(PIECE_BYTES)
        while rest:
            decoder: Decoder = DECODERS[self._magic]()
            yield from self._stream(decoder, rest)
            rest = decoder.unused_data.lstrip(b"\0")
            while not rest and (piece := self._source.read(PIECE_BYTES)):
                rest = piece.lstrip(b"\0")

    def _stream(self, decoder: Decoder, data: bytes) -> Iterator[bytes]:
        while not decoder.eof:
            try:
                piece = decoder.decompress(data, PIECE_BYTES)
            except (zlib.error, OSError, lzma.LZMAError):
                raise BrokenError(RejectCode.BROKEN_STREAM) from None
            if piece:
                self._budget.spend(len(piece))
                yield piece
            data = b""
            if decoder.needs_input and not decoder.eof:
                data = self._source.read(PIECE_BYTES)
                if not data:
                    raise BrokenError(RejectCode.BROKEN_STREAM)
