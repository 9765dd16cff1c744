"""Split a plain delimited sheet into columns at once: the lines of which every cell is clearly where it seems to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from sightline.stages.tabular.delimited import DECLARED_SEPARATOR, ROW_LIMIT
from sightline.stages.tabular.encoding import detect_encoding

SLICE_BYTES = 6 << 20
"""How many bytes of lines are held as columns at once: it bounds the memory, whatever the size of the sheet."""


@dataclass(frozen=True, slots=True)
class SheetLines:
    """The lines of a sheet. A mark of the encoding takes `mark` bytes before the first."""

    content: bytes
    mark: int

    def list_slices(self, first_lines: int) -> Iterator[pl.DataFrame]:
        """Yield `at line byte_offset length` of all lines in order: the first few lines, then some MiB at a time."""
        begin, at = self.mark, 0
        end = self._end_of_lines(begin, first_lines)
        while True:
            lines = self._read_lines(begin, end, at)
            yield lines
            begin, at = end, at + len(lines)
            if begin >= len(self.content):
                return
            end = self._end_of_bytes(begin)

    def _end_of_lines(self, begin: int, count: int) -> int:
        """Return where the line that is `count` lines behind `begin` begins, or where the sheet ends."""
        for _ in range(count):
            begin = self.content.find(b"\n", begin) + 1
            if not begin:
                return len(self.content)
        return begin

    def _end_of_bytes(self, begin: int) -> int:
        """Return where the last line ends that ends within a slice. A line longer than a slice is one by itself."""
        if len(self.content) - begin <= SLICE_BYTES:
            return len(self.content)
        end = self.content.rfind(b"\n", begin, begin + SLICE_BYTES) + 1
        return end or self._end_of_lines(begin, 1)

    def _read_lines(self, begin: int, end: int, at: int) -> pl.DataFrame:
        line = pl.col("line")
        texts = self.content[begin:end].decode().removesuffix("\n").split("\n")
        lines = pl.DataFrame({"line": texts}, schema={"line": pl.String})
        size = line.str.len_bytes().cast(pl.Int64)
        lines = lines.with_columns((size + 1).cum_sum().shift(1, fill_value=0).alias("byte_offset") + begin)
        # In a plain sheet, each CR is in front of a LF.
        lines = lines.with_columns(line.str.strip_suffix("\r"))
        return lines.with_columns(size.alias("length")).with_row_index("at", offset=at)


def split_cells(lines: pl.DataFrame, separator: str, width: int) -> pl.DataFrame:
    """Return `at byte_offset length c0 c1 …` of the lines with exactly `width` cells."""
    fitting = lines.filter(pl.col("line").str.count_matches(separator, literal=True) == width - 1)
    names = [f"c{number}" for number in range(width)]
    split = pl.col("line").str.split_exact(separator, width - 1).struct.rename_fields(names).struct.unnest()
    return fitting.select("at", "byte_offset", "length", split)


def split_plain(content: bytes) -> SheetLines | None:
    """Return the lines of a sheet, or None if a quote, a lone CR or a bad byte makes the split uncertain."""
    encoding, mark = detect_encoding(content)
    if encoding != "utf-8" or b'"' in content or b"\x00" in content or b"\r\r" in content:
        return None
    if content.count(b"\r") != content.count(b"\r\n"):
        return None
    begin = mark
    while begin < len(content):
        end = content.rfind(b"\n", begin, begin + ROW_LIMIT + 1) + 1
        if not end and len(content) - begin > ROW_LIMIT:
            return None
        try:
            text = content[begin : end or len(content)].decode()
        except UnicodeDecodeError:
            return None
        if begin == mark and DECLARED_SEPARATOR.match(text):
            return None
        begin = end or len(content)
    return SheetLines(content, mark)
