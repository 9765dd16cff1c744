"""Split a frame into slots: comments, header lines, prefixes, and the ways to split (ADR 3, Ways to split)."""

from __future__ import annotations

from collections.abc import Iterator

from sightline.model import RejectCode
from sightline.stages.formats.program import (
    Delimited,
    Dissect,
    Dnstap,
    JsonFrame,
    KeyValue,
    MarkerHeader,
    Program,
    Statements,
)
from sightline.stages.scan.reference import brace_statements, delimited_columns, dissect, dnstap, key_values, objects
from sightline.stages.scan.reference.record import CommentFrame, Header
from sightline.stages.scan.reference.slots import Branch, Slots


def split_frame(program: Program, header: Header | None, frame: bytes) -> Branch | CommentFrame | RejectCode:
    """Return the slots of a frame with the constants of its branch, or why it is no record."""
    if isinstance(program.split, Dnstap):
        return dnstap.split(program.split, header, program.absent, frame)
    if not frame.strip(b" \t"):
        return CommentFrame()
    for text in _may_be_headers(program, frame):
        if (named := delimited_columns.read_marked_header(program.split, text)) is not None:
            return CommentFrame(named)
    for text in _may_be_headers(program, frame):
        if text.startswith(tuple(start.encode() for start in program.comments)):
            return CommentFrame()
    if header is None and (named := delimited_columns.read_first_header(program.split, frame)) is not None:
        return CommentFrame(named)
    trimmed = delimited_columns.without_blank_end(program.split, frame)
    if trimmed != frame:
        outcome = _split_record(program, program.split, header, trimmed)
        if outcome not in (RejectCode.NO_PATTERN, RejectCode.COLUMN_COUNT):
            return outcome
    outcome = _split_record(program, program.split, header, frame)
    if outcome in (RejectCode.NO_PATTERN, RejectCode.COLUMN_COUNT) and frame.endswith((b" ", b"\t", b"\r")):
        return _split_record(program, program.split, header, frame.rstrip(b" \t\r"))
    return outcome


def _split_record(
    program: Program, rule: Dissect | Delimited | JsonFrame | KeyValue | Statements, header: Header | None, frame: bytes
) -> Branch | CommentFrame | RejectCode:
    """The slots of a frame that is no header."""
    if isinstance(rule, Dissect):
        return dissect.split(rule, match_prefixes(program, frame), frame)
    # What stands before an object does not begin with a brace, but words in one may look like a header of syslog.
    is_bare = isinstance(rule, JsonFrame) and frame.startswith(b"{") and () in program.prefixes
    fitting: tuple[Slots, int] | None = ({}, 0) if is_bare else next(match_prefixes(program, frame), None)
    if fitting is None:
        return RejectCode.NO_PATTERN
    slots, start = fitting
    body = frame[start:]
    if isinstance(rule, Delimited):
        return delimited_columns.split(rule, header, program.absent, slots, body)
    if isinstance(rule, JsonFrame):
        return objects.split(rule, program.absent, slots, body)
    if isinstance(rule, Statements):
        return brace_statements.split(rule, program.absent, slots, body)
    return key_values.split(rule, program.absent, slots, body)


def _may_be_headers(program: Program, frame: bytes) -> Iterator[bytes]:
    """Yield the frame; where a marker names the columns, also what stands behind each prefix that fits."""
    yield frame
    if isinstance(program.split, Delimited) and isinstance(program.split.header, MarkerHeader):
        yield from (frame[start:] for _, start in match_prefixes(program, frame) if start)


def match_prefixes(program: Program, frame: bytes) -> Iterator[tuple[Slots, int]]:
    """Yield the slots of each matching prefix, and where it ends."""
    for tokens in program.prefixes or ((),):
        slots: Slots = {}
        end = dissect.fit(tokens, frame, 0, slots)
        if end is not None:
            yield slots, end
