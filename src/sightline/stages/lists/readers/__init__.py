"""One way into every kind of list file: `batches` tells the kind by its content and yields rows.

A new kind is one file with `recognises` and `read`, and one line in READERS (`docs/add_a_list_reader.md`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sightline.errors import UsageError
from sightline.stages.lists.model import RowBatch
from sightline.stages.lists.readers import csv, digests, hosts, plain, rpz
from sightline.stages.lists.readers.lines import LineBatch, line_batches


@dataclass(frozen=True, slots=True)
class Reader:
    """A kind of list file: its name, how its first line is known, and how its lines become rows."""

    name: str
    recognises: Callable[[str], bool]
    read: Callable[[Iterable[LineBatch]], Iterator[RowBatch]]


READERS = (
    Reader("csv", csv.recognises, csv.read),
    Reader("rpz", rpz.recognises, rpz.read),
    Reader("hosts", hosts.recognises, hosts.read),
    Reader("digests", digests.recognises, digests.read),
    Reader("plain", lambda _first_line: True, plain.read),
)
"""In this order; the first that recognises the first line that is no comment reads the file."""

_HEAD_BYTES = 1 << 16
_NOT_A_LIST = (
    (b"SIGHTLS1", "is a compiled list", "give the list file that it was compiled from"),
    (b"\x1f\x8b", "is compressed (gzip)", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed (zstd)", "unpack it first"),
    (b"PK\x03\x04", "is a zip archive or a spreadsheet", "unpack it, or save the sheet as CSV in UTF-8"),
    (b"\xd0\xcf\x11\xe0", "is a spreadsheet or document", "save the sheet as CSV in UTF-8"),
    (b"%PDF", "is a PDF", "transcribe it into CSV and sign it with --transcribed-by"),
    (b"\xff\xfe", "is UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16", "save it as UTF-8"),
    (b"untrusted comment:", "is a minisign key or signature", "give the list file itself"),
    (b"{", "is JSON, which no reader takes", "save it as CSV: kind,value,category,..."),
    (b"[{", "is JSON, which no reader takes", "save it as CSV: kind,value,category,..."),
    (b"<", "is XML or HTML, which no reader takes", "save it as CSV: kind,value,category,..."),
)


def batches(stream: BinaryIO, name: str = "the list") -> Iterator[RowBatch]:
    """Yield the rows and rejects of a list file in file order, in bounded memory.

    `name` stands in errors. Raises UsageError if the content is no kind of list that a reader takes.
    """
    reader, whole = detect(stream, name)
    return reader.read(line_batches(whole))


def detect(stream: BinaryIO, name: str = "the list") -> tuple[Reader, BinaryIO]:
    """The reader for the file's content, and a stream that begins at its beginning again."""
    head = b""
    while len(head) < _HEAD_BYTES and (more := stream.read(_HEAD_BYTES - len(head))):
        head += more
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, what, hint in _NOT_A_LIST:
        if start.startswith(magic):
            raise UsageError(f"{name} {what}, not a flag list", hint=hint)
    first_line = _first_line(start)
    if _lacks_header(first_line):
        hint = "put a first line above it that names the columns, such as: kind,value,category"
        raise UsageError(f"{name} looks like CSV without a header", hint=hint)
    reader = next(reader for reader in READERS if reader.recognises(first_line))
    return reader, io.BufferedReader(_Replayed(head, stream), 1 << 16)


def _first_line(head: bytes) -> str:
    """The first line that is neither empty nor a comment; empty if the head holds none."""
    for raw in head.split(b"\n"):
        line = raw.decode(errors="replace").strip("\r")
        if line.strip() and line.lstrip()[0] not in "#;":
            return line
    return ""


def _lacks_header(first_line: str) -> bool:
    kind, comma, _ = first_line.partition(",")
    return bool(comma) and kind.strip(' \t"') in csv.KINDS


class _Replayed(io.RawIOBase):
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        found = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(found)] = found
        return len(found)
