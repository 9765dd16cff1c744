"""Read a file of lines whose usual ones the kernel finds, many at once; the others are read one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from sightline.stages.lists.model import Row, RowBatch, RowReject
from sightline.stages.lists.readers.lines import LineBatch, read_block, read_line, read_line_blocks
from sightline.stages.lists.readers.usual_forms import FoundLines
from sightline.stages.lists.references import without_undated

_FEW = 8
"""Where more than one line in eight is of another form, all lines of a block are read together."""

ReadLine = Callable[[int, str], Row | RowReject | None]
"""Returns what one line gives: its number and text."""


def read_usual_lines(
    stream: BinaryIO,
    find: Callable[[bytes, int], FoundLines | None],
    read_lines: Callable[[LineBatch], RowBatch],
    read_one: ReadLine,
) -> Iterator[RowBatch]:
    """Yield the rows of a stream: `find` takes a block of whole lines with the number of the first.

    `read_lines` reads a block of which little or nothing is found, `read_one` each other line of the rest.
    """
    first = 1
    for block in read_line_blocks(stream):
        block_lines = find(block, first)
        if block_lines is None or _FEW * len(block_lines[1]) > block_lines[2]:
            lines = read_block(first, block)
            yield without_undated(read_lines(lines))
            first += len(lines.lines)
        else:
            yield _add_others(first, block_lines, read_one)
            first += block_lines[2]


def _add_others(first: int, usual_lines: FoundLines, read_one: ReadLine) -> RowBatch:
    usual, others, _ = usual_lines
    rows: list[Row] = []
    rejects: list[RowReject] = []
    for at, raw in others:
        line = read_line(first + at, raw)
        result = line if isinstance(line, RowReject) else read_one(first + at, line)
        if isinstance(result, RowReject):
            rejects.append(result)
        elif result is not None:
            rows.append(result)
    batch = without_undated(RowBatch(rows, rejects))
    merged = usual.merged(list(batch.rows)) if rows else usual
    return RowBatch(merged, rejects, undated=usual.undated() + batch.undated)
