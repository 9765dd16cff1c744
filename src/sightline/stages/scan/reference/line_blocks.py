"""Split a member into runs of lines: those that are not blank, or those indented behind a first (ADR 3, Frames)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sightline.stages.scan.reference.frame import Break, Frame, Pieces
from sightline.stages.scan.reference.member_lines import split_lines

CONTINUES = (b" ", b"\t", b"}")
"""What a line of an indented frame begins with, but for the first."""


@dataclass(slots=True)
class Block:
    """An unfinished block.

    Its first line's place, its length up to the end of its last line, and its bytes up to a limit.

    `line_end` is that of its last line, which belongs to it once another follows.
    """

    byte_offset: int
    line_number: int
    length: int = 0
    parts: list[bytes] | None = field(default_factory=list)
    line_end: bytes = b""

    def add(self, line: Frame, line_end: bytes, max_frame_bytes: int) -> None:
        """Add its next line."""
        self.length += len(self.line_end) + line.length
        if self.parts is not None and line.raw is not None and self.length <= max_frame_bytes:
            self.parts += (self.line_end, line.raw)
        else:
            self.parts = None
        self.line_end = line_end

    def to_frame(self) -> Frame:
        """Return the block as a frame."""
        raw = None if self.parts is None else b"".join(self.parts)
        return Frame(self.byte_offset, self.line_number, self.length, raw, is_ended=bool(self.line_end))


def split_blocks(pieces: Pieces, max_frame_bytes: int) -> Iterator[Frame | Break]:
    """Yield one frame for each run of lines that are not blank, and one for each blank line, in order."""
    block: Block | None = None
    for raw_line in split_lines(pieces, max_frame_bytes):
        if isinstance(raw_line, Break):
            yield _break_off(block, raw_line)
            block = None
            continue
        line, line_end, _ = raw_line
        if _is_blank(line):
            if block is not None:
                yield block.to_frame()
            block = None
            yield line
        else:
            block = block or Block(line.byte_offset, line.line_number)
            block.add(line, line_end, max_frame_bytes)
    if block is not None:
        yield block.to_frame()


def split_indented_frames(pieces: Pieces, max_frame_bytes: int) -> Iterator[Frame | Break]:
    """Yield one frame for each line and the lines behind it that begin with a space, a tab or `}`, in order."""
    begun: Block | None = None
    for raw_line in split_lines(pieces, max_frame_bytes):
        first = raw_line.begun if isinstance(raw_line, Break) else raw_line[2]
        if begun is not None and first not in CONTINUES and not _is_cut_before(raw_line):
            yield begun.to_frame()
            begun = None
        if isinstance(raw_line, Break):
            yield _break_off(begun, raw_line)
            begun = None
            continue
        line, line_end, _ = raw_line
        begun = begun or Block(line.byte_offset, line.line_number)
        begun.add(line, line_end, max_frame_bytes)
    if begun is not None:
        yield begun.to_frame()


def _break_off(begun: Block | None, line: Break) -> Break:
    """The break of a line, which takes the unfinished frame with it."""
    start = line.byte_offset if begun is None else begun.byte_offset
    return Break(start, line.byte_offset + line.length - start, line.code)


def _is_cut_before(line: tuple[Frame, bytes, bytes] | Break) -> bool:
    """Return whether a member became unreadable before the first byte of a line: it may have continued the frame."""
    return isinstance(line, Break) and not line.begun


def _is_blank(line: Frame) -> bool:
    """Return whether a line is empty or of spaces and tabs only; one that is too long to be looked at is not."""
    return line.raw is not None and not line.text.strip(b" \t")
