"""Cut the beginning of a log for format detection."""

from __future__ import annotations

import re

from sightline.stages.formats.program import Frames

HEAD_BYTES = 256 * 1024
FRAME_ENDS = {
    Frames.BLOCKS: re.compile(rb"(?<=\n)[ \t]*\r?\n"),
    Frames.INDENTED: re.compile(rb"\n(?=[^ \t}])"),
}
"""Where runs of lines end: at a blank line, or before a line that is not indented."""


def cut_first_frames(head: bytes, frames: Frames) -> bytes:
    """Return the frames that end in the first 256 KiB; all of it if none ends, or if the log ends."""
    piece = head[:HEAD_BYTES]
    return piece if len(head) < HEAD_BYTES else cut_whole_frames(piece, frames)


def cut_whole_frames(head: bytes, frames: Frames) -> bytes:
    """Return the frames that end in a log's first bytes, which may be truncated; all of them if none ends.

    A frame stream is left unchanged: its reader sees where its last frame breaks off.
    """
    if frames is Frames.LINES:
        return head[: head.rfind(b"\n") + 1] or head
    if frames in FRAME_ENDS:
        end = max((match.end() for match in FRAME_ENDS[frames].finditer(head)), default=0)
        return head[:end] or head
    return head
