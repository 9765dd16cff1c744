"""Merkle trees of RFC 6962: compute roots, and prove that a tree holds a leaf or that it only grew.

All functions take leaf hashes; `hash_leaf` computes one from a leaf's data. Hashes are 32 bytes. The proof checks are
those of RFC 9162, sections 2.1.3.2 and 2.1.4.2, for the same trees.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves."""

CHUNK_BYTES = 4096 * HASH_BYTES
"""Leaf hashes combined at once, a power of two: at most a megabyte of working memory."""


def hash_leaf(data: bytes) -> bytes:
    """Return the hash of a leaf's data."""
    return sha256(b"\x00" + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its two children."""
    return sha256(b"\x01" + left + right).digest()


def compute_root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root of the tree over all leaf hashes, in constant memory."""
    frontier = Frontier()
    frontier.extend(leaf_hashes)
    return frontier.compute_root()


class Frontier:
    """The growing edge of a tree: its size and its peaks, one for each 1 in the binary size.

    A peak is the root of a perfect subtree. Peaks are in the order of leaves, the largest first. `size` and `peaks` are
    the whole state to store.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Raise ValueError if a tree of `size` leaves does not have this number of peaks."""
        self._size, self._peaks = size, list(peaks)
        if size < 0 or size.bit_count() != len(self._peaks) or any(len(peak) != HASH_BYTES for peak in self._peaks):
            raise ValueError(f"{len(self._peaks)} peaks are not those of a tree of {size} leaves")

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Return the roots of the perfect subtrees, the largest first."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self._append_subtree(leaf, 1)

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add many leaf hashes, faster than one by one."""
        rest = iter(leaf_hashes)
        while chunk := b"".join(islice(rest, self._count_leaves_until_full())):
            self._take(chunk)

    def compute_root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        *left, result = self._peaks
        for peak in reversed(left):
            result = hash_node(peak, result)
        return result

    def _count_leaves_until_full(self) -> int:
        """Return how many leaves until a chunk is full."""
        full = CHUNK_BYTES // HASH_BYTES
        return full - self._size % full

    def _take(self, chunk: bytes) -> None:
        """Grow by a run of leaf hashes, in the perfect subtrees that stand at their place."""
        start = 0
        while start < len(chunk):
            left = (len(chunk) - start) // HASH_BYTES
            leaves = 1 << (left.bit_length() - 1)
            if self._size:
                leaves = min(leaves, self._size & -self._size)
            subtree = chunk[start : start + leaves * HASH_BYTES]
            while len(subtree) > HASH_BYTES:
                subtree = _compute_level_above(subtree)
            self._append_subtree(subtree, leaves)
            start += leaves * HASH_BYTES

    def _append_subtree(self, peak: bytes, leaves: int) -> None:
        """Append a perfect subtree of no more leaves than the smallest peak has."""
        grown = self._size + leaves
        for _ in range(self._size.bit_count() + 1 - grown.bit_count()):
            peak = hash_node(self._peaks.pop(), peak)
        self._peaks.append(peak)
        self._size = grown


def compute_inclusion_path(leaf_hashes: Iterable[bytes], index: int) -> tuple[bytes, ...]:
    """Return the audit path of one leaf, from the leaf up (RFC 6962, 2.1.1)."""
    return compute_inclusion_paths(leaf_hashes, (index,))[0]


def compute_inclusion_paths(leaf_hashes: Iterable[bytes], indices: Sequence[int]) -> list[tuple[bytes, ...]]:
    """Return the audit paths of many leaves of one tree, in the order of `indices`. Each level is hashed once.

    Uses at most 64 bytes for each leaf. Raises IndexError if the tree has no such leaf.
    """
    level = b"".join(leaf_hashes)
    size = len(level) // HASH_BYTES
    if any(not 0 <= index < size for index in indices):
        raise IndexError(f"a tree of {size} leaves has no leaf {next(i for i in indices if not 0 <= i < size)}")
    paths: list[list[bytes]] = [[] for _ in indices]
    height = 0
    while len(level) > HASH_BYTES:
        for path, index in zip(paths, indices, strict=True):
            beside = ((index >> height) ^ 1) * HASH_BYTES
            if beside < len(level):
                path.append(level[beside : beside + HASH_BYTES])
        level, height = _compute_level_above(level), height + 1
    return [tuple(path) for path in paths]


def _compute_level_above(level: bytes) -> bytes:
    """The hashes of the level above; a last one without a neighbour goes up as it is."""
    pairs = len(level) // (2 * HASH_BYTES) * (2 * HASH_BYTES)
    nodes = [sha256(b"\x01" + level[at : at + 64]).digest() for at in range(0, pairs, 64)]
    return b"".join((*nodes, level[pairs:]))


def compute_consistency_path(leaf_hashes: Sequence[bytes], old: int, new: int) -> tuple[bytes, ...]:
    """Prove that the tree of the first `new` leaves grew from that of the first `old` (RFC 6962, 2.1.2).

    The proof is empty if nothing was added, or if `old` is 0. Raises IndexError for sizes outside the tree.
    """
    if not 0 <= old <= new <= len(leaf_hashes):
        raise IndexError(f"sizes {old} and {new} are not those of a tree that grew to {len(leaf_hashes)}")
    return tuple(_prove_consistency(leaf_hashes, 0, new, old, known=True)) if old else ()


def _prove_consistency(leaf_hashes: Sequence[bytes], start: int, end: int, old: int, *, known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2 over the leaves from `start` to `end`; `known`: the old tree began at `start`."""
    size = end - start
    if old == size:
        return [] if known else [compute_root(islice(leaf_hashes, start, end))]
    split = 1 << ((size - 1).bit_length() - 1)
    if old <= split:
        below = _prove_consistency(leaf_hashes, start, start + split, old, known=known)
        return [*below, compute_root(islice(leaf_hashes, start + split, end))]
    below = _prove_consistency(leaf_hashes, start + split, end, old - split, known=False)
    return [*below, compute_root(islice(leaf_hashes, start, start + split))]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Return whether the path proves that `leaf` is leaf `index` of the tree with `size` leaves and root `expected`."""
    if not 0 <= index < size:
        return False
    place, last, result = index, size - 1, leaf
    for beside in path:
        if last == 0 or len(beside) != HASH_BYTES:
            return False
        if place & 1 or place == last:
            result = hash_node(beside, result)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            result = hash_node(result, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and result == expected


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether the path proves that the tree of `new` leaves holds that of `old` unchanged."""
    if not 0 <= old <= new:
        return False
    if old in {0, new}:
        return not path and old_root == (new_root if old else EMPTY_ROOT)
    return (old_root, new_root) == _find_proved_roots(old, new, path if old & (old - 1) else (old_root, *path))


def _find_proved_roots(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots that a consistency path leads to; None where it is not of these sizes."""
    if not path or any(len(node) != HASH_BYTES for node in path):
        return None
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_root = new_root = path[0]
    for beside in path[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old_root, new_root = hash_node(beside, old_root), hash_node(beside, new_root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_root = hash_node(new_root, beside)
        place, last = place >> 1, last >> 1
    return (old_root, new_root) if last == 0 else None
