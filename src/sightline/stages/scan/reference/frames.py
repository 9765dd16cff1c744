"""Frames of a member: its lines, each with its place (ADR 3, Frames)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Frame:
    """A line and where it stands: offset from 0 and line from 1 in the innermost member.

    `length` is without the line end. `raw` is None where that is more than the longest frame allowed.
    """

    byte_offset: int
    line_number: int
    length: int
    raw: bytes | None

    @property
    def text(self) -> bytes:
        """What is parsed: the raw bytes, without a BOM at the start of the member."""
        raw = self.raw or b""
        return raw.removeprefix(BOM) if self.byte_offset == 0 else raw


def frames(pieces: Iterable[bytes], max_frame_bytes: int) -> Iterator[Frame]:
    """One frame a line, in order. Never holds more than the longest frame allowed and one piece."""
    offset, line = 0, 1
    for text, length, ended in _lines(pieces, max_frame_bytes + 1):
        has_cr = ended and text.endswith(b"\r")
        frame_length = length - has_cr
        raw = text[:frame_length] if frame_length <= max_frame_bytes else None
        yield Frame(offset, line, frame_length, raw)
        offset, line = offset + length + 1, line + 1


def _lines(pieces: Iterable[bytes], enough: int) -> Iterator[tuple[bytes, int, bool]]:
    """Each line without its LF, its length, and whether an LF ended it.

    Of a line longer than `enough` only its first bytes and its last one are kept.
    """
    kept, length = b"", 0
    for piece in pieces:
        *whole, rest = piece.split(b"\n")
        for part in whole:
            yield _cut(kept + part, enough), length + len(part), True
            kept, length = b"", 0
        kept, length = _cut(kept + rest, enough), length + len(rest)
    if length:
        yield kept, length, False


def _cut(text: bytes, enough: int) -> bytes:
    return text if len(text) <= enough else text[:enough] + text[-1:]
