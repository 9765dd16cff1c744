"""Decompression as streams that say where they break: gzip, bzip2 and xz, concatenated or not."""

from __future__ import annotations

import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from sightline.model import RejectCode
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

    @property
    def is_exceeded(self) -> bool:
        """Whether the exhibit as a whole may not go on."""
        return self._left_bytes < 0 or self._left_members < 0

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


class Decoded:
    """The decoded bytes of a source's streams, one after the other, and counted.

    `padded`: zeros behind a stream are padding. `only_one`: what stands behind the first stream is not looked at.
    """

    def __init__(
        self, source: Source, new: Callable[[], Decoder], budget: Budget, *, padded: bool, only_one: bool
    ) -> None:
        self._source, self._new, self._budget = source, new, budget
        self._padded, self._only_one = padded, only_one
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
            decoder = self._new()
            yield from self._stream(decoder, rest)
            if self._only_one:
                return
            rest = self._behind(decoder.unused_data)

    def _behind(self, rest: bytes) -> bytes:
        """What of the source comes next, without padding."""
        while True:
            rest = rest.lstrip(b"\0") if self._padded else rest
            if rest:
                return rest
            rest = self._source.read(PIECE_BYTES)
            if not rest:
                return b""

    def _stream(self, decoder: Decoder, data: bytes) -> Iterator[bytes]:
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
