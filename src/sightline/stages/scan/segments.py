"""Define segments, with their canonical rows, salts and tree in plain Python (`docs/adr/0011-segments.md`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from sightline.errors import UsageError
from sightline.model import HIT_COLUMNS, Hit
from sightline.stages.scan.hit_rows import Cell, build_hit_row

KEY_BYTES = 32
SALT_BYTES = 16
SEGMENT_COLUMNS = tuple(column for column in HIT_COLUMNS if column != "exhibit_sha256")
"""The columns of a segment. It is of one exhibit, whose SHA-256 is registered beside it."""


@dataclass(frozen=True, slots=True)
class SealedSegment:
    """A sealed segment: `segment_id` is the root of its rows, `sha256` that of the file's bytes."""

    file: str
    segment_id: str
    rows: int
    sha256: str
    size_bytes: int
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class Proof:
    """A canonical row with the proof that a segment contains it. `path` is empty if all rows are given."""

    index: int
    salt: bytes
    row: str
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SegmentLimits:
    """The size of a segment (its last row reaches either limit), and the rows of a row group, a power of two.

    Other limits than these are for tests.
    """

    rows: int = 4_000_000
    text_bytes: int = 256 << 20
    group_rows: int = 1 << 16


USUAL = SegmentLimits()


def check_keys(row_keys: Sequence[bytes], exhibits: int) -> None:
    """Raise ValueError unless there is one row key of 32 bytes for each exhibit."""
    if len(row_keys) != exhibits:
        raise ValueError("segments want one row key for each exhibit")
    if any(len(key) != KEY_BYTES for key in row_keys):
        raise ValueError("a row key is 32 bytes")


def order_proofs(proofs: Sequence[Proof], indices: Sequence[int], path: Path) -> list[Proof]:
    """Return the proofs of the rows with these indices. Raises UsageError for an index that no row has."""
    result = {proof.index: proof for proof in proofs}
    for index in indices:
        if index not in result:
            raise UsageError(f"{path}: the segment has no row {index}", hint="rows are numbered from 0")
    return [result[index] for index in indices]


def format_canonical_row(cells: Mapping[str, Cell]) -> str:
    """Return the text of a row, which is hashed and which a bundle contains."""
    return json.dumps([cells[column] for column in SEGMENT_COLUMNS], ensure_ascii=False, separators=(",", ":"))


def format_canonical_hit(hit: Hit) -> str:
    """Return the canonical row of a hit."""
    return format_canonical_row(build_hit_row(hit))


def sort_key(hit: Hit) -> tuple[int, int, int]:
    """Return the sort key of a segment's rows: no address, IPv4, IPv6; each by its number, then by time."""
    if hit.source_ip is None:
        return 0, 0, hit.timestamp_us
    address = ip_address(hit.source_ip)
    return address.version, int(address), hit.timestamp_us


def derive_salt(row_key: bytes, index: int) -> bytes:
    """Return the salt of a row. Without the key nobody can test guesses of a leaf's content."""
    return hashlib.sha256(row_key + index.to_bytes(8, "big")).digest()[:SALT_BYTES]


def hash_leaf(salt: bytes, row: str) -> bytes:
    """Return the hash of a row's leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + salt + row.encode()).digest()


def build_tree(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Return the nodes of a tree, level by level from the leaves to the root.

    A last node without a partner rises unchanged.
    """
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2], strict=False)
        level = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        levels.append(level + list(below[len(level) * 2 :]))
    return levels


def compute_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves (RFC 6962, 2.1)."""
    return build_tree(leaves)[-1][0] if leaves else hashlib.sha256(b"").digest()


def build_audit_path(levels: Sequence[Sequence[bytes]], index: int) -> tuple[bytes, ...]:
    """Return the sibling hashes from a leaf to the root, from the bottom (RFC 6962, 2.1.1)."""
    beside = ((level, index >> height ^ 1) for height, level in enumerate(levels))
    return tuple(level[at] for level, at in beside if at < len(level))
