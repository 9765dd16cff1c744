"""Decompress the members of an exhibit. The first bytes determine the type, never a name."""

from __future__ import annotations

import bz2
import io
import lzma
import re
import unicodedata
from collections.abc import Iterator
from typing import TypeAlias

from sightline.errors import UsageError
from sightline.model import RejectCode
from sightline.stages.scan.options import DecompressionLimits
from sightline.stages.scan.reference import tar, zips
from sightline.stages.scan.reference.exhibit import ExhibitBytes
from sightline.stages.scan.reference.inflate import Gzip
from sightline.stages.scan.reference.streams import (
    PIECE_BYTES,
    BrokenError,
    Budget,
    ByteSource,
    DecodedStreams,
    HeldStream,
    PrefixedSource,
)

Pieces: TypeAlias = Iterator[bytes | RejectCode]
"""Bytes in their order. A code is a break, and the last piece."""
Member: TypeAlias = tuple[str | None, Pieces]

GZIP = re.compile(rb"\x1f\x8b\x08")
BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
XZ = re.compile(rb"\xfd7zXZ\x00")
ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
ZIP = re.compile(rb"PK(?:\x03\x04|\x05\x06)")
FOREIGN = re.compile(rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x04\x22\x4d\x18|\x1f\x9d")
"""7-Zip, RAR, lz4, compress: reading them as text would give only noise."""


def is_container(head: bytes) -> bool:
    """Return whether bytes begin as gzip, bzip2, xz, zstd, zip or tar do. Give the first `tar.BLOCK_BYTES`."""
    return tar.is_header(head) or any(kind.match(head) for kind in (GZIP, BZIP2, XZ, ZSTD, ZIP))


def read_members(exhibit: ExhibitBytes, limits: DecompressionLimits) -> Iterator[Member]:
    """Yield each member's name (None: the exhibit itself) and bytes, in stored order, with nested ones in place.

    A member must be read to its end before the next is asked for. Raises UsageError for zstd, which Python 3.11 lacks.
    """
    budget = Budget(limits, len(exhibit.content))
    source = HeldStream(exhibit.content, shrank=exhibit.shrank)
    for member in _unfold_source(source, None, budget, 0):
        yield member
        if budget.is_exceeded:
            return


def _unfold_source(source: ByteSource, name: str | None, budget: Budget, depth: int) -> Iterator[Member]:
    """Take one layer after the other off."""
    peeked = PrefixedSource(source, tar.BLOCK_BYTES)
    if FOREIGN.match(peeked.head):
        yield _build_broken_member(name, RejectCode.MEMBER_UNSUPPORTED)
    elif not is_container(peeked.head):
        yield name, _read_pieces(peeked)
    elif depth >= budget.limits.nesting:
        yield _build_broken_member(name, RejectCode.DECOMPRESSION_LIMIT)
    elif ZIP.match(peeked.head):
        yield from _read_zip_members(peeked, name, budget, depth + 1)
    elif inner := decode_source(peeked, budget):
        yield from _unfold_source(inner, name, budget, depth + 1)
    else:
        yield from _read_tar_members(peeked, name, budget, depth + 1)


def decode_source(source: PrefixedSource, budget: Budget) -> ByteSource | None:
    """Return the decoded bytes of a compressed source, or None if it is not compressed. Raises UsageError for zstd."""
    if GZIP.match(source.head):
        return DecodedStreams(source, Gzip, budget, padded=True, only_one=False)
    if BZIP2.match(source.head):
        return DecodedStreams(source, bz2.BZ2Decompressor, budget, padded=False, only_one=False)
    if XZ.match(source.head):
        return DecodedStreams(source, lzma.LZMADecompressor, budget, padded=True, only_one=False)
    if ZSTD.match(source.head):
        raise UsageError(
            "zstd cannot be read without the kernel: Python's standard library has no zstd",
            hint="decompress the file first (zstd -d FILE), or build the kernel (make build)",
        )
    return None


def _read_pieces(source: ByteSource) -> Pieces:
    """What a source gives, and the code of its break."""
    try:
        while piece := source.read(PIECE_BYTES):
            yield piece
    except BrokenError as broken:
        yield broken.code


def _build_broken_member(name: str | None, code: RejectCode) -> Member:
    return name, iter((code,))


def _read_tar_members(source: ByteSource, outer: str | None, budget: Budget, depth: int) -> Iterator[Member]:
    """The regular files of a tar."""
    try:
        for raw_name, content in tar.read_entries(source):
            yield from _unfold_member(build_inner_name(outer, raw_name), raw_name, content, budget, depth)
    except BrokenError as broken:
        yield _build_broken_member(outer, broken.code)


def _read_zip_members(source: ByteSource, outer: str | None, budget: Budget, depth: int) -> Iterator[Member]:
    """The files of a zip, which is held in memory, as its directory stands at its end."""
    stream, whole = io.BytesIO(), True
    try:
        while piece := source.read(PIECE_BYTES):
            if stream.write(piece) and stream.tell() > budget.limits.spool_bytes and depth > 1:
                raise BrokenError(RejectCode.MEMBER_UNSUPPORTED)
    except BrokenError as broken:
        if broken.code is not RejectCode.BROKEN_STREAM:
            yield _build_broken_member(outer, broken.code)
            return
        whole = False
    try:
        for raw_name, content in zips.read_entries(stream.getbuffer(), budget, whole=whole):
            yield from _unfold_member(build_inner_name(outer, raw_name), raw_name, content, budget, depth)
    except BrokenError as broken:
        yield _build_broken_member(outer, broken.code)


def _unfold_member(
    name: str, raw_name: bytes, content: ByteSource | RejectCode, budget: Budget, depth: int
) -> Iterator[Member]:
    """One member of an archive, or the members in it; none for what Apple's archivers put beside the files."""
    *folders, base = raw_name.split(b"/")
    if base.startswith(b"._") or b"__MACOSX" in folders:
        return
    if isinstance(content, RejectCode):
        yield _build_broken_member(name, content)
        return
    try:
        budget.spend_member()
    except BrokenError as broken:
        yield _build_broken_member(name, broken.code)
        return
    yield from _unfold_source(content, name, budget, depth)


def build_inner_name(outer: str | None, raw_name: bytes) -> str:
    """Return the name of a member, `outer.tar!inner.log` for a nested one, printable on one line."""
    name = "".join(map(_escape_letter, raw_name.decode(errors="surrogateescape")))
    return name if outer is None else f"{outer}!{name}"


def _escape_letter(letter: str) -> str:
    """A letter of a name; control characters, and bytes that are not UTF-8, as `\\xHH`."""
    if unicodedata.category(letter) not in {"Cc", "Cs"}:
        return letter
    return "".join(f"\\x{byte:02x}" for byte in letter.encode(errors="surrogateescape"))
