"""Frames of a member: its lines, each with its place (ADR 3, Frames)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sightline.records import RejectCode

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


@dataclass(frozen=True, slots=True)
class Break:
    """Where a member could not be read on: the place and extent of the frame that had begun, and why."""

    byte_offset: int
    length: int
    code: RejectCode


def frames(pieces: Iterable[bytes | RejectCode], max_frame_bytes: int) -> Iterator[Frame | Break]:
    """One frame a line, in order; a code among the pieces is a break.

    Never holds more than the longest frame allowed and one piece.
    """
    offset, line = 0, 1
    for text, length, end in _lines(pieces, max_frame_bytes + 1):
        if isinstance(end, RejectCode):
            yield Break(offset, length, end)
            continue
        frame_length = length - (end == b"\n" and text.endswith(b"\r"))
        raw = text[:frame_length] if frame_length <= max_frame_bytes else None
        yield Frame(offset, line, frame_length, raw)
        offset, line = offset + length + 1, line + 1


def _lines(pieces: Iterable[bytes | RejectCode], enough: int) -> Iterator[tuple[bytes, int, bytes | RejectCode]]:
    """Each line without its LF, its length, and what ended it: an LF, nothing, or a break.

    Of a line longer than `enough` only its first bytes and its last one are kept.
    """
    kept, length = b"", 0
    for piece in pieces:
        if isinstance(piece, RejectCode):
            yield kept, length, piece
            kept, length = b"", 0
            continue
        *whole, rest = piece.split(b"\n")
        for part in whole:
            yield _cut(kept + part, enough), length + len(part), b"\n"
            kept, length = b"", 0
        kept, length = _cut(kept + rest, enough), length + len(rest)
    if length:
        yield kept, length, b""


def _cut(text: bytes, enough: int) -> bytes:
    return text if len(text) <= enough else text[:enough] + text[-1:]
