"""Decompress streams and report where they break: gzip, bzip2 and xz, concatenated or not."""

from __future__ import annotations

import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from sightline.model import RejectCode
from sightline.stages.scan.options import DecompressionLimits

PIECE_BYTES = 1 << 16


class BrokenError(Exception):
    """A stream became unreadable. All bytes before the break were returned."""

    def __init__(self, code: RejectCode) -> None:
        super().__init__(code)
        self.code = code


class Budget:
    """The remaining expansion that an exhibit is allowed."""

    def __init__(self, limits: DecompressionLimits, outer_bytes: int) -> None:
        self.limits = limits
        self._left_bytes = min(limits.decoded_bytes, limits.free_bytes + limits.ratio * outer_bytes)
        self._left_members = limits.members

    @property
    def is_exceeded(self) -> bool:
        """Return whether the exhibit as a whole exceeds its limit."""
        return self._left_bytes < 0 or self._left_members < 0

    def spend(self, count: int) -> None:
        """Count decoded bytes. Raises BrokenError if they are too many."""
        self._left_bytes -= count
        if self._left_bytes < 0:
            raise BrokenError(RejectCode.DECOMPRESSION_LIMIT)

    def spend_member(self) -> None:
        """Count a member. Raises BrokenError if there are too many."""
        self._left_members -= 1
        if self._left_members < 0:
            raise BrokenError(RejectCode.DECOMPRESSION_LIMIT)


class ByteSource(Protocol):
    """A source of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return at most that many bytes, none at the end. Raises BrokenError at a break."""
        ...


class HeldStream:
    """The bytes of an exhibit, followed by the break `input-shrank` if it shrank."""

    def __init__(self, content: bytes, *, shrank: bool) -> None:
        self._stream = io.BytesIO(content)
        self._shrank = shrank

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        piece = self._stream.read(size)
        if not piece and self._shrank:
            raise BrokenError(RejectCode.INPUT_SHRANK)
        return piece


class PrefixedSource:
    """A source whose first bytes were read and are returned again. A break among them comes at its place."""

    def __init__(self, source: ByteSource, size: int) -> None:
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
        """Return the next bytes."""
        if self._ahead:
            piece, self._ahead = self._ahead[:size], self._ahead[size:]
            return piece
        if self._broken:
            raise self._broken
        return self._source.read(size)


class Decoder(Protocol):
    """One compressed stream, with the interface of Python's bzip2 and xz modules."""

    @property
    def eof(self) -> bool:
        """Return whether the stream has ended."""
        ...

    @property
    def needs_input(self) -> bool:
        """Return whether more input is needed before more output."""
        ...

    @property
    def unused_data(self) -> bytes:
        """Return the bytes after the stream."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return at most that many decoded bytes."""
        ...


class DecodedStreams:
    """The decoded bytes of a source's streams, one after the other, and counted.

    `padded`: zeros after a stream are padding. `only_one`: bytes after the first stream are ignored.
    """

    def __init__(
        self, source: ByteSource, new: Callable[[], Decoder], budget: Budget, *, padded: bool, only_one: bool
    ) -> None:
        self._source, self._new, self._budget = source, new, budget
        self._padded, self._only_one = padded, only_one
        self._given = self._read_pieces()
        self._ahead = b""

    def read(self, size: int, /) -> bytes:
        """Return the next decoded bytes."""
        if not self._ahead:
            self._ahead = next(self._given, b"")
        piece, self._ahead = self._ahead[:size], self._ahead[size:]
        return piece

    def _read_pieces(self) -> Iterator[bytes]:
        rest = self._source.read(PIECE_BYTES)
        while rest:
            decoder = self._new()
            yield from self._decode_stream(decoder, rest)
            if self._only_one:
                return
            rest = self._skip_padding(decoder.unused_data)

    def _skip_padding(self, rest: bytes) -> bytes:
        """Return what of the source comes next, without padding."""
        while True:
            rest = rest.lstrip(b"\0") if self._padded else rest
            if rest:
                return rest
            rest = self._source.read(PIECE_BYTES)
            if not rest:
                return b""

    def _decode_stream(self, decoder: Decoder, data: bytes) -> Iterator[bytes]:
        while not decoder.eof:
            try:
                piece = decoder.decompress(data, PIECE_BYTES)
            except (zlib.error, OSError, lzma.LZMAError):
                raise BrokenError(RejectCode.BROKEN_STREAM) from None
            if piece:
                yield piece
                self._budget.spend(len(piece))
            data = b""
            if decoder.needs_input and not decoder.eof:
                data = self._source.read(PIECE_BYTES)
                if not data:
                    raise BrokenError(RejectCode.BROKEN_STREAM)
