"""Read CyberTipline reports in JSON (RFC 8259), with the byte position of each item and numbers as written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from sightline.model import TipCode
from sightline.stages.tabular.encoding import DecodedContent
from sightline.stages.tabular.markup import DEPTH_LIMIT
from sightline.stages.tabular.table_rows import RowPlace
from sightline.stages.tips.cybertip import CybertipReport
from sightline.stages.tips.model import Item, TipOptions, TipReject

_LINE = re.compile(r"[^ \t\r\n][^\n]*")
"""A line that is not blank, from its first sign."""
_BLANK = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null", re.ASCII)


class _ReadingStop(Exception):
    """The rest of the document is not read."""

    def __init__(self, code: TipCode, at: int) -> None:
        super().__init__(code.value)
        self.code, self.at = code, at


class JsonHandler(Protocol):
    """Takes the objects and texts of a document in order, and returns its frames at the end."""

    def start_element(self, name: str, byte_offset: int) -> None:
        """Handle the start of an object or a text."""

    def says(self, text: str) -> None:
        """Handle a text."""

    def note_repeat(self) -> None:
        """Handle a key of the innermost open object that stands there twice."""

    def end_element(self, end: int) -> None:
        """Handle the end of the innermost open object or text, before `end`."""

    def find_partial(self) -> int | None:
        """Return where the frame that is cut off begins, or None."""

    def list_items(self) -> Iterator[Item]:
        """Yield the frames in the order in which they begin."""


def read(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    """Yield the captures of a report, or of one in each line, and a break where a document is incomplete."""
    decoded = DecodedContent(content)
    for begin, end in _list_documents(decoded.text):
        yield from _read_span(decoded, member, CybertipReport(member, options), begin, end)


def read_document(content: bytes, member: str | None, handler: JsonHandler) -> Iterator[Item]:
    """Yield the frames that a handler finds in a document, then a break if the document is incomplete."""
    decoded = DecodedContent(content)
    return _read_span(decoded, member, handler, 0, len(decoded.text))


def _list_documents(text: str) -> list[tuple[int, int]]:
    """Return where each document begins and ends: the whole text, or each line of JSON Lines.

    No single document has only lines that begin with a brace, nor a whole object in its first line and a brace after.
    So a broken line of JSON Lines is one reject, and the reports after it are read.
    """
    firsts = [match[0] for match in islice(_LINE.finditer(text), 2)]
    if len(firsts) < 2 or not all(line.startswith("{") for line in firsts):
        return [(0, len(text))]
    lines = [(regex_match.start(), regex_match.end()) for regex_match in _LINE.finditer(text)]
    is_each = _is_object(firsts[0]) or all(text[begin] == "{" for begin, _ in lines)
    return lines if is_each else [(0, len(text))]


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _read_span(
    decoded: DecodedContent, member: str | None, handler: JsonHandler, begin: int, end: int
) -> Iterator[Item]:
    stop: TipReject | None = None
    try:
        _DocumentWalker(decoded, handler, begin, end).read_document()
    except _ReadingStop as error:
        partial = handler.find_partial()
        start = decoded.find_byte_offset(error.at) if partial is None else partial
        stop = TipReject(error.code, RowPlace(member, None, None, start, decoded.find_byte_offset(end) - start))
    yield from handler.list_items()
    if stop is not None:
        yield stop


class _DocumentWalker:
    """One pass over the document, without recursion: each open array or object is on a list."""

    def __init__(self, decoded: DecodedContent, report: JsonHandler, begin: int, end: int) -> None:
        self._decoded, self._report = decoded, report
        self._text, self._at, self._end = decoded.text, begin, end
        self._open: list[tuple[str, str, set[str]]] = []
        """Closing sign, name of the items, and the keys seen. A list's items have the name of the list."""

    def read_document(self) -> None:
        """Read the whole document. Raises _Stopped."""
        self._skip()
        self._read_value("report")
        while self._open:
            self._take_next()
        self._skip()
        if self._at < self._end:
            raise _ReadingStop(TipCode.TRAILING_CONTENT, self._at)

    def _take_next(self) -> None:
        """Take the next member of the innermost container, or its end."""
        closing, name, seen = self._open[-1]
        self._skip()
        if self._sign() == closing:
            self._take(closing)
            self._open.pop()
            if closing == "}":
                self._report.end_element(self._decoded.find_byte_offset(self._at))
            return
        if seen:
            self._take(",")
            self._skip()
        if closing == "]":
            seen.add("")
            self._read_value(name)
            return
        key = self._read_string()
        if key in seen:
            self._report.note_repeat()
        seen.add(key)
        self._skip()
        self._take(":")
        self._skip()
        self._read_value(key)

    def _read_value(self, name: str) -> None:
        sign, start = self._sign(), self._at
        if sign in {"{", "["}:
            if len(self._open) >= DEPTH_LIMIT:
                raise _ReadingStop(TipCode.TOO_DEEP, self._at)
            self._take(sign)
            if sign == "{":
                self._report.start_element(name, self._decoded.find_byte_offset(start))
            self._open.append(("}" if sign == "{" else "]", name, set()))
            return
        text = self._read_string() if sign == '"' else self._read_scalar()
        if text is not None:
            self._report.start_element(name, self._decoded.find_byte_offset(start))
            self._report.says(text)
            self._report.end_element(self._decoded.find_byte_offset(self._at))

    def _read_string(self) -> str:
        match = _STRING.match(self._text, self._at, self._end)
        if match is None:
            raise _ReadingStop(TipCode.BROKEN_DOCUMENT, self._at)
        self._at = match.end()
        return str(json.loads(match[0]))

    def _read_scalar(self) -> str | None:
        """A number or a word as written; None for `null`."""
        match = _SCALAR.match(self._text, self._at, self._end)
        if match is None:
            raise _ReadingStop(TipCode.BROKEN_DOCUMENT, self._at)
        self._at = match.end()
        if self._sign() not in {"", ",", "]", "}", " ", "\t", "\n", "\r"}:
            raise _ReadingStop(TipCode.BROKEN_DOCUMENT, self._at)
        return None if match[0] == "null" else match[0]

    def _skip(self) -> None:
        match = _BLANK.match(self._text, self._at, self._end)
        self._at = match.end() if match else self._at

    def _sign(self) -> str:
        return self._text[self._at : min(self._at + 1, self._end)]

    def _take(self, sign: str) -> None:
        if self._sign() != sign:
            raise _ReadingStop(TipCode.BROKEN_DOCUMENT, self._at)
        self._at += 1
