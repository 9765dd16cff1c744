"""Members of an exhibit, decompressed: what bytes are is told by their first ones, never by a name."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, TypeAlias, cast

from sightline.errors import UsageError
from sightline.records import RejectCode
from sightline.stages.scan.options import Limits
from sightline.stages.scan.reference.exhibit import Exhibit
from sightline.stages.scan.reference.streams import (
    DECODERS,
    PIECE_BYTES,
    BrokenError,
    Budget,
    Decompressed,
    Held,
    Peeked,
    Source,
)

Pieces: TypeAlias = Iterator[bytes | RejectCode]
"""Bytes in their order; a code is a break, and the last piece."""
Member: TypeAlias = tuple[str | None, Pieces]

HEAD_BYTES = 512
ZSTANDARD = b"\x28\xb5\x2f\xfd"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def members(exhibit: Exhibit, limits: Limits) -> Iterator[Member]:
    """Each member's name (None: the exhibit itself) and bytes, in the order stored, nested ones in their place.

    A member must be read to its end before the next is asked for. Raises UsageError for zstd, which Python 3.11 lacks.
    """
    source = Held(exhibit.content, shrank=exhibit.shrank)
    return _unfold(source, None, Budget(limits, len(exhibit.content)), 0)


def _unfold(source: Source, name: str | None, budget: Budget, depth: int) -> Iterator[Member]:
    """Take one layer after the other off."""
    peeked = Peeked(source, HEAD_BYTES)
    head = peeked.head
    magic = next((magic for magic in DECODERS if head.startswith(magic)), None)
    is_tar = head[257:262] == b"ustar"
    if not (magic or is_tar or head.startswith((*ZIP, ZSTANDARD))):
        yield name, _pieces(peeked)
    elif depth >= budget.limits.nesting:
        yield name, iter((RejectCode.DECOMPRESSION_LIMIT,))
    elif magic:
        yield from _unfold(Decompressed(peeked, magic, budget), name, budget, depth + 1)
    elif head.startswith(ZSTANDARD):
        raise UsageError(
            "zstd cannot be read without the kernel: Python's standard library has no zstd",
            hint="decompress the file first (zstd -d FILE), or build the kernel (make build)",
        )
    else:
        yield from (_tar_members if is_tar else _zip_members)(peeked, name, budget, depth + 1)


def _pieces(source: Source) -> Pieces:
    """What a source gives, and the code of its break."""
    try:
        while piece := source.read(PIECE_BYTES):
            yield piece
    except BrokenError as broken:
        yield broken.code


def _tar_members(source: Source, name: str | None, budget: Budget, depth: int) -> Iterator[Member]:
    """The regular files of a tar."""
    counted = Measured(source)
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", counted), mode="r|", errors="backslashreplace") as archive:
            for entry in archive:
                budget.spend_member()
                content = archive.extractfile(entry) if entry.isreg() else None
                if content and entry.issparse():
                    yield _inner(name, entry.name), iter((RejectCode.MEMBER_UNSUPPORTED,))
                elif content:
                    yield from _unfold(Entry(content), _inner(name, entry.name), budget, depth)
        if counted.size_bytes % tarfile.BLOCKSIZE:
            yield name, iter((RejectCode.BROKEN_STREAM,))
    except BrokenError as broken:
        yield name, iter((broken.code,))
    except tarfile.TarError:
        yield name, iter((RejectCode.BROKEN_STREAM,))


class Measured:
    """A source that knows how much was read of it: tarfile ends without a word where a header is cut off."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.size_bytes = 0

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        piece = self._source.read(size)
        self.size_bytes += len(piece)
        return piece


class Entry:
    """The bytes of an archive's member; what its module raises at a break is the break."""

    def __init__(self, source: IO[bytes], budget: Budget | None = None) -> None:
        self._source, self._budget = source, budget

    def read(self, size: int, /) -> bytes:
        """The next bytes. Raises BrokenError at a break."""
        try:
            piece = self._source.read(size)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, zlib.error, lzma.LZMAError):
            raise BrokenError(RejectCode.BROKEN_STREAM) from None
        if self._budget:
            self._budget.spend(len(piece))
        return piece


def _zip_members(source: Source, name: str | None, budget: Budget, depth: int) -> Iterator[Member]:
    """The files of a zip, in the order of its directory."""
    held = io.BytesIO()
    try:
        while piece := source.read(PIECE_BYTES):
            if held.write(piece) and held.tell() > budget.limits.spool_bytes and depth > 1:
                raise BrokenError(RejectCode.DECOMPRESSION_LIMIT)
        archive = zipfile.ZipFile(held)
        for entry in archive.infolist():
            budget.spend_member()
            if not entry.is_dir():
                yield from _zip_member(archive, entry, _inner(name, entry.filename), budget, depth)
    except BrokenError as broken:
        yield name, iter((broken.code,))
    except zipfile.BadZipFile:
        yield name, iter((RejectCode.BROKEN_STREAM,))


def _zip_member(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, budget: Budget, depth: int
) -> Iterator[Member]:
    if entry.flag_bits & 1:
        yield name, iter((RejectCode.MEMBER_ENCRYPTED,))
    elif entry.compress_type not in ZIP_METHODS:
        yield name, iter((RejectCode.MEMBER_UNSUPPORTED,))
    else:
        with archive.open(entry) as content:
            yield from _unfold(Entry(content, budget), name, budget, depth)


def _inner(outer: str | None, name: str) -> str:
    """The name of a member, `outer.tar!inner.log` where it lies in another one."""
    return name if outer is None else f"{outer}!{name}"
