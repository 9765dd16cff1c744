"""Read zip (APPNOTE 6.3) by its central directory, or without a sound one by the headers before the members."""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sightline.model import RejectCode
from sightline.stages.scan.reference.inflate import Inflate
from sightline.stages.scan.reference.streams import PIECE_BYTES, BrokenError, Budget, ByteSource, DecodedStreams

Entry: TypeAlias = "tuple[bytes, ByteSource | RejectCode]"
Place: TypeAlias = tuple[int, int, int]
"""A central directory's number of entries, size in bytes, and position."""

END_RECORD_BYTES, LOCATOR_BYTES, END64_RECORD_BYTES = 22, 20, 56
ENTRY_BYTES, HEADER_BYTES = 46, 30
DESCRIPTOR_MARK = b"PK\x07\x08"


def read_entries(zipped: memoryview, budget: Budget, *, whole: bool) -> Iterator[Entry]:
    """Yield the name and the bytes of each file in a zip, or why it is unreadable. Read each before the next one.

    `whole`: the bytes end where the zip does. Without a sound directory the files come in their stored order, and at
    last BrokenError is raised.
    """
    try:
        if not whole:
            raise BrokenError(RejectCode.BROKEN_STREAM)
        listed = _list_files(zipped)
    except BrokenError:
        yield from _read_unlisted(zipped, budget)
        return
    for name, file in listed:
        yield name, _read_content(zipped, file, budget)


@dataclass(frozen=True, slots=True)
class ZippedFile:
    """A file in a zip: its entry in the directory, or its header.

    `place`: the position of its header, or of its bytes after a header.
    """

    flags: int
    method: int
    crc: int
    packed_bytes: int
    size_bytes: int
    place: int

    @property
    def is_encrypted(self) -> bool:
        """Return whether the file is encrypted. Bit 0: its bytes; bit 13: the directory's values; method 99: AES."""
        return bool(self.flags & 0x2001) or self.method == 99


def _list_files(zipped: memoryview) -> list[tuple[bytes, ZippedFile]]:
    """The regular files of the directory. Raises BrokenError where any entry cannot be read."""
    count, size, offset = _find_directory(zipped)
    directory = zipped[offset : offset + size]
    result, at = [], 0
    for _ in range(count):
        entry = _read_exactly(directory, at, ENTRY_BYTES)
        if entry[:4] != b"PK\x01\x02":
            raise BrokenError(RejectCode.BROKEN_STREAM)
        lengths = _read_number(entry, 28, 2), _read_number(entry, 30, 2), _read_number(entry, 32, 2)
        behind = _read_exactly(directory, at + ENTRY_BYTES, sum(lengths))
        name, extra = behind[: lengths[0]], behind[lengths[0] : lengths[0] + lengths[1]]
        size_bytes, packed_bytes, place = _widen_values(
            extra, [_read_number(entry, field, 4) for field in (24, 20, 42)]
        )
        flags, method, crc = _read_number(entry, 8, 2), _read_number(entry, 10, 2), _read_number(entry, 16, 4)
        # Made on Unix: the file's mode, if set, gives the type.
        file_type = _read_number(entry, 40, 2) & 0o170000 if entry[5] == 3 else 0
        if file_type in {0, 0o100000} and not name.endswith(b"/"):
            result.append((name, ZippedFile(flags, method, crc, packed_bytes, size_bytes, place)))
        at += ENTRY_BYTES + sum(lengths)
    return result


def _find_directory(zipped: memoryview) -> Place:
    """Return where the directory is (APPNOTE 4.3.14 to 4.3.16)."""
    start = max(0, len(zipped) - END_RECORD_BYTES - 0xFFFF)
    tail = bytes(zipped[start:])
    at = tail.rfind(b"PK\x05\x06")
    # A comment that reaches exactly to the end, because the mark may also occur within a comment.
    while at >= 0 and at + END_RECORD_BYTES + _read_number(tail[at : at + 22].ljust(22, b"\0"), 20, 2) != len(tail):
        at = tail.rfind(b"PK\x05\x06", 0, at + 3)
    if at < 0:
        raise BrokenError(RejectCode.BROKEN_STREAM)
    end = tail[at:]
    narrow = _read_number(end, 10, 2), _read_number(end, 12, 4), _read_number(end, 16, 4)
    if narrow[0] != 0xFFFF and 0xFFFFFFFF not in narrow[1:]:
        return _check_place(zipped, narrow, start + at)
    if start + at < LOCATOR_BYTES:
        raise BrokenError(RejectCode.BROKEN_STREAM)
    locator = _read_exactly(zipped, start + at - LOCATOR_BYTES, LOCATOR_BYTES)
    if locator[:4] != b"PK\x06\x07":
        return _check_place(zipped, narrow, start + at)
    record = _read_exactly(zipped, _read_number(locator, 8, 8), END64_RECORD_BYTES)
    if record[:4] != b"PK\x06\x06":
        raise BrokenError(RejectCode.BROKEN_STREAM)
    return _check_place(
        zipped,
        (_read_number(record, 32, 8), _read_number(record, 40, 8), _read_number(record, 48, 8)),
        _read_number(locator, 8, 8),
    )


def _check_place(zipped: memoryview, place: Place, end_record: int) -> Place:
    """The place, if a record of the end stands right behind it: what ends in another zip, whole, is not that zip."""
    behind = place[1] + place[2]
    if behind == end_record or _read_exactly(zipped, behind, 4) in {b"PK\x06\x06", b"PK\x05\x05"}:
        return place
    raise BrokenError(RejectCode.BROKEN_STREAM)


def _read_content(zipped: memoryview, file: ZippedFile, budget: Budget) -> ByteSource | RejectCode:
    """The decoded bytes of a listed file, or why they cannot be read."""
    if file.is_encrypted:
        return RejectCode.MEMBER_ENCRYPTED
    try:
        header = _read_exactly(zipped, file.place, HEADER_BYTES)
    except BrokenError as broken:
        return broken.code
    if header[:4] != b"PK\x03\x04":
        return RejectCode.BROKEN_STREAM
    start = file.place + HEADER_BYTES + _read_number(header, 26, 2) + _read_number(header, 28, 2)
    return _unpack_content(Slice(zipped, start, file.packed_bytes), file, budget)


def _unpack_content(packed: Slice, file: ZippedFile, budget: Budget) -> ByteSource | RejectCode:
    content: ByteSource
    if file.method == 0:
        content = MeteredStream(packed, budget)
    elif file.method == 8:
        content = DecodedStreams(packed, Inflate, budget, padded=False, only_one=True)
    elif file.method == 12:
        content = DecodedStreams(packed, bz2.BZ2Decompressor, budget, padded=False, only_one=False)
    else:
        return RejectCode.MEMBER_UNSUPPORTED
    return CheckedStream(content, file.size_bytes, file.crc)


def _read_unlisted(zipped: memoryview, budget: Budget) -> Iterator[Entry]:
    """The files by the headers before them (APPNOTE 4.3.7 to 4.3.9). Raises BrokenError in the end."""
    at = 0
    while True:
        name, file = _read_header(zipped, at)
        is_folder, is_described = name.endswith(b"/"), bool(file.flags & 8)
        # Folders have no bytes, but some writers deflate them.
        if is_described and not file.packed_bytes and not (is_folder and file.method == 0):
            at = yield from _read_streamed(zipped, None if is_folder else name, file, budget)
            continue
        if not is_folder:
            packed = Slice(zipped, file.place, file.packed_bytes)
            yield name, RejectCode.MEMBER_ENCRYPTED if file.is_encrypted else _unpack_content(packed, file, budget)
        at = file.place + file.packed_bytes
        if at > len(zipped):
            raise BrokenError(RejectCode.BROKEN_STREAM)
        if is_described:
            at += _measure_descriptor(zipped, at, (file.crc, file.packed_bytes, file.size_bytes)) or 0


def _read_streamed(
    zipped: memoryview, name: bytes | None, file: ZippedFile, budget: Budget
) -> Generator[Entry, None, int]:
    """A file that only a descriptor says the length of, if it has a name; where it ends. Raises BrokenError."""
    if file.method == 8 and not file.is_encrypted:
        content = DescriptorStream(zipped, file.place, budget)
        if name is not None:
            yield name, content
        return content.end()
    if name is not None:
        yield name, RejectCode.MEMBER_ENCRYPTED if file.is_encrypted else RejectCode.MEMBER_UNSUPPORTED
    # No field gives its end.
    raise BrokenError(RejectCode.BROKEN_STREAM)


def _read_header(zipped: memoryview, at: int) -> tuple[bytes, ZippedFile]:
    header = _read_exactly(zipped, at, HEADER_BYTES)
    if header[:4] != b"PK\x03\x04":
        raise BrokenError(RejectCode.BROKEN_STREAM)
    name_bytes, extra_bytes = _read_number(header, 26, 2), _read_number(header, 28, 2)
    behind = _read_exactly(zipped, at + HEADER_BYTES, name_bytes + extra_bytes)
    size_bytes, packed_bytes = _widen_values(
        behind[name_bytes:], [_read_number(header, 22, 4), _read_number(header, 18, 4)]
    )
    flags, method, crc = _read_number(header, 6, 2), _read_number(header, 8, 2), _read_number(header, 14, 4)
    start = at + HEADER_BYTES + name_bytes + extra_bytes
    return behind[:name_bytes], ZippedFile(flags, method, crc, packed_bytes, size_bytes, start)


def _measure_descriptor(zipped: memoryview, at: int, values: tuple[int, int, int]) -> int | None:
    """Return how long the descriptor with these values is that stands there; None: there is none."""
    # The long form first: that of an empty member begins with the short one.
    for mark in (DESCRIPTOR_MARK, b""):
        for width in (8, 4):
            if any(value >> 8 * size for value, size in zip(values, (4, width, width), strict=True)):
                continue
            sizes = b"".join(value.to_bytes(width, "little") for value in values[1:])
            wanted = mark + values[0].to_bytes(4, "little") + sizes
            if zipped[at : at + len(wanted)] == wanted:
                return len(wanted)
    return None


def _widen_values(extra: bytes, narrow: list[int]) -> list[int]:
    """The values, those that are all ones out of the ZIP64 extra field, if there is one."""
    body, wide = _find_zip64_field(extra), []
    for value in narrow:
        if value == 0xFFFFFFFF and body:
            if len(body) < 8:
                raise BrokenError(RejectCode.BROKEN_STREAM)
            value, body = _read_number(body, 0, 8), body[8:]  # noqa: PLW2901  - the wide one in its place
        wide.append(value)
    return wide


def _find_zip64_field(extra: bytes) -> bytes:
    while len(extra) >= 4:
        size = _read_number(extra, 2, 2)
        if len(extra) < 4 + size:
            return b""
        if _read_number(extra, 0, 2) == 1:
            return extra[4 : 4 + size]
        extra = extra[4 + size :]
    return b""


def _read_number(record: bytes, at: int, size: int) -> int:
    return int.from_bytes(record[at : at + size], "little")


def _read_exactly(archive: memoryview, at: int, size: int) -> bytes:
    """Return exactly `size` bytes from `at`. Raises BrokenError if there are fewer."""
    result = bytes(archive[at : at + size])
    if len(result) < size:
        raise BrokenError(RejectCode.BROKEN_STREAM)
    return result


class Slice:
    """A stream of a range of bytes that raises BrokenError if they end early."""

    def __init__(self, archive: memoryview, start: int, size: int) -> None:
        self._archive, self.position, self._end = archive, start, start + size

    def read(self, size: int, /) -> bytes:
        """Return the next bytes. Raises BrokenError at a break."""
        wanted = min(size, self._end - self.position)
        piece = bytes(self._archive[self.position : self.position + wanted])
        if wanted and not piece:
            raise BrokenError(RejectCode.BROKEN_STREAM)
        self.position += len(piece)
        return piece


class MeteredStream:
    """A stream that counts its bytes against the limit of decoded bytes."""

    def __init__(self, source: ByteSource, budget: Budget) -> None:
        self._source, self._budget = source, budget
        self._unpaid = 0

    def read(self, size: int, /) -> bytes:
        """Count the previous bytes and return the next."""
        self._budget.spend(self._unpaid)
        piece = self._source.read(size)
        self._unpaid = len(piece)
        return piece


class CheckedStream:
    """A stream that checks the listed length and CRC at its end, after all bytes were returned."""

    def __init__(self, source: ByteSource, size_bytes: int, checksum: int) -> None:
        self._source, self._left, self._wanted = source, size_bytes, checksum
        self._checksum = 0

    def read(self, size: int, /) -> bytes:
        """Return the next bytes. Raises BrokenError at a break."""
        piece = self._source.read(size)
        self._left -= len(piece)
        self._checksum = zlib.crc32(piece, self._checksum)
        if not piece and (self._left or self._checksum != self._wanted):
            raise BrokenError(RejectCode.BROKEN_STREAM)
        return piece


class DescriptorStream:
    """A stream of a deflated file whose length and CRC are in a descriptor after it."""

    def __init__(self, zipped: memoryview, start: int, budget: Budget) -> None:
        self._zipped, self._start = zipped, start
        self._packed = Slice(zipped, start, len(zipped) - start)
        self._decoder = Inflate()
        self._decoded = DecodedStreams(self._packed, lambda: self._decoder, budget, padded=False, only_one=True)
        self._size_bytes, self._checksum = 0, 0
        self._end: int | None = None
        self._broken: BrokenError | None = None

    def read(self, size: int, /) -> bytes:
        """Return the next bytes. Raises BrokenError at a break, and on every later call."""
        if self._broken:
            raise self._broken
        try:
            piece = self._decoded.read(size)
            self._size_bytes, self._checksum = self._size_bytes + len(piece), zlib.crc32(piece, self._checksum)
            if not piece and self._end is None:
                self._end = self._read_descriptor()
        except BrokenError as broken:
            self._broken = broken
            raise
        return piece

    def end(self) -> int:
        """Return where the file and its descriptor end, after reading the rest. Raises BrokenError."""
        while self._end is None:
            self.read(PIECE_BYTES)
        return self._end

    def _read_descriptor(self) -> int:
        # A file without bytes has no decoder.
        end = self._packed.position - len(self._decoder.unused_data)
        values = (self._checksum, end - self._start, self._size_bytes)
        described = _measure_descriptor(self._zipped, end, values)
        if not self._decoder.eof or described is None:
            raise BrokenError(RejectCode.BROKEN_STREAM)
        return end + described
