"""Head and meta of a compiled list, read without the kernel (`docs/adr/0004-lists.md`, The compiled file)."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from typing import BinaryIO

from sightline.errors import DamagedInput
from sightline.records import ListId

MAGIC = b"SIGHTLS1"
_HEAD = struct.Struct("<8sIIQQQ24x32s")
_META_LIMIT_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class CompiledHead:
    """What a compiled list says of the list file that it was made from. Its signature is not verified here."""

    list_id: ListId
    prehash: bytes
    minisig: str | None
    counts: dict[str, int]
    rejects: dict[str, int]


def is_compiled(stream: BinaryIO) -> bool:
    """True if the stream, which must be at its beginning, holds a compiled list; it is at its beginning again after."""
    found = stream.read(len(MAGIC)) == MAGIC
    stream.seek(0)
    return found


def read_head(stream: BinaryIO, name: str) -> CompiledHead:
    """The head of a compiled list. Raises DamagedInput if a byte of head or meta was altered."""
    hint = "compile the list file again: sightline lists compile FILE --out COMPILED"
    raw = stream.read(_HEAD.size)
    if len(raw) != _HEAD.size:
        raise DamagedInput(f"{name}: the compiled list ends within its head", hint=hint)
    magic, version, _, _, offset, length, digest = _HEAD.unpack(raw)
    if magic != MAGIC or version != 1:
        raise DamagedInput(f"{name}: not a compiled list of version 1", hint=hint)
    if length > _META_LIMIT_BYTES:
        raise DamagedInput(f"{name}: the compiled list's description is too long", hint=hint)
    stream.seek(offset)
    meta = stream.read(length)
    if hashlib.sha256(meta).digest() != digest:
        raise DamagedInput(f"{name}: the compiled list was altered or cut short", hint=hint)
    try:
        found = json.loads(meta)
        prehash = bytes.fromhex(found["prehash"])
        return CompiledHead(ListId(found["list_id"]), prehash, found["minisig"], found["counts"], found["rejects"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DamagedInput(f"{name}: the compiled list's description cannot be read", hint=hint) from None
