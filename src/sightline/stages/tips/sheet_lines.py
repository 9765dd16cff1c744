"""Split a plain delimited sheet into columns at once: the lines of which every cell is clearly where it seems to be."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sightline.stages.tabular.delimited import DECLARED_SEPARATOR, ROW_LIMIT
from sightline.stages.tabular.encoding import encoding_of


@dataclass(frozen=True, slots=True)
class SheetLines:
    """The lines of a sheet: `at line byte_offset length`, and how many bytes a mark takes before the first."""

    lines: pl.DataFrame

    def cells(self, separator: str, width: int) -> pl.DataFrame:
        """Return `at byte_offset length c0 c1 …` of the lines with exactly `width` cells."""
        fitting = self.lines.filter(pl.col("line").str.count_matches(separator, literal=True) == width - 1)
        names = [f"c{number}" for number in range(width)]
        split = pl.col("line").str.split_exact(separator, width - 1).struct.rename_fields(names).struct.unnest()
        return fitting.select("at", "byte_offset", "length", split)


def split_plain(content: bytes) -> SheetLines | None:
    """Return the lines of a sheet, or None if a quote, a lone CR or a bad byte makes the split uncertain."""
    encoding, mark = encoding_of(content)
    if encoding != "utf-8" or b'"' in content or b"\x00" in content or b"\r\r" in content:
        return None
    try:
        text = content[mark:].decode()
    except UnicodeDecodeError:
        return None
    if DECLARED_SEPARATOR.match(text) or content.count(b"\r") != content.count(b"\r\n"):
        return None
    line = pl.col("line")
    # Python splits in half the memory that polars takes for one long text.
    lines = pl.DataFrame({"line": text.removesuffix("\n").split("\n")}, schema={"line": pl.String})
    del text
    size = line.str.len_bytes().cast(pl.Int64)
    lines = lines.with_columns((size + 1).cum_sum().shift(1, fill_value=0).alias("byte_offset") + mark)
    if b"\r" in content:
        lines = lines.with_columns(line.str.strip_suffix("\r"))
    lines = lines.with_columns(size.alias("length"))
    if (lines["length"].max() or 0) > ROW_LIMIT:  # type: ignore[operator]
        return None
    return SheetLines(lines.with_row_index("at"))
