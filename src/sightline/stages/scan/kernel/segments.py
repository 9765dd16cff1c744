"""Read the rows of sealed segments, with their proofs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.stages.scan.kernel.errors import map_kernel_errors
from sightline.stages.scan.segments import Proof, order_proofs

if TYPE_CHECKING:
    pass


def compute_segment_root(path: Path, row_key: bytes) -> tuple[str, int]:
    """Return the root, in hex, of the rows in a segment's file, and their number. Raises DamagedInput."""
    from sightline import _kernel  # noqa: PLC0415

    with map_kernel_errors(name=f"{path}: "):
        return _kernel.segment_root(path, row_key)


def read_segment_rows(path: Path, row_key: bytes, indices: Sequence[int] | None) -> list[Proof]:
    """Return rows of a segment's file with their proofs, in the order of indices. None returns all, without paths.

    Raises DamagedInput, and UsageError for an index that no row has.
    """
    from sightline import _kernel  # noqa: PLC0415

    with map_kernel_errors(name=f"{path}: "):
        rows = [
            Proof(index, salt, row, tuple(nodes))
            for index, salt, row, nodes in _kernel.segment_rows(path, row_key, indices)
        ]
    return rows if indices is None else order_proofs(rows, indices, path)
