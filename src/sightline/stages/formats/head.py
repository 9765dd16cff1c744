"""The beginning of a log, as much of it as tells its format."""

from __future__ import annotations

import re

from sightline.stages.formats.program import Frames

HEAD_BYTES = 256 * 1024
BLANK_LINE = re.compile(rb"(?<=\n)[ \t]*\r?\n")


def first_frames(head: bytes, frames: Frames) -> bytes:
    """The frames of the first 256 KiB that end there; all of it where none ends, or where the log ends."""
    piece = head[:HEAD_BYTES]
    return piece if len(head) < HEAD_BYTES else whole_frames(piece, frames)


def whole_frames(head: bytes, frames: Frames) -> bytes:
    """The frames that end in a log's first bytes, which may be cut off in one; all of them where none ends.

    A frame stream is left as it is: whoever reads it sees where its last frame breaks off.
    """
    if frames is Frames.LINES:
        return head[: head.rfind(b"\n") + 1] or head
    if frames is Frames.BLOCKS:
        end = max((blank.end() for blank in BLANK_LINE.finditer(head)), default=0)
        return head[:end] or head
    return head
