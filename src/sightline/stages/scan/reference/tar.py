"""Read tar from front to back: ustar, pax and GNU names (POSIX 1003.1, GNU tar)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from sightline.model import RejectCode
from sightline.stages.scan.reference.streams import PIECE_BYTES, BrokenError, ByteSource

BLOCK_BYTES = 512
LONGEST_NAME_BYTES = 1 << 20
"""The maximum size of names and pax records, which are held in memory."""
FILES = b"\x00" + b"07"
WITHOUT_BYTES = b"123456"
"""Links, devices and directories have no bytes, whatever their size field says."""

Entry: TypeAlias = "tuple[bytes, ByteSource | RejectCode]"


def is_header(block: bytes) -> bool:
    """Return whether a stream that begins so is a tar.

    It has a header with a matching checksum, and zero bytes that no log has.
    """
    if len(block) < BLOCK_BYTES or block[156] not in b"\x0001234567ABCDEFGHIJKLMNOPQRSTUVWXYZgx":
        return False
    return (0 in block[:100] or block[257:262] == b"ustar") and _has_fitting_checksum(block)


def read_entries(source: ByteSource) -> Iterator[Entry]:
    """Yield name and bytes of each regular file, to be read before the next one, or a code for a sparse file.

    Raises BrokenError if the archive itself breaks off. A break within a file comes only from its bytes.
    """
    name, size, is_sparse = None, None, False
    for block in _read_headers(source):
        kind = block[156:157]
        body = Body(source, _parse_number(block[124:136]))
        if kind == b"L":
            name = body.read_whole().partition(b"\0")[0]
        elif kind == b"x":
            for key, value in _parse_pax_records(body.read_whole()):
                is_sparse |= key.startswith(b"GNU.sparse.")
                name = value if key == b"GNU.sparse.name" or (key == b"path" and not is_sparse) else name
                size = int(value) if key == b"size" else size
        elif kind not in WITHOUT_BYTES and kind not in b"Kg":
            body = Body(source, body.left if size is None else size)
            entry_name = _get_header_name(block) if name is None else name
            if kind == b"S" and block[482]:
                _skip_sparse_map(source)
            if kind == b"S" or (is_sparse and kind in FILES):
                yield entry_name, RejectCode.MEMBER_UNSUPPORTED
            elif kind in FILES and not entry_name.endswith(b"/"):
                yield entry_name, body
        if kind not in b"LxKg":
            name, size, is_sparse = None, None, False
        if body.is_broken:
            return
        if kind not in WITHOUT_BYTES:
            body.skip()


class Body:
    """The bytes after a header."""

    def __init__(self, source: ByteSource, size: int) -> None:
        self._source, self._padding = source, -size % BLOCK_BYTES
        self.left = size
        self.is_broken = False

    def read(self, size: int, /) -> bytes:
        """Return the next bytes. Raises BrokenError at a break."""
        if not self.left:
            return b""
        try:
            piece = self._source.read(min(size, self.left))
            if not piece:
                raise BrokenError(RejectCode.BROKEN_STREAM)
        except BrokenError:
            self.is_broken = True
            raise
        self.left -= len(piece)
        return piece

    def read_whole(self) -> bytes:
        """Return all bytes of a name or pax records."""
        if self.left > LONGEST_NAME_BYTES:
            raise BrokenError(RejectCode.BROKEN_STREAM)
        pieces = []
        while self.left:
            pieces.append(self.read(self.left))
        return b"".join(pieces)

    def skip(self) -> None:
        """Skip the rest, and the padding."""
        self.left, self._padding = self.left + self._padding, 0
        while self.left:
            self.read(PIECE_BYTES)


def _read_headers(source: ByteSource) -> Iterator[bytes]:
    """Each header; blocks of zeros are passed over, but the end must have one."""
    has_end_mark = False
    while True:
        block = b""
        while len(block) < BLOCK_BYTES and (piece := source.read(BLOCK_BYTES - len(block))):
            block += piece
        is_zero = not block.strip(b"\0")
        if len(block) < BLOCK_BYTES and is_zero and has_end_mark:
            return
        if len(block) < BLOCK_BYTES or not (is_zero or _has_fitting_checksum(block)):
            raise BrokenError(RejectCode.BROKEN_STREAM)
        has_end_mark |= is_zero
        if not is_zero:
            yield block


def _has_fitting_checksum(block: bytes) -> bool:
    try:
        stored = _parse_number(block[148:156])
    except BrokenError:
        return False
    summed = block[:148] + b" " * 8 + block[156:BLOCK_BYTES]
    return stored in {sum(summed), sum(byte - 256 if byte > 127 else byte for byte in summed)}


def _parse_number(field: bytes) -> int:
    """A number in octal, or in base 256 where its first bit is set."""
    if field[0] == 0x80:
        number = int.from_bytes(field[1:], "big")
        if number >= 1 << 64:
            raise BrokenError(RejectCode.BROKEN_STREAM)
        return number
    digits = field.lstrip(b" \t\n\r\f").replace(b" ", b"\0").partition(b"\0")[0]
    if not digits or digits.strip(b"01234567"):
        raise BrokenError(RejectCode.BROKEN_STREAM)
    return int(digits, 8)


def _parse_pax_records(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each record `LENGTH KEY=VALUE LF`."""
    while text:
        digits, _, _ = text[:20].partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        record = text[len(digits) + 1 : length]
        key, equals, value = record[:-1].partition(b"=")
        if not equals or not record.endswith(b"\n") or length > len(text) or (key == b"size" and not value.isdigit()):
            raise BrokenError(RejectCode.BROKEN_STREAM)
        yield key, value
        text = text[length:]


def _get_header_name(block: bytes) -> bytes:
    name, prefix = (field.partition(b"\0")[0] for field in (block[:100], block[345:500]))
    return prefix + b"/" + name if block[257:263] == b"ustar\0" and prefix else name


def _skip_sparse_map(source: ByteSource) -> None:
    """Pass over the blocks that carry on the map of an old GNU sparse file."""
    is_carried_on = True
    while is_carried_on:
        block = Body(source, BLOCK_BYTES).read_whole()
        is_carried_on = bool(block[504])
