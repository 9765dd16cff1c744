"""Read head and meta of a compiled list without the kernel (`docs/adr/0004-lists.md`, The compiled file)."""

from __future__ import annotations

import hashlib
import io
import json
import struct
from dataclasses import dataclass
from typing import BinaryIO

from sightline.errors import DamagedInput
from sightline.model import ListId

MAGIC = b"SIGHTLS1"
VERSION = 2
_HEAD = struct.Struct("<8sIIQQQ24x32s")
_META_LIMIT_BYTES = 1 << 26
_DIGEST_BYTES = 32
_BLOCK_BYTES = 1 << 16
_HINT = "compile the list file again: sightline lists compile FILE --out COMPILED"


@dataclass(frozen=True, slots=True)
class CompiledHead:
    """A compiled list's facts about its source file. Its signature is not verified here."""

    list_id: ListId
    prehash: bytes
    minisig: str | None
    counts: dict[str, int]
    rejects: dict[str, int]
    first_block: int
    blocks: int
    table: int
    """The position of the sections, the number of their blocks, and the position of the table of their digests."""
    table_sha256: str


def is_compiled(stream: BinaryIO) -> bool:
    """Return whether the stream, which must be at its beginning, is a compiled list, and rewind it."""
    has_magic = stream.read(len(MAGIC)) == MAGIC
    stream.seek(0)
    return has_magic


def read_head(stream: BinaryIO, name: str) -> CompiledHead:
    """Read the head of a compiled list. Raises DamagedInput if a byte of head or meta was altered."""
    raw = stream.read(_HEAD.size)
    if len(raw) != _HEAD.size:
        raise DamagedInput(f"{name}: the compiled list is cut off in its header", hint=_HINT)
    magic, version, flags, total, offset, length, digest = _HEAD.unpack(raw)
    if magic == MAGIC and version != VERSION:
        raise DamagedInput(f"{name}: a compiled list of version {version}; this program reads {VERSION}", hint=_HINT)
    if (magic, flags, offset) != (MAGIC, 0, _HEAD.size) or length > _META_LIMIT_BYTES:
        raise DamagedInput(f"{name}: not a compiled list", hint=_HINT)
    meta = stream.read(length)
    if hashlib.sha256(meta).digest() != digest or stream.seek(0, io.SEEK_END) != total:
        raise DamagedInput(f"{name}: the compiled list was altered or cut short", hint=_HINT)
    try:
        metadata = json.loads(meta)
        blocks = metadata["blocks"]
        return CompiledHead(
            ListId(metadata["list_id"]),
            bytes.fromhex(metadata["prehash"]),
            metadata["minisig"],
            metadata["counts"],
            metadata["rejects"],
            min(begin for begin, _ in metadata["sections"].values()),
            blocks["count"],
            blocks["offset"],
            blocks["sha256"],
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DamagedInput(f"{name}: the compiled list's description cannot be read", hint=_HINT) from None


def verify_compiled(stream: BinaryIO, head: CompiledHead, name: str) -> None:
    """Read the whole compiled list. Raises DamagedInput if a block was altered."""
    size_bytes = stream.seek(0, io.SEEK_END)
    blocks = -(-(head.table - head.first_block) // _BLOCK_BYTES)
    if not 0 <= head.first_block <= head.table or (head.blocks, head.table + blocks * _DIGEST_BYTES) != (
        blocks,
        size_bytes,
    ):
        raise DamagedInput(f"{name}: the compiled list's description does not fit it", hint=_HINT)
    stream.seek(head.table)
    table = stream.read()
    if hashlib.sha256(table).hexdigest() != head.table_sha256:
        raise DamagedInput(f"{name}: the compiled list's table of digests was altered", hint=_HINT)
    stream.seek(head.first_block)
    for number in range(blocks):
        block = stream.read(min(_BLOCK_BYTES, head.table - stream.tell()))
        if hashlib.sha256(block).digest() != table[number * _DIGEST_BYTES :][:_DIGEST_BYTES]:
            raise DamagedInput(f"{name}: block {number + 1} of the compiled list was altered", hint=_HINT)
