"""Write a file of MaxMind's DB format, version 2.0: a binary tree over IPv6 bits, and the values of its leaves.

https://maxmind.github.io/MaxMind-DB/. IPv4 is at ::/96, as the format requires. Records of 32 bits.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Value = str | float | int | Mapping[str, "Value"] | Sequence["Value"]
_MARKER = b"\xab\xcd\xefMaxMind.com"


@dataclass(slots=True)
class _Tree:
    """Nodes as pairs: a node's number, minus the number of a value less one, or None."""

    nodes: list[list[int | None]] = field(default_factory=lambda: [[None, None]])

    def insert(self, first: int, length: int, value: int) -> None:
        """Insert a value at a network of 128-bit numbers. Networks do not overlap."""
        node = 0
        for depth in range(length - 1):
            bit = first >> (127 - depth) & 1
            below = self.nodes[node][bit]
            if below is None:
                below = len(self.nodes)
                self.nodes.append([None, None])
                self.nodes[node][bit] = below
            node = below
        self.nodes[node][first >> (128 - length) & 1] = -1 - value


def write_mmdb(rows: Iterable[tuple[int, int, Value]], kind: str, built_at_s: int) -> bytes:
    """Return the file of rows: 128-bit number (IPv4 below 2^32), prefix length of 128, value.

    `kind` is its database_type.
    """
    tree, places, data = _Tree(), {}, bytearray()
    offsets: list[int] = []
    for first, length, value in rows:
        encoded = _encode_value(value)
        if encoded not in places:
            places[encoded] = len(offsets)
            offsets.append(len(data))
            data += encoded
        tree.insert(first, length, places[encoded])
    count = len(tree.nodes)

    def number(side: int | None) -> int:
        """Return a record's number: a node, nothing, or a value's place in the data, after the nodes and 16 zeros."""
        if side is None:
            return count
        return side if side >= 0 else count + 16 + offsets[-1 - side]

    body = b"".join(struct.pack(">II", number(left), number(right)) for left, right in tree.nodes)
    about: dict[str, bytes] = {
        "binary_format_major_version": _encode_uint(5, 2),
        "binary_format_minor_version": _encode_uint(5, 0),
        "build_epoch": _encode_uint(9, built_at_s),
        "database_type": _encode_value(kind),
        "description": _encode_value({"en": "of the exercise: no real address"}),
        "ip_version": _encode_uint(5, 6),
        "languages": _encode_value(["en"]),
        "node_count": _encode_uint(6, count),
        "record_size": _encode_uint(5, 32),
    }
    meta = _encode_head(7, len(about)) + b"".join(_encode_value(name) + value for name, value in about.items())
    return body + bytes(16) + bytes(data) + _MARKER + meta


def _encode_value(value: Value) -> bytes:
    if isinstance(value, str):
        raw = value.encode()
        return _encode_head(2, len(raw)) + raw
    if isinstance(value, float):
        return _encode_head(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        return _encode_uint(6, value)
    if isinstance(value, Mapping):
        return _encode_head(7, len(value)) + b"".join(
            _encode_value(name) + _encode_value(one) for name, one in value.items()
        )
    return _encode_head(11, len(value)) + b"".join(_encode_value(item) for item in value)


def _encode_uint(kind: int, value: int) -> bytes:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return _encode_head(kind, len(raw)) + raw


def _encode_head(kind: int, size: int) -> bytes:
    """The control byte, with the kind in a byte of its own past 7, and a size past 28 in the bytes after."""
    if size < 29:
        short, tail = size, b""
    elif size < 285:
        short, tail = 29, bytes([size - 29])
    else:
        short, tail = 30, (size - 285).to_bytes(2, "big")
    return bytes([short if kind > 7 else kind << 5 | short]) + (bytes([kind - 7]) if kind > 7 else b"") + tail
