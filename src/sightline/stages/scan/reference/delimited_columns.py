"""Split delimited frames into columns, named by the program or by a header line (ADR 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sightline.model import RejectCode
from sightline.stages.formats.program import Delimited, Dnstap, FirstLineHeader, JsonFrame, MarkerHeader, Split
from sightline.stages.scan.reference.dissect import find_closing_quote
from sightline.stages.scan.reference.objects import choose_branch
from sightline.stages.scan.reference.record import CommentFrame, Header
from sightline.stages.scan.reference.slots import Branch, Slots


def read_marked_header(rule: Split, frame: bytes) -> Header | None:
    """Return the names in a frame that begins with the header's marker."""
    if not isinstance(rule, Delimited) or not isinstance(rule.header, MarkerHeader):
        return None
    marker, separator = rule.header.marker.encode(), rule.separator.encode()
    if not frame.startswith(marker):
        return None
    start = len(marker)
    if rule.header.separator is not None:
        return Header(
            tuple(name for name in frame[start:].rstrip(b" \t\r").split(rule.header.separator.encode()) if name)
        )
    while frame.startswith(separator, start):
        start += len(separator)
    return _read_header(rule, frame[start:].rstrip(b" \t\r"))


def read_first_header(rule: Split, frame: bytes) -> Header | None:
    """Return the names in the first frame that is no comment, if the format says so."""
    if not isinstance(rule, Delimited) or not isinstance(rule.header, FirstLineHeader):
        return None
    return _read_header(rule, without_blank_end(rule, frame))


def without_blank_end(rule: Split, frame: bytes) -> bytes:
    """Return a frame without the blanks and CRs at its end. A blank that separates columns stays."""
    if isinstance(rule, Delimited):
        return frame.rstrip(b" \t\r".replace(rule.separator.encode(), b""))
    return frame if isinstance(rule, JsonFrame | Dnstap) else frame.rstrip(b" \t\r")


def _read_header(delimited: Delimited, text: bytes) -> Header:
    """The names in a header line; one that cannot be split names nothing."""
    return Header(tuple(split_columns(delimited, text) or ()))


def split(
    delimited: Delimited, header: Header | None, absent: Sequence[str], slots: Slots, body: bytes
) -> Branch | CommentFrame | RejectCode:
    """Put the columns that the map names in their slots."""
    if delimited.columns is not None:
        header = Header(tuple(name.encode() for name in delimited.columns))
    elif header is None:
        return RejectCode.NO_HEADER
    elif not {need.encode() for need in delimited.needs} <= set(header.names):
        return RejectCode.WRONG_HEADER
    values, is_open = open_columns(delimited, body)
    if values is None or len(values) < len(header.names) or (len(values) > len(header.names) and not delimited.more):
        return RejectCode.COLUMN_COUNT
    by_name = {name.encode(): slot for name, slot in delimited.map.items()}
    for name, value in zip(header.names, values, strict=False):
        if name in by_name:
            slots[by_name[name]] = [value]
    branch = choose_branch(delimited, absent, slots)
    last = by_name.get(header.names[-1]) if len(values) == len(header.names) and values else None
    if not isinstance(branch, Branch) or not is_open or last is None:
        return branch
    return replace(branch, open=frozenset({last}))


def split_columns(delimited: Delimited, text: bytes) -> list[bytes] | None:
    """Return the columns of a frame without quotes, or None if a quoted one does not end correctly."""
    return open_columns(delimited, text)[0]


def open_columns(delimited: Delimited, text: bytes) -> tuple[list[bytes] | None, bool]:
    """Return the same, and whether the last one has no quote and runs to the end of the frame."""
    separator, result = delimited.separator.encode(), []
    position, end = _trim_separators(text, separator) if delimited.repeat else (0, len(text))
    if delimited.repeat and position == end:
        return [], False
    is_whole = end == len(text)
    text = text[:end]
    while True:
        taken = _read_column(delimited, text, position, separator)
        if taken is None:
            return None, False
        is_quoted = delimited.quote is not None and text.startswith(delimited.quote.encode(), position)
        value, position = taken
        result.append(value)
        if position == end:
            return result, is_whole and not is_quoted
        position += len(separator)
        while delimited.repeat and text.startswith(separator, position):
            position += len(separator)


def _trim_separators(text: bytes, separator: bytes) -> tuple[int, int]:
    """Return where a frame starts and ends without the separators around it."""
    start, end = 0, len(text)
    while text.startswith(separator, start):
        start += len(separator)
    while end - len(separator) >= start and text.endswith(separator, start, end):
        end -= len(separator)
    return start, end


def _read_column(delimited: Delimited, text: bytes, position: int, separator: bytes) -> tuple[bytes, int] | None:
    """One column and where it ends: at a separator or at the end of the frame."""
    if delimited.quote is not None and text.startswith(delimited.quote.encode(), position):
        quote = delimited.quote.encode()
        taken = _read_quoted_value(text, position + len(quote), quote, delimited.quote_escape)
        if taken is None or not (taken[1] == len(text) or text.startswith(separator, taken[1])):
            return None
        return taken
    end = text.find(separator, position)
    end = len(text) if end < 0 else end
    return text[position:end], end


def _read_quoted_value(text: bytes, position: int, quote: bytes, escape: str | None) -> tuple[bytes, int] | None:
    """A quoted value from behind its opening quote, and where its closing quote has ended."""
    if escape == "backslash":
        end = find_closing_quote(text, position, quote)
        return None if end is None else (text[position:end], end + len(quote))
    parts = []
    while (end := text.find(quote, position)) >= 0:
        parts.append(text[position:end])
        position = end + len(quote)
        if escape != "double" or not text.startswith(quote, position):
            return quote.join(parts), position
        position += len(quote)
    return None
