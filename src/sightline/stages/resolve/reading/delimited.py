"""Tables of text in batches: rows as columns of text, those with too few or too many cells marked, none left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import polars as pl

from sightline.records import ReplyCode, TipCode
from sightline.stages.resolve.reading.source import Member
from sightline.stages.tips.delimited import split_rows
from sightline.stages.tips.encoding import Decoded

CHUNK_BYTES = 48 << 20
FAULT = "fault"
OVER = "over"
"""The column of what stands behind the last heading."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """Where a table of text lies: its separator, its headings, and the row in which they stand, from 1."""

    member: Member
    separator: str
    headings: tuple[str, ...]
    heading_row: int

    @property
    def names(self) -> list[str]:
        """The names of its columns, and of what stands behind them."""
        return [*(f"c{at}" for at in range(len(self.headings))), OVER]


def head_rows(text: str, separator: str, most: int) -> list[list[str]]:
    """The cells of the first rows."""
    rows = []
    for row in split_rows(Decoded(text.encode("utf-8", "surrogatepass")), separator, None):
        rows.append(row.texts)
        if len(rows) == most:
            break
    return rows


def batches(table: TextTable) -> Iterator[tuple[pl.DataFrame, int]]:
    """Yield frames of `row`, the columns of the table as text, OVER and FAULT; and how many bytes were read."""
    done, rows = 0, 0
    with table.member.open() as stream:
        for chunk in chunks(stream):
            frame = _frame(chunk, table, rows)
            done, rows = done + len(chunk), rows + frame.height
            yield frame, done


def chunks(stream: IO[bytes], size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Yield the bytes in pieces that end with a row: behind a line end that is not within quotes, if there is one."""
    rest = b""
    while piece := stream.read(size):
        whole = rest + piece if rest else piece
        cut = _cut(whole)
        if cut == 0 and len(whole) > 4 * size:
            cut = whole.rfind(b"\n") + 1 or len(whole)
        rest = whole[cut:]
        if cut:
            yield whole[:cut] if rest else whole
    if rest:
        yield rest


def _cut(whole: bytes) -> int:
    """Behind the last line end before which all quotes are closed; 0: there is none."""
    cut = whole.rfind(b"\n") + 1
    open_quotes = whole.count(b'"', 0, cut) % 2
    tries = 0
    while open_quotes and cut and tries < 10_000:
        before = whole.rfind(b"\n", 0, cut - 1) + 1
        open_quotes = (open_quotes - whole.count(b'"', before, cut)) % 2
        cut, tries = before, tries + 1
    return 0 if open_quotes else cut


def _frame(chunk: bytes, table: TextTable, rows_before: int) -> pl.DataFrame:
    has_quotes = b'"' in chunk
    frame = None
    if b"\r" not in chunk.replace(b"\r\n", b"") and chunk.count(b'"') % 2 == 0:
        frame = _by_polars(chunk, table, has_quotes=has_quotes)
    if frame is None:
        frame = _one_by_one(chunk, table)
    rows = pl.int_range(rows_before + 1, rows_before + frame.height + 1, dtype=pl.UInt32, eager=True).alias("row")
    return frame.with_columns(rows)


def _by_polars(chunk: bytes, table: TextTable, *, has_quotes: bool) -> pl.DataFrame | None:
    """The rows, or None where quotes do not stand as they should."""
    names = table.names
    # Polars takes the number of columns from the first line.
    content = table.separator.join(names).encode() + b"\n" + chunk
    try:
        frame = pl.read_csv(
            content,
            separator=table.separator,
            quote_char='"' if has_quotes else None,
            schema=dict.fromkeys(names, pl.String),
            empty_string_is_null=False,
            truncate_ragged_lines=True,
            encoding="utf8" if chunk.isascii() else "utf8-lossy",
        )
    except pl.exceptions.ComputeError:
        return None
    lines = chunk.count(b"\n") + (not chunk.endswith(b"\n"))
    if frame.height != lines:
        # A line end within quotes: which rows are short cannot be told by lines.
        return None
    fault = pl.lit(None, pl.String)
    if frame.height and not (frame[names[-2]] != "").all():
        fault = _short(chunk, table, has_quotes=has_quotes)
    return frame.with_columns(fault.alias(FAULT))


def _short(chunk: bytes, table: TextTable, *, has_quotes: bool) -> pl.Expr:
    """COLUMN_COUNT for each line with fewer cells than there are headings."""
    lines = pl.read_csv(
        b"line\n" + chunk,
        separator="\x01",
        quote_char=None,
        schema={"line": pl.String},
        empty_string_is_null=False,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )["line"]
    bare = lines.str.replace_all('"[^"]*"', "") if has_quotes else lines
    is_short = bare.str.count_matches(table.separator, literal=True) < len(table.headings) - 1
    return pl.when(is_short).then(pl.lit(ReplyCode.COLUMN_COUNT.value))


_FAULTS = {TipCode.BAD_QUOTING: ReplyCode.BAD_QUOTING, TipCode.VALUE_TOO_LONG: ReplyCode.VALUE_TOO_LONG}


def _one_by_one(chunk: bytes, table: TextTable) -> pl.DataFrame:
    """The rows of a chunk whose quotes or line ends are unusual."""
    width, rows = len(table.headings), []
    for row in split_rows(Decoded(chunk), table.separator, None):
        cells = [text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for text in row.texts]
        fault = None if row.fault is None else _FAULTS[row.fault]
        if fault is None and len(cells) < width:
            fault = ReplyCode.COLUMN_COUNT
        cells += [""] * (width - len(cells))
        rows.append([*cells[:width], "".join(cells[width:]).strip(), fault])
    return pl.DataFrame(rows, schema=dict.fromkeys([*table.names, FAULT], pl.String), orient="row")
