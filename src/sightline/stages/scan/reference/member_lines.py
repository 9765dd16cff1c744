"""Split a member into lines, each with its place and its end (ADR 3, Frames)."""

from __future__ import annotations

from collections.abc import Iterator

from sightline.model import RejectCode
from sightline.stages.scan.reference.frame import Break, Frame, Pieces


def split_line_frames(pieces: Pieces, max_frame_bytes: int) -> Iterator[Frame | Break]:
    """Yield one frame for each line, in order."""
    for line in split_lines(pieces, max_frame_bytes):
        yield line if isinstance(line, Break) else line[0]


def split_lines(pieces: Pieces, max_frame_bytes: int) -> Iterator[tuple[Frame, bytes, bytes] | Break]:
    """Yield each line, its end (LF, CR and LF, or nothing) and its first byte. A code among the pieces is a break.

    Memory holds at most the longest frame allowed and one piece.
    """
    offset, line = 0, 1
    for text, length, end in _cut_lines(pieces, max_frame_bytes + 1):
        if isinstance(end, RejectCode):
            yield Break(offset, length, end, text[:1])
            continue
        has_cr = end == b"\n" and text.endswith(b"\r")
        frame_length = length - has_cr
        raw = text[:frame_length] if frame_length <= max_frame_bytes else None
        frame = Frame(offset, line, frame_length, raw, is_ended=bool(end))
        yield frame, b"\r\n" if has_cr else end, text[:1]
        offset, line = offset + length + 1, line + 1


def _cut_lines(pieces: Pieces, enough: int) -> Iterator[tuple[bytes, int, bytes | RejectCode]]:
    """Each line without its LF, its length, and what ended it: an LF, nothing, or a break.

    Of a line longer than `enough` only its first bytes and its last one are kept.
    """
    pending, length = b"", 0
    for piece in pieces:
        if isinstance(piece, RejectCode):
            yield pending, length, piece
            pending, length = b"", 0
            continue
        *whole, rest = piece.split(b"\n")
        for part in whole:
            yield _cut_text(pending + part, enough), length + len(part), b"\n"
            pending, length = b"", 0
        pending, length = _cut_text(pending + rest, enough), length + len(rest)
    if length:
        yield pending, length, b""


def _cut_text(text: bytes, enough: int) -> bytes:
    return text if len(text) <= enough else text[:enough] + text[-1:]
