"""Read Frame Streams: frames after their lengths, with control frames among them (ADR 3, Frames)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sightline.model import RejectCode
from sightline.stages.scan.reference.frame import Break, Frame, Pieces
from sightline.stages.scan.reference.record import CommentFrame, Header

START = 2
CONTROLS = range(1, 6)
CONTENT_TYPE = 1
MAX_CONTROL_BYTES = 512
MAX_CONTENT_TYPE_BYTES = 256


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """The header of a frame: the number of bytes of its lengths, and the announced number of bytes."""

    head: int
    length: int
    is_control: bool

    @property
    def extent(self) -> int:
        """Return the size of the frame with its lengths."""
        return self.head + self.length


def split_stream_frames(pieces: Pieces, max_frame_bytes: int) -> Iterator[Frame | Break]:
    """Yield one frame for each length, in order. A member that ends inside one is a break.

    A frame that is too long is still read until it ends.
    """
    offset, number, unread = 0, 1, b""
    for piece in pieces:
        if isinstance(piece, RejectCode):
            yield Break(offset, len(unread), piece)
            offset, unread = offset + len(unread), b""
            continue
        unread, at = unread + piece, 0
        while (one := _read_announced(unread, at)) is not None and one.extent <= len(unread) - at:
            raw = unread[at + one.head : at + one.extent] if one.length <= max_frame_bytes else None
            yield Frame(offset + at + one.head, number, one.length, raw, one.is_control)
            number, at = number + 1, at + one.extent
        offset, unread = offset + at, unread[at:]
    if unread:
        yield Break(offset, len(unread), RejectCode.BROKEN_STREAM)


def _read_announced(unread: bytes, at: int) -> FrameHeader | None:
    """Return what the frame at `at` says of itself, or None where its lengths are not all there."""
    there = min(2, (len(unread) - at) // 4)
    lengths = struct.unpack_from(f">{there}I", unread, at)
    if lengths and lengths[0]:
        return FrameHeader(4, lengths[0], is_control=False)
    return FrameHeader(8, lengths[1], is_control=True) if len(lengths) > 1 else None


def read_control_frame(frame: bytes) -> CommentFrame | RejectCode:
    """Return a control frame as a comment, with the content type if it starts a stream."""
    if not 4 <= len(frame) <= MAX_CONTROL_BYTES:
        return RejectCode.NO_PATTERN
    (kind,) = struct.unpack_from(">I", frame)
    content_types = _read_content_types(frame[4:])
    if kind not in CONTROLS or content_types is None or (kind == START and len(content_types) > 1):
        return RejectCode.NO_PATTERN
    return CommentFrame(Header(content_types)) if kind == START else CommentFrame()


def _read_content_types(fields: bytes) -> tuple[bytes, ...] | None:
    """The content types that a control frame's fields name; None where they hold anything else."""
    result = []
    while fields:
        if len(fields) < 8:
            return None
        kind, length = struct.unpack_from(">II", fields)
        if kind != CONTENT_TYPE or length > MAX_CONTENT_TYPE_BYTES or 8 + length > len(fields):
            return None
        result.append(fields[8 : 8 + length])
        fields = fields[8 + length :]
    return tuple(result)
