"""Read tables of text in batches of text columns. Rows with too few or too many cells are marked; none is dropped."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import IO

import polars as pl

from sightline.model import ReplyCode, TipCode
from sightline.stages.resolve.replies.reply_source import ReplyMember, map_unpack_errors, read_first_bytes
from sightline.stages.tabular.delimited import SEPARATORS, split_rows
from sightline.stages.tabular.encoding import DecodedContent, detect_encoding

_OF_EXPORTS = ("~", "^")
"""Separators of exports of licensees that no other table has."""
CHUNK_BYTES = 16 << 20
HEAD_BYTES = 256 << 10
"""The first bytes of a file, by which its form is detected."""
_LONE_RETURN = re.compile(rb"\r(?!\n)")
FAULT = "fault"
OVER = "over"
"""The column for cells after the last heading."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """The form of a table of text: its separator, its headings, and their row, from 1."""

    member: ReplyMember
    separator: str
    headings: tuple[str, ...]
    heading_row: int

    @property
    def names(self) -> list[str]:
        """Return the names of its columns, and of the column for extra cells."""
        return [*(f"c{at}" for at in range(len(self.headings))), OVER]


def find_separators(text: str) -> tuple[str, ...]:
    """Return the separator of a first line `sep=;`, else all possible ones."""
    declared = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    return (declared[1],) if declared else (*SEPARATORS, *_OF_EXPORTS)


def decode_member(member: ReplyMember, size: int) -> tuple[ReplyMember, str]:
    """Return the member as UTF-8 without a byte order mark, and the text of its first bytes. Raises DamagedInput."""
    head = read_first_bytes(member, size)
    encoding, mark_bytes = detect_encoding(head)
    if encoding == "utf-8":
        if not mark_bytes:
            return member, head.decode("utf-8", "replace")
        unmarked = replace(member, open=lambda: _skip_mark(member.open(), mark_bytes))
        return unmarked, head[mark_bytes:].decode("utf-8", "replace")
    with map_unpack_errors(member.label), member.open() as stream:
        text = stream.read()[mark_bytes:].decode(encoding, "replace")
    content = text.encode("utf-8")
    return replace(member, open=lambda: io.BytesIO(content), size=len(content)), text[:size]


def _skip_mark(stream: IO[bytes], mark_bytes: int) -> IO[bytes]:
    stream.read(mark_bytes)
    return stream


def read_head_rows(text: str, separator: str, most: int) -> list[list[str]]:
    """Return the cells of the first rows."""
    rows = []
    for row in split_rows(DecodedContent(text.encode("utf-8", "surrogatepass")), separator, None):
        rows.append(row.texts)
        if len(rows) == most:
            break
    return rows


TAIL_BYTES = 8 << 10


def read_tail_rows(member: ReplyMember, separator: str) -> list[list[str]]:
    """Return the cells of the last rows of a member, except for the first one, which may be cut."""
    tail = b""
    with map_unpack_errors(member.label), member.open() as stream:
        if member.size is not None and member.name is None and stream.seekable():
            stream.seek(max(0, member.size - TAIL_BYTES))
            tail = stream.read(TAIL_BYTES)
        else:
            while piece := stream.read(1 << 20):
                tail = (tail + piece)[-TAIL_BYTES:]
    return read_head_rows(tail.decode("utf-8", "replace"), separator, TAIL_BYTES)[1:]


def read_batches(table: TextTable) -> Iterator[tuple[pl.DataFrame, int]]:
    """Yield frames of `row`, the columns of the table as text, OVER and FAULT, with the number of bytes read so far.

    The next frame is read while the current one is used.
    """
    with ThreadPoolExecutor(1) as ahead:
        frames = _read_frames(table)
        coming = ahead.submit(next, frames, None)
        while (result := coming.result()) is not None:
            coming = ahead.submit(next, frames, None)
            yield result


def _read_frames(table: TextTable) -> Iterator[tuple[pl.DataFrame, int]]:
    done, rows = 0, 0
    # Polars takes the number of columns from the first line.
    first_line = table.separator.join(table.names).encode() + b"\n"
    with map_unpack_errors(table.member.label), table.member.open() as stream:
        for content in read_chunks(stream, prefix=first_line):
            frame = _read_frame(content, len(first_line), table, rows)
            done, rows = done + len(content) - len(first_line), rows + frame.height
            yield frame, done


def read_chunks(stream: IO[bytes], size: int = CHUNK_BYTES, prefix: bytes = b"") -> Iterator[bytes]:
    """Yield the bytes in pieces that end with a whole row (its quotes are closed), each after the prefix.

    Where quotes stay open for more than a further piece, it ends with the line.
    """
    while piece := stream.read(size):
        pieces = [prefix, piece]
        length, is_open = len(piece), piece.count(b'"') % 2 == 1
        while not (pieces[-1].endswith(b"\n") and not is_open) and length < 2 * size:
            line = stream.readline(size)
            if not line:
                break
            pieces.append(line)
            length, is_open = length + len(line), is_open ^ (line.count(b'"') % 2 == 1)
        yield b"".join(pieces)


def _read_frame(content: bytes, start: int, table: TextTable, rows_before: int) -> pl.DataFrame:
    """The rows of what stands behind the first line, which ends at `start`."""
    quotes = content.count(b'"')
    frame = None
    if quotes % 2 == 0 and _LONE_RETURN.search(content) is None:
        frame = _read_by_polars(content, start, table, has_quotes=quotes > 0)
    if frame is None:
        frame = _read_one_by_one(content[start:], table)
    rows = pl.int_range(rows_before + 1, rows_before + frame.height + 1, dtype=pl.UInt32, eager=True).alias("row")
    return frame.with_columns(rows)


def _read_by_polars(content: bytes, start: int, table: TextTable, *, has_quotes: bool) -> pl.DataFrame | None:
    """The rows, or None where quotes do not stand as they should."""
    names = table.names
    try:
        frame = pl.read_csv(
            content,
            separator=table.separator,
            quote_char='"' if has_quotes else None,
            schema=dict.fromkeys(names, pl.String),
            empty_string_is_null=False,
            truncate_ragged_lines=True,
            encoding="utf8" if content.isascii() else "utf8-lossy",
        )
    except pl.exceptions.ComputeError:
        return None
    if frame.height != content.count(b"\n", start) + (not content.endswith(b"\n")):
        # A line end within quotes: counting lines cannot tell which rows are short.
        return None
    fault = pl.lit(None, pl.String)
    over = pl.col(OVER)
    is_uneven = content.count(table.separator.encode(), start) != frame.height * (len(names) - 2)
    if is_uneven or (frame.height and not (frame[names[-2]] != "").all()):
        fault, over = _find_uneven(content[start:], table, has_quotes=has_quotes)
    return frame.with_columns(fault.alias(FAULT), over)


def _find_uneven(chunk: bytes, table: TextTable, *, has_quotes: bool) -> tuple[pl.Expr, pl.Expr]:
    """COLUMN_COUNT for each line with fewer cells than there are headings; and OVER, with all cells behind the last."""
    lines = pl.read_csv(
        b"line\n" + chunk,
        separator="\x01",
        quote_char=None,
        schema={"line": pl.String},
        empty_string_is_null=False,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )["line"]
    bare = lines.str.replace_all('"[^"]+"', "x").str.replace_all('""', "") if has_quotes else lines
    count = bare.str.count_matches(table.separator, literal=True)
    fault = pl.when(count < len(table.headings) - 1).then(pl.lit(ReplyCode.COLUMN_COUNT.value))
    is_long = count > len(table.headings)
    if not is_long.any():
        return fault, pl.col(OVER)
    rest = pl.select(pl.when(is_long).then(bare)).to_series().str.splitn(table.separator, len(table.headings) + 1)
    behind = rest.struct[-1].fill_null("").str.replace_all(table.separator, " ", literal=True).str.strip_chars()
    return fault, pl.when(is_long).then(behind).otherwise(OVER).alias(OVER)


_FAULTS = {TipCode.BAD_QUOTING: ReplyCode.BAD_QUOTING, TipCode.VALUE_TOO_LONG: ReplyCode.VALUE_TOO_LONG}


def _read_one_by_one(chunk: bytes, table: TextTable) -> pl.DataFrame:
    """The rows of a chunk whose quotes or line ends are unusual."""
    width = len(table.headings)
    rows: list[list[str | None]] = []
    for row in split_rows(DecodedContent(chunk), table.separator, None):
        cells = [text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for text in row.texts]
        if any(_holds_lines(cell, table.separator) for cell in cells):
            rows += _split_swallowed(cells, table)
            continue
        fault = None if row.fault is None else _FAULTS[row.fault]
        if fault is None and len(cells) < width:
            fault = ReplyCode.COLUMN_COUNT
        cells += [""] * (width - len(cells))
        rows.append([*cells[:width], "".join(cells[width:]).strip(), fault])
    return pl.DataFrame(rows, schema=dict.fromkeys([*table.names, FAULT], pl.String), orient="row")


_ADDRESS_OR_TIME = re.compile(
    r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])|[0-9a-f]{1,4}:[0-9a-f]{1,4}:[0-9a-f:]+"
    r"|[0-9]{1,4}[-/.][0-9A-Za-z]{1,9}[-/.][0-9]{2,4}[T ]{1,2}[0-9]{1,2}[:.][0-9]{2}",
    re.IGNORECASE,
)
"""What only a row of the table has in a cell: an address of a network, or a day and an hour."""
_NUMBER_FIRST = re.compile(r"\+?[0-9]{10,16}")
"""A telephone number, or another long one, as the first cell of a line."""


def _holds_lines(cell: str, separator: str) -> bool:
    """Whether a quoted cell has rows of the table in it: a quote opened at one row, and another one closed it.

    A postal address of several lines has no address of a network and no time, and no line of it begins with a number.
    """
    others = cell.splitlines()[1:]
    if not others or separator not in cell:
        return False
    begins = any(separator in line and _NUMBER_FIRST.fullmatch(line.split(separator)[0].strip()) for line in others)
    return begins or _ADDRESS_OR_TIME.search(cell) is not None


def _split_swallowed(cells: list[str], table: TextTable) -> list[list[str | None]]:
    """The lines that stray quotes made one row of, each as a faulty row: which value is whose is not sure."""
    width = len(table.headings)
    text = table.separator.join(cells)
    rows: list[list[str | None]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        parts = line.split(table.separator)
        parts += [""] * (width - len(parts))
        rows.append([*parts[:width], table.separator.join(parts[width:]).strip(), ReplyCode.BAD_QUOTING.value])
    return rows
