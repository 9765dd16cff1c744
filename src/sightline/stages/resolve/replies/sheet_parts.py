"""Open the sheets of a workbook as parts, each with what the other sheets say about its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import polars as pl

from sightline.errors import UnknownFormat
from sightline.model import NoticeKind
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.stages.resolve.replies import (
    empty_reply,
    file_versions,
    heading_fit,
    list_names,
    lookup_sheets,
    question_sheets,
    reply_layouts,
    surrounding_lines,
    workbook,
)
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.holders import Holders
from sightline.stages.resolve.replies.lookup_sheets import LookupSheet
from sightline.stages.resolve.replies.neighbouring_files import doubt_version
from sightline.stages.resolve.replies.reply_layouts import ReplyLayout
from sightline.stages.resolve.replies.reply_parts import Frames, ReplyPart, SilentPart
from sightline.stages.resolve.replies.reply_source import ReplyMember
from sightline.stages.resolve.replies.single_rows import NUMBERS
from sightline.stages.resolve.replies.table_head import open_table
from sightline.stages.resolve.replies.table_part import TablePart

TAIL_ROWS = 60


@dataclass(slots=True)
class _ReplySheet:
    """A sheet of a reply with headings."""

    rows: workbook.SheetRows
    at: int
    fit: Fit
    head: list[list[str]]


def open_sheets(
    member: ReplyMember, layouts: Sequence[ReplyLayout], declared: ReplyDeclarations, named: set[str | None]
) -> list[ReplyPart]:
    """Return the tables of a workbook's sheets, hidden ones too. One without headings is refused, or is a cover."""
    sheets, hidden, remarks = workbook.read_sheets(member)
    named |= {sheet.name for sheet in sheets}
    result: list[_ReplySheet] = []
    nearest: list[Sequence[str]] = []
    beside: list[Sequence[str]] = [[remark] for remark in remarks]
    questions: set[str] = set()
    for sheet in sheets:
        head = _read_head(sheet)
        if len(sheets) > 1 and (at := question_sheets.find_headings(sheet.name, head, layouts)) is not None:
            questions.add(sheet.name)
            beside += question_sheets.list_lines(head, at)
            continue
        nearest += head
        if (table := _find_table(sheet, head, layouts)) is not None:
            result.append(table)
        else:
            beside += head
    if not result:
        texts = "\n".join(" ".join(cells) for cells in nearest)
        if answers := empty_reply.read_answers(texts):
            return [SilentPart(answers)]
        raise heading_fit.build_headings_error(layouts, nearest)
    others = [sheet for sheet in sheets if sheet.name not in questions | {table.rows.name for table in result}]
    beside_lines: list[Holders | LookupSheet] = [*_read_holders(others, layouts, declared)]
    beside_lines += _read_lookups(others, layouts)
    covers = _name_covers(others)
    parts: list[ReplyPart] = []
    versions = file_versions.find_versions(_sheet.rows.name for _sheet in result)
    for table in result:
        headings = table.head[table.at]
        by_column = {at: name for name, at in table.fit.places.items()}
        remarks = [f"sheet {table.rows.name!r}", *_describe_hidden_parts(table.rows, hidden)]
        remarks += [f"sheets without headings of a reply: {', '.join(covers)}"] if covers else []
        frames = _make_frame_reader(table.rows, len(headings), by_column)
        first = next(frames())[0].filter(pl.col("row") > table.rows.numbers[table.at])
        sample = first.select(pl.col("^c[0-9]+$")).head(2000).rows()
        number = table.rows.numbers[table.at]
        last = [[cell.text for cell in cells] for cells in table.rows.rows[-TAIL_ROWS:]]
        # What another sheet says, without a table of its own, holds for this one; so does the sheet's name.
        above = [*beside, *table.head[: table.at]]
        of_sheet = declared.choose_for_table(table.rows.name)
        title = f"{member.title} {table.rows.name}"
        part = open_table(table.fit, headings, number, above, sample, frames, of_sheet, "; ".join(remarks), last, title)
        part = _add_neighbours(part, beside_lines, table.rows.name)
        parts.append(doubt_version(part, table.rows.name, versions))
    return parts


def _add_neighbours(part: ReplyPart, beside: Sequence[Holders | LookupSheet], name: str) -> ReplyPart:
    """Return a table with what other sheets say, and in doubt if the name of its own sheet has an unknown word."""
    if not isinstance(part, TablePart):
        return part
    words, own = surrounding_lines.list_words(name), surrounding_lines.list_words(part.licensee)
    is_doubted = part.fit.layout.reply is NoticeKind.RECORDS and list_names.has_unknown_word(words, own)
    return replace(part, holders=beside, doubt=part.doubt or ("name of the sheet or file" if is_doubted else None))


def _read_head(sheet: workbook.SheetRows) -> list[list[str]]:
    return [[cell.text for cell in cells] for cells in islice(sheet.rows, heading_fit.HEADING_ROWS)]


def _find_table(sheet: workbook.SheetRows, head: list[list[str]], layouts: Sequence[ReplyLayout]) -> _ReplySheet | None:
    """The table of a sheet, also of one that has a name and a value in each row; None of any other."""
    if best := heading_fit.find_best(layouts, head):
        return _ReplySheet(sheet, best[0], best[1], head)
    if (turned := workbook.turn_facts(sheet)) is None:
        return None
    head = _read_head(turned)
    best = heading_fit.find_best(layouts, head)
    return None if best is None else _ReplySheet(turned, best[0], best[1], head)


def _name_covers(sheets: Sequence[workbook.SheetRows]) -> list[str]:
    """Return the names of sheets without headings. Raises UnknownFormat for one that has addresses."""
    for sheet in sheets:
        if workbook.has_addresses(sheet):
            raise UnknownFormat(
                f"sheet {sheet.name!r} has addresses, and no headings of a reply",
                hint="ask for headings on every sheet; no sheet is left out",
            )
    return [sheet_rows.name for sheet_rows in sheets]


def _read_holders(
    sheets: Sequence[workbook.SheetRows], layouts: Sequence[ReplyLayout], declared: ReplyDeclarations
) -> list[Holders]:
    """What sheets of customers say, beside those with records."""
    if any(layout.reply is NoticeKind.SUBSCRIBERS for layout in layouts):
        return []
    result = []
    forms = reply_layouts.choose_layouts("auto", NoticeKind.SUBSCRIBERS)
    for sheet in sheets:
        head = [[cell.text for cell in cells] for cells in islice(sheet.rows, heading_fit.HEADING_ROWS)]
        best = heading_fit.find_best(forms, head)
        if best is None:
            continue
        at, fit = best
        frames = _make_frame_reader(sheet, len(head[at]), {at: name for name, at in fit.places.items()})
        own = declared.choose_for_table(sheet.name)
        part = open_table(fit, head[at], sheet.numbers[at], [], [], frames, own, "")
        result.append(Holders.from_batches(f"sheet {sheet.name!r}", [batch for batch, _, _ in part.read_batches()]))
    return result


def _read_lookups(sheets: Sequence[workbook.SheetRows], layouts: Sequence[ReplyLayout]) -> list[LookupSheet]:
    """What sheets without records say of lines."""
    if not any(layout.reply is NoticeKind.RECORDS for layout in layouts):
        return []
    # One heading may be another field in another layout: as a number it counts first.
    every = [(name, field) for layout in layouts for name, field in layout.fields.items()]
    fields = dict(sorted(every, key=lambda one: one[1] in NUMBERS))
    result = []
    for sheet in sheets:
        rows = [[cell.text for cell in cells] for cells in sheet.rows]
        lines = lookup_sheets.read_lookup(sheet.name, rows[: heading_fit.HEADING_ROWS], rows, fields)
        result.append(lines or lookup_sheets.read_statements(sheet.name, rows))
    return [lookup_sheet for lookup_sheet in result if lookup_sheet is not None]


def _describe_hidden_parts(sheet: workbook.SheetRows, hidden: Sequence[str]) -> list[str]:
    """Return remarks about what a workbook hides and is read too."""
    remarks = [f"{sheet.hidden_rows:,} hidden rows are read too"] if sheet.hidden_rows else []
    remarks += ["hidden columns are read too"] if sheet.has_hidden_columns else []
    return remarks + ([f"hidden sheets are read too: {', '.join(hidden)}"] if hidden else [])


def _make_frame_reader(sheet: workbook.SheetRows, width: int, by_column: dict[int, str]) -> Frames:
    def frames() -> Iterator[tuple[pl.DataFrame, int]]:
        for frame in workbook.read_batches(sheet, width, by_column):
            yield frame, 0

    return frames
