"""Read every kind of list file: `batches` detects the kind by its content and yields rows.

A new kind is one file with `recognises` and `read`, and one line in a table below (`docs/how-to/add_a_list_reader.md`).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sightline.errors import DamagedInput, UsageError
from sightline.stages.lists.model import RowBatch
from sightline.stages.lists.readers import (
    adblock,
    csv,
    digests,
    dnsmasq,
    exports,
    hosts,
    icse,
    misp,
    plain,
    rpz,
    stix,
    unbound,
    vic,
)
from sightline.stages.lists.readers.document import Document, Json
from sightline.stages.lists.readers.lines import LineBatch, read_line_batches
from sightline.stages.lists.readers.usual_forms import UsualForms
from sightline.stages.lists.references import without_undated


@dataclass(frozen=True, slots=True)
class LineReader:
    """A kind of file made of lines: its name, the test for its first line, and the conversion of lines to rows."""

    name: str
    recognises: Callable[[str], bool]
    read: Callable[[Iterable[LineBatch]], Iterator[RowBatch]]
    read_usual: Callable[[BinaryIO, UsualForms], Iterator[RowBatch]] | None = None

    def read_rows(self, stream: BinaryIO, _name: str, usual: UsualForms | None = None) -> Iterator[RowBatch]:
        """Yield the rows and rejects of the file, without references that have no date."""
        if usual is not None and self.read_usual is not None:
            return self.read_usual(stream, usual)
        return map(without_undated, self.read(read_line_batches(stream)))


@dataclass(frozen=True, slots=True)
class DocumentReader:
    """A kind of JSON document: its name, the test for its outermost keys, and its conversion to rows."""

    name: str
    recognises: Callable[[dict[str, Json]], bool]
    read: Callable[[Document, UsualForms | None], Iterator[RowBatch]]

    def read_rows(self, stream: BinaryIO, name: str, usual: UsualForms | None = None) -> Iterator[RowBatch]:
        """Yield the rows and rejects of the file, without references that have no date.

        Raises DamagedInput if a later part has another form.
        """
        document = Document(stream, name)
        yield from map(without_undated, self.read(document, usual))
        document.finish()


Reader = LineReader | DocumentReader

DOCUMENT_READERS = (
    DocumentReader("stix", stix.recognises, stix.read),
    DocumentReader("misp", misp.recognises, misp.read),
    DocumentReader("project-vic", vic.recognises, vic.read),
)
"""Exactly one of them must recognise a file that begins as JSON."""

LINE_READERS = (
    LineReader("export", exports.recognises, exports.read, exports.read_usual),
    LineReader("icse", icse.recognises, icse.read),
    LineReader("csv", csv.recognises, csv.read, csv.read_usual),
    LineReader("rpz", rpz.recognises, rpz.read, rpz.read_usual),
    LineReader("dnsmasq", dnsmasq.recognises, dnsmasq.read, dnsmasq.read_usual),
    LineReader("unbound", unbound.recognises, unbound.read, unbound.read_usual),
    LineReader("adblock", adblock.recognises, adblock.read, adblock.read_usual),
    LineReader("hosts", hosts.recognises, hosts.read, hosts.read_usual),
    LineReader("digests", digests.recognises, digests.read),
    LineReader("plain", lambda _first_line: True, plain.read, plain.read_usual),
)
"""The order of tests: the first that recognises the first line that is no comment reads the file."""

_HEAD_BYTES = 1 << 16
_COMMENT = re.compile(r"\s#")
_JSON = re.compile(rb"\{|\[\s*\{")
_NOT_A_LIST = (
    (b"SIGHTLS1", "is a compiled list, not a flag list", "give the list file that it was compiled from"),
    (b"\x1f\x8b", "is compressed (gzip), not a flag list", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed (zstd), not a flag list", "unpack it first"),
    (
        b"PK\x03\x04",
        "is a zip archive or a spreadsheet, not a flag list",
        "unpack it, or save the sheet as CSV in UTF-8",
    ),
    (b"\xd0\xcf\x11\xe0", "is a spreadsheet or document, not a flag list", "save the sheet as CSV in UTF-8"),
    (b"%PDF", "is a PDF, not a flag list", "transcribe it into CSV and sign it with --transcribed-by"),
    (b"\xff\xfe", "is UTF-16, not a flag list", "save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16, not a flag list", "save it as UTF-8"),
    (b"untrusted comment:", "is a minisign key or signature, not a flag list", "give the list file itself"),
    (b"<", "is XML or HTML, which no reader takes, not a flag list", "save it as CSV: kind,value,category,..."),
)


def read_batches(stream: BinaryIO, name: str = "the list", usual: UsualForms | None = None) -> Iterator[RowBatch]:
    """Yield the rows and rejects of a list file in file order, in bounded memory.

    With `usual` the kernel finds rows of the most usual form. Errors show `name`. Raises UsageError if no reader takes
    the content, and while reading DamagedInput for a truncated document.
    """
    reader, whole = detect_reader(stream, name)
    return reader.read_rows(whole, name, usual)


def detect_reader(stream: BinaryIO, name: str = "the list") -> tuple[Reader, BinaryIO]:
    """Return the reader for the file's content, and a stream at the file's beginning."""
    head = b""
    while len(head) < _HEAD_BYTES and (more := stream.read(_HEAD_BYTES - len(head))):
        head += more
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, what, hint in _NOT_A_LIST:
        if start.startswith(magic):
            raise UsageError(f"{name} {what}", hint=hint)
    buffered_reader = io.BufferedReader(_ReplayStream(head, stream), 1 << 16)
    if _JSON.match(start):
        return _choose_document_reader(head, name), buffered_reader
    first_line = _find_first_line(start)
    if exports.recognises(header := _find_commented_header(start)):
        first_line = header
    if (delimiter := _find_headerless_delimiter(first_line, start)) is not None:
        columns = ("kind", "value", "category") if _begins_with_kind(first_line, delimiter) else ("value", "category")
        separator = csv.DELIMITERS[delimiter]
        if names := csv.find_header_words(first_line, delimiter):
            formats = ", ".join(names)
            read = ", ".join(csv.COLUMNS)
            hint = f"rename the column that holds the flagged thing to value; columns that are read: {read}"
            raise UsageError(
                f"{name} looks like CSV with {separator} between its columns,"
                f" and none of them is named value: {formats}",
                hint=hint,
            )
        hint = f"put a first line above it that names the columns, such as: {delimiter.join(columns)}"
        raise UsageError(f"{name} looks like CSV without a header, with {separator} between its columns", hint=hint)
    return next(reader for reader in LINE_READERS if reader.recognises(first_line)), buffered_reader


def _choose_document_reader(head: bytes, name: str) -> DocumentReader:
    keys = _read_outermost_keys(head)
    document_readers = [reader for reader in DOCUMENT_READERS if reader.recognises(keys)]
    if len(document_readers) == 1:
        return document_readers[0]
    several = f"{name}: this JSON could be a list of several kinds"
    raise UsageError(
        several if document_readers else f"{name}: this JSON is no kind of list that is read",
        hint="give a STIX 2.1 bundle, MISP events or a Project VIC file; save others as CSV: kind,value,category,...",
    )


def _read_outermost_keys(head: bytes) -> dict[str, Json]:
    """The keys of the outermost object, or of the first in an array, as far as the head goes, with their values."""
    keys: dict[str, Json] = {}
    try:
        document = Document(io.BytesIO(head), "")
        if document.look_ahead() == "[":
            next(document.read_elements())
        for key in document.read_members():
            keys[key] = None
            keys[key] = document.read_value()
    except DamagedInput:
        # Most heads end within a value. The document's reader reports its errors.
        pass
    return keys


def _find_first_line(head: bytes) -> str:
    """The first line that is neither empty nor a comment; empty if the head holds none."""
    for raw in head.split(b"\n"):
        line = raw.decode(errors="replace").strip("\r")
        if line.strip() and line.lstrip()[0] not in "#;!":
            return line
    return ""


def _find_commented_header(head: bytes) -> str:
    """The last comment above the first line; empty if there is none."""
    comment = ""
    for raw in head.split(b"\n"):
        line = raw.decode(errors="replace").strip()
        if line and line[0] != "#":
            break
        comment = line or comment
    return comment


def _find_headerless_delimiter(first_line: str, head: bytes) -> str | None:
    """The delimiter of a table without a header; None for a file that is none, or that has one.

    Its first line holds a kind, or a value, before the delimiter; a page of a site may hold delimiters itself, and is a
    value of a table only where every line of the head, and there are several, is cut into as many columns.
    """
    if any(reader.recognises(first_line) for reader in LINE_READERS if reader.name not in {"digests", "plain"}):
        return None
    first_line = _COMMENT.split(first_line, maxsplit=1)[0]
    for delimiter in csv.DELIMITERS:
        before, mark, _ = first_line.partition(delimiter)
        # Two words on a line of plain text are a reject of that line; a kind before a tab is a table.
        if not mark or len(before.split()) != 1 or (delimiter == "\t" and not _begins_with_kind(first_line, delimiter)):
            continue
        if _begins_with_kind(first_line, delimiter) or not {"/", "?"} & set(before):
            return delimiter
        counts = [line.count(delimiter.encode()) for line in _list_whole_lines(head)]
        if len(counts) > 1 and len(set(counts)) == 1:
            return delimiter
    return None


def _begins_with_kind(first_line: str, delimiter: str) -> bool:
    return first_line.partition(delimiter)[0].strip(' \t"') in csv.KINDS


def _list_whole_lines(head: bytes) -> list[bytes]:
    """The lines of the head that are neither empty nor comments; not the last, where the head may have cut it."""
    lines = head.split(b"\n")
    lines = lines[:-1] if len(head) + 1 >= _HEAD_BYTES else lines
    return [line for line in lines if line.strip() and not line.lstrip().startswith((b"#", b";"))]


class _ReplayStream(io.RawIOBase):
    """A stream whose first bytes were already read."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._head:
            return self._rest.readinto(buffer)  # type: ignore[attr-defined,no-any-return]
        data = self._head[: len(buffer)]
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
