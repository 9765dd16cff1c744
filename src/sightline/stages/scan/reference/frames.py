"""Split a member into frames: lines, runs of lines, or those of a frame stream (ADR 3, Frames)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sightline.stages.formats.program import Frames
from sightline.stages.scan.reference.frame import Break, Frame, Pieces
from sightline.stages.scan.reference.frame_streams import split_stream_frames
from sightline.stages.scan.reference.line_blocks import split_blocks, split_indented_frames
from sightline.stages.scan.reference.member_lines import split_line_frames

CUTTERS: Mapping[Frames, Callable[[Pieces, int], Iterator[Frame | Break]]] = {
    Frames.LINES: split_line_frames,
    Frames.BLOCKS: split_blocks,
    Frames.INDENTED: split_indented_frames,
    Frames.FRAME_STREAMS: split_stream_frames,
}


def split_frames(pieces: Pieces, max_frame_bytes: int, kind: Frames = Frames.LINES) -> Iterator[Frame | Break]:
    """Yield the frames of a member in order. A code among the pieces is a break.

    Memory holds at most the longest frame allowed, a line that may be its last, and one piece.
    """
    return CUTTERS[kind](pieces, max_frame_bytes)
