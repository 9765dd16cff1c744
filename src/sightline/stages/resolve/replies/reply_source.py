"""Open the bytes of a reply: plain, gzip, or members of a ZIP. Nothing is ever written to a disk."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

from sightline.errors import DamagedInput, Refused, UsageError
from sightline.stages.resolve.replies import encrypted_zip, mail_parts

Opener = Callable[[], IO[bytes]]
RATIO, FREE_BYTES, MOST_BYTES, MOST_MEMBERS = 200, 64 << 20, 8 << 30, 1000
ADVICE = "ask for the CSV or XLSX of the same rows, as the notice asks"
_REFUSED = (
    (b"%PDF", "a table in a PDF is not read"),
    (b"\xd0\xcf\x11\xe0", "an old XLS or DOC file, or one that Office encrypted, is not read"),
    (b"\x89PNG", "an image is not read"),
    (b"\xff\xd8\xff", "an image is not read"),
    (b"GIF8", "an image is not read"),
    (b"II*\0", "an image is not read"),
    (b"MM\0*", "an image is not read"),
    (b"{\\rtf", "an RTF document is not read"),
    (b"Rar!", "a RAR archive is not read"),
    (b"7z\xbc\xaf", "a 7z archive is not read"),
)
_DOCUMENTS = frozenset({b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"{\\rtf"})
"""Of these, what in an archive may be a letter beside the tables. Any other may have tables itself."""
_PAGE = (b"<html", b"<!doctype html", b"<table", b"<head", b"<meta", b"<style", b"<body", b"<div")
_XML = (b"<?xml", b"<!doctype")


@dataclass(frozen=True, slots=True)
class ReplyMember:
    """One file of rows: its name within an archive, how to open it, and its size in bytes if known.

    `title`: the name of the reply's own file and, in an archive, the folders and the name of the member. `unread`: why
    it is not read, of a document in an archive.
    """

    name: str | None
    open: Opener
    size: int | None
    is_workbook: bool = False
    is_page: bool = False
    title: str = ""
    unread: str | None = None

    @property
    def label(self) -> str:
        """Return how messages name the reply: by its file, if it has a name."""
        return self.name or "the reply"


@contextmanager
def map_unpack_errors(label: str) -> Iterator[None]:
    """Convert errors of decompression into DamagedInput."""
    try:
        yield
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        raise DamagedInput(f"{label} cannot be unpacked: {error}", hint="ask for it again") from None


def read_members(path: Path, password: bytes | None) -> list[ReplyMember]:
    """Return the files of rows in a reply. Raises DamagedInput, Refused, UsageError."""
    with map_unpack_errors(str(path)):
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(4096)
    return _list_members_inside(ReplyMember(None, lambda: path.open("rb"), size), head, password, 1)


def _list_members_inside(member: ReplyMember, head: bytes, password: bytes | None, depth: int) -> list[ReplyMember]:
    if not head.strip():
        raise DamagedInput(f"{member.label} is empty", hint="ask for it again")
    for magic, what in _REFUSED:
        if head.startswith(magic):
            if depth > 1 and magic in _DOCUMENTS:
                return [replace(member, unread=what)]
            raise Refused(f"{member.label}: {what}", hint=ADVICE)
    if mail_parts.begins_as_mail(head) and mail_parts.has_parts(read_first_bytes(member, mail_parts.HEAD_BYTES)):
        return _list_mail_parts(member, password, depth)
    start = _without_nul(head).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith(_PAGE) or (start.startswith(_XML) and b"<html" in start):
        return [replace(member, is_page=True)]
    if start.startswith(_XML):
        raise Refused(f"{member.label}: XML, whatever its name ends in, is not read", hint=ADVICE)
    if head.startswith(b"\x1f\x8b"):
        unpacked = ReplyMember(member.name, lambda: _open_gzip(member), None)
        return _list_members_inside(unpacked, read_first_bytes(unpacked, 4096), password, depth + 1)
    if head.startswith(b"PK"):
        return _list_zip_members(member, password, depth)
    return [member]


def _list_mail_parts(member: ReplyMember, password: bytes | None, depth: int) -> list[ReplyMember]:
    """The attachments of a mail and its text."""
    if depth > 3:
        raise Refused(f"{member.label}: archives within archives within archives", hint="unpack it once")
    result: list[ReplyMember] = []
    for name, body in mail_parts.read_parts(_read_bytes(member)):
        part = ReplyMember(name, mail_parts.make_opener(body), len(body))
        result += _list_members_inside(part, body[:4096], password, depth + 1)
    if not result:
        raise DamagedInput(f"{member.label}: a mail without text or attachments", hint="ask for it again")
    return result


def _without_nul(head: bytes) -> bytes:
    """Return the letters of a head in UTF-16, of which every second byte is NUL; any other head unchanged."""
    return head.replace(b"\0", b"") if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else head


def _open_gzip(member: ReplyMember) -> IO[bytes]:
    return cast("IO[bytes]", LimitedStream(gzip.GzipFile(fileobj=member.open()), member.size))


class LimitedStream(io.RawIOBase):
    """A stream that stops if it expands to more than its packed size allows."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, packed: int | None) -> None:
        super().__init__()
        self._stream, self._done = stream, 0
        self._most = MOST_BYTES if packed is None else min(MOST_BYTES, max(FREE_BYTES, packed * RATIO))

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises DamagedInput."""
        piece = self._stream.read(self._most + 1 - self._done if size < 0 else size)
        self._done += len(piece)
        if self._done > self._most:
            raise DamagedInput("unpacks to far more than a reply would", hint="ask for it again, as CSV")
        return piece

    def close(self) -> None:
        """Close both."""
        self._stream.close()
        super().close()


def read_first_bytes(member: ReplyMember, size: int) -> bytes:
    """Return the first bytes of a member. Raises DamagedInput."""
    with map_unpack_errors(member.label), member.open() as stream:
        return stream.read(size)


def _list_zip_members(member: ReplyMember, password: bytes | None, depth: int) -> list[ReplyMember]:
    """The members of a ZIP in its order, or the workbook that it is."""
    if depth > 3:
        raise Refused(f"{member.label}: archives within archives within archives", hint="unpack it once")
    with map_unpack_errors(member.label):
        archive = zipfile.ZipFile(cast("IO[bytes]", io.BytesIO(_read_bytes(member))) if member.name else member.open())
        entries = [
            member for member in archive.infolist() if not member.is_dir() and not _is_system_file(member.filename)
        ]
    names = {member.filename for member in entries}
    if any(name.endswith("xl/workbook.xml") for name in names):
        return [ReplyMember(member.name, member.open, member.size, is_workbook=True)]
    if any(name.startswith("word/") for name in names):
        if depth > 1:
            return [replace(member, unread="a DOCX document is not read")]
        raise Refused(f"{member.label}: a DOCX document is not read", hint=ADVICE)
    if "content.xml" in names:
        raise Refused(f"{member.label}: an OpenDocument file is not read", hint="save it as XLSX or CSV")
    if len(entries) > MOST_MEMBERS:
        raise Refused(f"{member.label}: more than {MOST_MEMBERS:,} members", hint="ask for fewer, larger files")
    result: list[ReplyMember] = []
    for entry in entries:
        opener = _make_opener(archive, entry, password, member.label)
        inner = ReplyMember(entry.filename, opener, entry.file_size)
        result += _list_members_inside(inner, read_first_bytes(inner, 4096), password, depth + 1)
    if not result:
        raise DamagedInput(f"{member.label}: an archive without members", hint="ask for it again")
    return result


def _is_system_file(name: str) -> bool:
    return name.startswith("__MACOSX") or name.rpartition("/")[2].startswith("._")


def _read_bytes(member: ReplyMember) -> bytes:
    with member.open() as stream:
        return stream.read()


def _make_opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, password: bytes | None, label: str) -> Opener:
    """How to open a member. Raises UsageError where its password is missing or wrong."""
    is_encrypted = bool(entry.flag_bits & 1)
    where = f"{label}, member {entry.filename}"
    if is_encrypted and password is None:
        raise UsageError(f"{where}: it has a password", hint="give it with --password-file FILE")
    if entry.compress_type == encrypted_zip.AES:
        content = encrypted_zip.open_member(archive, entry, password or b"", where)
        return lambda: cast("IO[bytes]", LimitedStream(io.BytesIO(content), entry.compress_size))
    if is_encrypted:
        try:
            archive.open(entry, pwd=password).close()
        except RuntimeError:
            hint = "give the right one with --password-file FILE"
            raise UsageError(f"{where}: the password is wrong", hint=hint) from None
    pwd = password if is_encrypted else None
    return lambda: cast("IO[bytes]", LimitedStream(archive.open(entry, pwd=pwd), entry.compress_size))
