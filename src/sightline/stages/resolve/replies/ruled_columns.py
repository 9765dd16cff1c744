"""Turn a table into rows whose columns have fixed places, shown by a line of dashes, as SQL*Plus writes them."""

from __future__ import annotations

import re
from itertools import pairwise

_RULER = re.compile(r" {0,9}-{2,}(?: +-{2,}){2,} *", re.ASCII)
_COLUMN = re.compile(r"-+")


def split_columns(text: str) -> list[list[str]] | None:
    """Return the rows of a table with a line of dashes under its headings; None if the text has no such line.

    The headings may be repeated, with their line, on each page. A line with a letter between two columns is no row: it
    becomes a row of one cell, a note.
    """
    lines = [line.expandtabs() for line in text.replace("\f", "\n").splitlines()]
    ruler = next((line for line in lines if _RULER.fullmatch(line)), None)
    if ruler is None:
        return None
    spans = [match.span() for match in _COLUMN.finditer(ruler)]
    between = [(end, begin) for (_, end), (begin, _) in pairwise(spans)]
    rows = []
    for line in lines:
        if not line.strip() or _RULER.fullmatch(line):
            continue
        if any(line[end:begin].strip() for end, begin in between):
            rows.append([line.strip()])
        else:
            last = spans[-1][0]
            rows.append([*(line[begin:end].strip() for begin, end in spans[:-1]), line[last:].strip()])
    return rows
