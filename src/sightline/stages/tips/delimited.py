"""Read tips in CSV and TSV."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sightline.errors import UnknownFormat
from sightline.stages.tabular.delimited import DECLARED_SEPARATOR, SEPARATORS, split_rows
from sightline.stages.tabular.encoding import DecodedContent
from sightline.stages.tips.event_table import HEADING_ROWS, build_no_columns_error, find_event_columns, read_items
from sightline.stages.tips.model import Item, TipNote, TipOptions
from sightline.stages.tips.table_columns import TableColumns


def find_table_columns(content: bytes, options: TipOptions) -> TableColumns | None:
    """Return the columns of a delimited file, or None if they are no tip's. Raises UnknownFormat, UsageError."""
    return find_columns(DecodedContent(content), options)[0]


def read(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    """Yield the rows of a referral, or of a capture of a peer-to-peer network. Raises UnknownFormat, UsageError."""
    decoded = DecodedContent(content)
    tip_columns, separator = find_columns(decoded, options)
    if tip_columns is None:
        raise build_no_columns_error(options, "a table of text")
    yield from list_notes(tip_columns)
    yield from read_items(split_rows(decoded, separator, member), tip_columns, options)


def list_notes(tip_columns: TableColumns) -> Iterator[TipNote]:
    """Yield what an officer must know of the columns."""
    if tip_columns.zone:
        yield TipNote("the heading of the times says that they are in UTC")
    if tip_columns.unread_note:
        yield TipNote(tip_columns.unread_note)


def find_columns(decoded: DecodedContent, options: TipOptions) -> tuple[TableColumns | None, str]:
    """Return the columns, and the separator under which they are there; several at once are refused."""
    fitting = []
    for separator in _list_separators(decoded.text):
        rows = islice(split_rows(decoded, separator, None), HEADING_ROWS)
        tip_columns = find_event_columns(rows, options)
        if tip_columns is not None and (tip_columns.has_headings or _fits_columns(decoded, separator, tip_columns)):
            fitting.append((tip_columns, separator))
    if len(fitting) > 1:
        raise UnknownFormat("a table of text that can be split in several ways", hint="save it as CSV, with commas")
    return fitting[0] if fitting else (None, ",")


def _fits_columns(decoded: DecodedContent, separator: str, tip_columns: TableColumns) -> bool:
    """Return whether the first row has the columns that were declared by number."""
    first = next(split_rows(decoded, separator, None), None)
    return first is not None and len(first.cells) > max(tip_columns.places.values())


def _list_separators(text: str) -> tuple[str, ...]:
    """The separator that a first line `sep=;` says, else all that there are."""
    declared = DECLARED_SEPARATOR.match(text)
    return (declared[1],) if declared else SEPARATORS
