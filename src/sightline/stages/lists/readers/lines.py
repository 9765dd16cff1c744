"""Split a list file into batches of lines. Every line that is no valid text becomes a reject."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter, methodcaller
from typing import BinaryIO, NamedTuple

from sightline.model import RowCode
from sightline.stages.lists.model import RowReject

LINE_LIMIT_BYTES = 1 << 16
"""The maximum length of a line. A longer one is a reject, and never in memory as a whole."""

_BLOCK_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"
_ENDS_IN_CR = methodcaller("endswith", "\r")
_WITHOUT_LAST = itemgetter(slice(-1))
_CONTROL = bytes(code for code in (*range(32), 127) if code not in (9, 10))


class LineBatch(NamedTuple):
    """Consecutive lines without their ends. A rejected line is empty here, so that the numbers stay correct."""

    first: int
    lines: list[str]
    rejects: list[RowReject]


def read_line_batches(stream: BinaryIO) -> Iterator[LineBatch]:
    """Yield all lines of the stream, about a mebibyte at a time, in bounded memory."""
    first = 1
    for block in read_line_blocks(stream):
        batch = read_block(first, block)
        first += len(batch.lines)
        yield batch


def read_line_blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of whole lines, about a mebibyte at a time. Of a line that is too long its beginning is left."""
    is_first, tail = True, b""
    while block := stream.read(_BLOCK_BYTES):
        block = tail + block
        if is_first:
            block = block.removeprefix(_BOM)
            is_first = False
        cut = block.rfind(b"\n") + 1
        # Two bytes over the limit prove that a line is too long, whatever line end follows; the rest is not needed.
        tail = block[cut : cut + LINE_LIMIT_BYTES + 2]
        if cut:
            yield block[:cut]
    if tail:
        yield tail + b"\n"


def read_block(first: int, block: bytes) -> LineBatch:
    """Return the lines of a block. The number is that of the first."""
    try:
        text = block.decode()
    except UnicodeDecodeError:
        return _read_line_by_line(first, block)
    lines = text.split("\n")
    lines.pop()
    controls = len(block) - len(block.translate(None, _CONTROL))
    if controls == len(lines) and all(map(_ENDS_IN_CR, lines)):
        lines, controls = list(map(_WITHOUT_LAST, lines)), 0
    elif controls and b"\r\n" in block:
        return read_block(first, block.replace(b"\r\n", b"\n"))
    # A character is at most four bytes: short lines need no exact check.
    if controls or max(map(len, lines)) * 4 > LINE_LIMIT_BYTES:
        return _read_line_by_line(first, block)
    return LineBatch(first, lines, [])


def _read_line_by_line(first: int, block: bytes) -> LineBatch:
    """The same, line by line, for a block that holds at least one line that may be no text."""
    lines: list[str] = []
    rejects: list[RowReject] = []
    for number, raw in enumerate(block.replace(b"\r\n", b"\n").split(b"\n")[:-1], first):
        line = read_line(number, raw)
        if isinstance(line, RowReject):
            rejects.append(line)
            line = ""
        lines.append(line)
    return LineBatch(first, lines, rejects)


def read_line(number: int, raw: bytes) -> str | RowReject:
    """Return the text of a line without its end, or why it is none.

    A file that was converted twice has more than one carriage return before each line's end.
    """
    raw = raw.rstrip(b"\r")
    if len(raw) > LINE_LIMIT_BYTES:
        return RowReject(number, RowCode.ROW_TOO_LONG, f"the line is longer than {LINE_LIMIT_BYTES} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return RowReject(number, RowCode.NOT_UTF8, f"byte {error.start + 1} of the line is not UTF-8")
    if len(raw.translate(None, _CONTROL)) != len(raw):
        at, code = next((i, byte) for i, byte in enumerate(raw, 1) if byte in _CONTROL)
        return RowReject(number, RowCode.BAD_SYNTAX, f"byte {at} of the line is the control character 0x{code:02x}")
    return text
