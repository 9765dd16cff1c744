"""Split many lines of CSV into whole columns: a list has a million rows, and one call for each takes too long."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from operator import itemgetter, methodcaller
from typing import NamedTuple

_COUNT_COMMAS = methodcaller("count", ",")
_COUNT_QUOTES = methodcaller("count", '"')


class LineColumns(NamedTuple):
    """Fields of some lines: `at` holds the positions of the lines, and each column their fields in that order."""

    at: Sequence[int]
    columns: Sequence[Sequence[str]]


def split_lines(lines: list[str], width: int) -> Iterator[LineColumns]:
    """Yield the fields of lines of `width` fields, as `csv.reader(strict=True, skipinitialspace=True)` reads them.

    Lines that use quotes alike are split together. Left out are comments, blank lines, lines that are no CSV, and lines
    of another number of fields.
    """
    splitters = _choose_splitters(lines, width)
    left: list[int] = []
    for split in (_split_unquoted, _split_quoted, _split_partly_quoted):
        group = [at for at, one in enumerate(splitters) if one is split] if split in splitters else []
        columns = split(_pick_lines(lines, group), width) if group else []
        if columns is None:
            left += group
        elif columns:
            yield LineColumns(group, columns)
    left += [at for at, one in enumerate(splitters) if one is _split_by_module]
    if left:
        yield from _split_by_module(lines, sorted(left), width)


def _choose_splitters(lines: list[str], width: int) -> list[object]:
    """Return what `_choose_splitter` returns for each line; None for a comment too."""
    counts = list(zip(map(_COUNT_QUOTES, lines), map(_COUNT_COMMAS, lines), strict=True))
    by_counts = {count: _choose_splitter(*count, width) for count in set(counts)}
    result = [by_counts[count] for count in counts]
    for at, line in enumerate(lines):
        if line[:1] == "#":
            result[at] = None
    return result


def _choose_splitter(quotes: int, commas: int, width: int) -> object:
    """The function below that may split a line with these counts of quotes and commas; None for no row."""
    if not quotes:
        return _split_unquoted if commas == width - 1 else None
    if quotes == 2 * width:
        return _split_quoted
    return _split_partly_quoted if commas == width - 1 else _split_by_module


def _pick_lines(lines: list[str], at: Sequence[int]) -> list[str]:
    return lines if len(at) == len(lines) else list(itemgetter(*at, at[0])(lines))[:-1]


def _split_unquoted(lines: list[str], width: int) -> Sequence[Sequence[str]] | None:
    """The columns of lines without quotes; None where a field begins with a blank, which does not belong to it."""
    joined = ",".join(lines)
    if joined[0] == " " or ", " in joined:
        return None
    flat = joined.split(",")
    return [flat[place::width] for place in range(width)]


def _split_quoted(lines: list[str], width: int) -> Sequence[Sequence[str]] | None:
    """The columns of lines with twice as many quotes as fields; None if they are not around each field."""
    flat = "\n".join(lines).split('"')
    # What stands outside the quotes: nothing but the commas and the line ends.
    if flat[0] or flat[-1] or not {",", "\n"} >= set(flat[2:-1:2]):
        return None
    step = 2 * width
    return [flat[1 + 2 * place :: step] for place in range(width)]


def _split_partly_quoted(lines: list[str], width: int) -> Sequence[Sequence[str]] | None:
    """The columns of lines without commas in their fields; None if a column has quotes in some lines only."""
    flat = _split_unquoted(lines, width)
    if flat is None:
        return None
    columns = []
    for column in flat:
        joined = "\n".join(column)
        quotes = joined.count('"')
        if not quotes:
            columns.append(column)
            continue
        ends = joined.count('"\n"') + (joined[0] == '"' == joined[-1])
        if quotes != 2 * len(column) or ends != len(column):
            return None
        columns.append(joined[1:-1].split('"\n"'))
    return columns


def _split_by_module(lines: list[str], at: list[int], width: int) -> Iterator[LineColumns]:
    """Yield the fields of lines of any form, if a quote never opens in one and closes in another."""
    try:
        read = list(csv.reader(_pick_lines(lines, at), strict=True, skipinitialspace=True))
    except csv.Error:
        read = []
    if len(read) == len(at):
        fitting = [(place, fields) for place, fields in zip(at, read, strict=True) if len(fields) == width]
        if fitting:
            places, rows = zip(*fitting, strict=True)
            yield LineColumns(places, list(zip(*rows, strict=True)))
