"""Find what broke a table: a value over two lines, a page that is missing, cells that a deleted one moved by a row."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from sightline.stages.resolve.replies import assignment_table, cell_text, reply_times, single_rows, surrounding_lines
from sightline.stages.resolve.replies.cell_text import UnreadableValue
from sightline.stages.resolve.replies.delimited import OVER
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.reply_times import TimeRules
from sightline.stages.resolve.replies.shared_words import load_shared_words

_FIRST_ROWS = 100
LEAST_COLUMNS = 4
"""The minimum number of columns of a table in which a row of one cell is a piece of another row."""
_PIECE, _FIRST_PIECE = r"^.{0,60}[0-9].{0,60}$", r"^[^\s]{0,40}[0-9][^\s]{0,40}$"
"""A piece of a value has a figure; words alone are a note. Words below the first column are a line of their own."""
_WHOLE = (
    r"^\s*(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f:]*::[0-9A-Fa-f:]*|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
    r"|\+?[0-9]{10,13})(?:/[0-9]{1,3})?\s*$"
)
"""An address or a telephone number is whole: such a row says that there is no more of it."""
_PAGE = re.compile(
    r"(?<![a-z])(?:page|sheet|part)[\s_]{0,3}:?\s{0,3}([0-9]{1,4})\s{0,3}(?:of|/)\s{0,3}([0-9]{1,4})\b", re.IGNORECASE
)

_PAGE_ALONE = re.compile(r"(?<![a-z])page[\s_-]{0,3}([0-9]{1,3})(?![0-9\s]*(?:of|/))\b", re.IGNORECASE)
"""The name of a file or sheet that is one page of several."""


def find_broken(frame: pl.DataFrame, headings: Sequence[str]) -> pl.DataFrame:
    """Return `row` and `doubted_by` of rows next to a row that has only a piece of one value, under its heading.

    `frame`: the rows' texts (`row`, `c0`, ..., OVER). Whether the piece belongs to the row above or below is not known.
    """
    width = len(headings)
    if width < LEAST_COLUMNS or frame.is_empty():
        return pl.DataFrame(schema={"row": pl.UInt32, "doubted_by": pl.String})
    names = [f"c{at}" for at in range(width)]
    few = frame
    # A row of one cell lacks one of each two. Those that are filled in the first rows leave the fewest rows.
    pairs = [[*pair] for pair in zip(names[::2], names[1::2], strict=False)]
    blanks = frame.head(_FIRST_ROWS).select((pl.col(names) == "").sum()).row(0, named=True)
    for pair in sorted(pairs, key=lambda pair: sum(blanks[name] or 0 for name in pair)):
        # A cell that begins with a visible ASCII character is not empty; only the others are stripped.
        few = few.filter(pl.any_horizontal((pl.col(*pair) < "!") | (pl.col(*pair) > "~")))
        few = few.filter(pl.any_horizontal(pl.col(*pair).str.strip_chars() == ""))
    if few.is_empty():
        return pl.DataFrame(schema={"row": pl.UInt32, "doubted_by": pl.String})
    filled = pl.sum_horizontal((pl.col(name).str.strip_chars() != "").cast(pl.UInt16) for name in names)
    piece = pl.coalesce(
        *(
            pl.when(
                pl.col(name).str.contains(_FIRST_PIECE if name == "c0" else _PIECE) & ~pl.col(name).str.contains(_WHOLE)
            ).then(pl.lit(heading.strip().lstrip("\ufeff")))
            for name, heading in zip(names, headings, strict=True)
        )
    )
    is_alone = (filled == 1) & (pl.col(OVER).str.strip_chars().fill_null("") == "")
    marked = frame.select("row", piece=pl.when(is_alone).then(piece), is_empty=filled == 0).filter(~pl.col("is_empty"))
    beside = pl.coalesce(pl.col("piece").shift(-1), pl.col("piece").shift(1))
    rows = marked.with_columns(doubted_by=beside).filter(pl.col("piece").is_null(), beside.is_not_null())
    return rows.select("row", "doubted_by")


def find_missing_page(lines: Sequence[Sequence[str]]) -> str | None:
    """Return `page 2 of 3` where numbered pages stand in the lines, and one is missing; None where all are there.

    The first line is the name of the file or sheet.
    """
    alone = _PAGE_ALONE.search(" ".join(lines[0])[:400]) if lines else None
    if alone and int(alone[1]) > 1:
        return f"page {alone[1]} alone"
    pages: dict[int, set[int]] = {}
    for cells in lines:
        for match in _PAGE.finditer(" ".join(cells)[:400]):
            pages.setdefault(int(match[2]), set()).add(int(match[1]))
    for count, there in pages.items():
        missing = next((page for page in range(1, count + 1) if page not in there), None)
        if missing is not None:
            return f"page {missing} of {count}"
    return None


LEAST_ROWS = 4
"""The minimum number of rows of a table in which a cell that only the last one lacks shows that a column moved up."""
MARKED_ROWS = 2
"""The same number of rows, the last one left out, where that one has a dash, a zero or a word."""
MOST_BLANK = 3
"""The maximum number of rows by which a column moves up: the last rows lack a cell, and no other row does."""
_MOVED = (
    single_rows.NUMBERS,
    ("ip", "source_ip", "framed_ip6", "framed_prefix", "delegated_prefix"),
    ("port", "port_from", "port_to"),
    ("start", "start_date", "start_clock"),
)
"""Fields of which a row has one at least, each in a column that may move alone."""
_ORPHAN = re.compile(r"\+?[0-9]{6,}|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?=[^ ]*[0-9])[\w.@/-]{4,60}")
"""A value of a row, and no count or number of a page."""
_ZERO_OR_TOTAL = re.compile(r"0+|(?:sub|grand)? ?total\b.{0,40}")
_FIGURE = re.compile(r"[0-9]")
_FIGURES = re.compile(r"(?:[0-9][^0-9]*){3}")
"""What a number has, and a note or a unit in its place has not."""


def find_moved_column(fit: Fit, below: Sequence[Sequence[str]]) -> str | None:
    """Return the heading of a column whose cells stand in the row above or below their own one, or None.

    A cell that was deleted moves those below it up: only the last row of the table has none there, or the last two or
    three. A cell that was put in moves them down: only one row has none there, and below the last row stands one alone.
    In a table of LEAST_ROWS rows or more a first row without one is enough. A dash, a zero or the word of a total is
    none, and so are words where every other row has figures. Or the heading itself moved into a row. `below`: the lines
    under the headings, to the last one.
    """
    rows, alone = [], []
    for cells in below:
        stand = assignment_table.list_filled_cells(cells, "")
        if len(stand) == 1:
            alone.append(cells)
        elif len(cells) + 1 < len(fit.headings):
            continue  # The end of a file cut it. One cell alone may be missing where nobody wrote the last delimiter.
        elif surrounding_lines.is_row(cells, fit, stand) and not assignment_table.is_heading(cells, fit.headings):
            rows.append(cells)
    for fields in _MOVED:
        places = [fit.places[field] for field in fields if field in fit.places]
        if any(_is_own_heading(cells, fit, at) for cells in rows for at in places):
            return fit.headings[places[0]].strip()
        blank = _list_rows_without(rows, places)
        if not places or not blank or not all(_is_whole_beside(rows[at], fit, fields) for at in blank[:MOST_BLANK]):
            continue
        has_orphan = any(_ORPHAN.fullmatch(cells[at].strip()) for cells in alone for at in places if at < len(cells))
        is_down = len(blank) == 1 and len(rows) > 1 and (has_orphan or (blank == [0] and len(rows) >= LEAST_ROWS))
        is_up = len(blank) <= MOST_BLANK and blank == [*range(len(rows) - len(blank), len(rows))]
        # An empty cell may also be what a clerk does not know. A dash or a zero is what was below the cells.
        least = LEAST_ROWS - 1 if any(not rows[at][place].strip() for at in blank for place in places) else MARKED_ROWS
        if is_down or (is_up and len(rows) - len(blank) >= least):
            return fit.headings[places[0]].strip()
    return None


def find_moved_ends(fit: Fit, below: Sequence[Sequence[str]], rules: TimeRules) -> str | None:
    """Return the heading of the ends if these may stand in the row above their own one, or None.

    Only the last row has no end, and each of the others ends after the next row begins: those ends fit the next rows.
    """
    places = fit.places
    rows = [
        cells
        for cells in below
        if len(cells) >= len(fit.headings)
        and surrounding_lines.is_row(cells, fit, assignment_table.list_filled_cells(cells, ""))
    ]
    if not {"start", "end"} <= places.keys() or len(rows) < LEAST_ROWS:
        return None
    blank = [at for at, cells in enumerate(rows) if not cells[places["end"]].strip()]
    if blank != [len(rows) - 1] or not _is_whole_beside(rows[-1], fit, ()):
        return None
    starts = [_parse_time(cells[places["start"]], rules) for cells in rows[1:]]
    ends = [_parse_time(cells[places["end"]], rules) for cells in rows[:-1]]
    fits = all(start is not None and end is not None and end > start for start, end in zip(starts, ends, strict=True))
    return fit.headings[places["end"]].strip() if fits else None


def find_dividing_column(fit: Fit, below: Sequence[Sequence[str]]) -> str | None:
    """Return the heading of the numbers if an empty column without a heading is between these and the addresses.

    Such a column divides two tables: whose row the number beside it is of, is not known.
    """
    width = len(fit.headings)
    numbers = [fit.places[name] for name in single_rows.NUMBERS if name in fit.places]
    others = [at for name, at in fit.places.items() if name not in single_rows.NUMBERS]
    if not numbers or not others:
        return None
    rows = [cells for cells in below if len(cells) >= width]
    for at in range(1, width - 1):
        if fit.headings[at].strip() or any(cells[at].strip() for cells in rows) or not rows:
            continue
        sides = [{place > at for place in places} for places in (numbers, others)]
        if sides in ([{True}, {False}], [{False}, {True}]):
            return fit.headings[numbers[0]].strip()
    return None


def _parse_time(text: str, rules: TimeRules) -> int | None:
    try:
        return reply_times.parse_instant(text.strip(), rules).us
    except UnreadableValue:
        return None


def _list_rows_without(rows: Sequence[Sequence[str]], places: Sequence[int]) -> list[int]:
    """Return which rows have no value in any of the places."""
    texts = [[cells[at].strip() for at in places if at < len(cells) and not _is_none(cells[at])] for cells in rows]
    without = [at for at, filled in enumerate(texts) if not filled]
    wordy = [at for at, filled in enumerate(texts) if filled and not any(_FIGURES.search(text) for text in filled)]
    return sorted(without + wordy) if len(without) + len(wordy) <= MOST_BLANK else without


def _is_none(cell: str) -> bool:
    bare = cell.strip().casefold()
    return bare in cell_text.ABSENT or bool(_ZERO_OR_TOTAL.fullmatch(bare))


def _is_own_heading(cells: Sequence[str], fit: Fit, at: int) -> bool:
    """Whether a cell of a row repeats the heading of its column."""
    heading = fit.headings[at].strip().casefold()
    return bool(heading) and at < len(cells) and cells[at].strip().casefold() == heading


def _is_whole_beside(cells: Sequence[str], fit: Fit, fields: Sequence[str]) -> bool:
    """Whether a row has all that other rows have but these fields, and says nowhere that there are no records."""
    if any(load_shared_words().says_no_records(cell) for cell in cells if cell.strip()):
        return False
    others = [[fit.places[field] for field in kin if field in fit.places] for kin in _MOVED if kin is not fields]
    # A line of words that fills as many cells is no row.
    return all(any(_FIGURE.search(cells[at]) for at in places if at < len(cells)) for places in others if places)
