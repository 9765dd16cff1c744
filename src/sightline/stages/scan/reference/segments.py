"""Seal segments and read them back with the oracle: for small inputs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import DamagedInput, name_output_on_error
from sightline.model import Hit
from sightline.stages.scan.hit_rows import Cell, build_hit_table, format_raw_text, format_timestamp
from sightline.stages.scan.segments import (
    SealedSegment,
    SegmentLimits,
    compute_root,
    derive_salt,
    format_canonical_hit,
    format_canonical_row,
    hash_leaf,
    sort_key,
)

if TYPE_CHECKING:
    import polars

DAMAGED_HINT = "it is not as it was sealed: restore it from a backup"


def write_segments(
    hits: Sequence[Hit], folder: Path, first: int, row_key: bytes, limits: SegmentLimits
) -> list[SealedSegment]:
    """Write an exhibit's hits as segments to the folder, numbered from `first` on."""
    return [
        _seal_hits(segment, folder / f"{number:06}.parquet", row_key, limits.group_rows)
        for number, segment in enumerate(_cut_hits(hits, limits), first)
    ]


def _cut_hits(hits: Sequence[Hit], limits: SegmentLimits) -> Iterator[list[Hit]]:
    """Yield the hits of each segment, as they came."""
    segment: list[Hit] = []
    text_bytes = 0
    for hit in hits:
        segment.append(hit)
        text_bytes += len(format_canonical_hit(hit).encode())
        if len(segment) >= limits.rows or text_bytes >= limits.text_bytes:
            yield segment
            segment, text_bytes = [], 0
    if segment:
        yield segment


def _seal_hits(hits: list[Hit], path: Path, row_key: bytes, group_rows: int) -> SealedSegment:
    hits = sorted(hits, key=sort_key)
    leaves = [hash_leaf(derive_salt(row_key, index), format_canonical_hit(hit)) for index, hit in enumerate(hits)]
    with name_output_on_error(path), path.open("xb") as out:
        table = build_hit_table(hits).drop("exhibit_sha256")
        table.write_parquet(out, compression="zstd", row_group_size=group_rows)
        out.flush()
        os.fsync(out.fileno())
    times = [hit.timestamp_us for hit in hits]
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return SealedSegment(path.name, compute_root(leaves).hex(), len(hits), sha256, len(content), min(times), max(times))


def read_rows(path: Path) -> list[str]:
    """Return the canonical rows of a segment's file, in order. Raises DamagedInput, which names it."""
    import polars  # noqa: PLC0415  - it takes 400 ms to load

    try:
        table = polars.read_parquet(path)
        _check_columns(table)
        return [
            _format_canonical_row(cells)
            for cells in table.with_columns(polars.col("timestamp").dt.epoch("us")).iter_rows(named=True)
        ]
    except (
        polars.exceptions.PolarsError,
        polars.exceptions.PanicException,
        OSError,
        ValueError,
        OverflowError,
    ) as error:
        raise DamagedInput(f"{path}: the segment cannot be read: {error}", hint=DAMAGED_HINT) from None


def _check_columns(table: polars.DataFrame) -> None:
    schema = build_hit_table([]).drop("exhibit_sha256").schema
    if tuple(table.schema.items()) != tuple(schema.items()):
        raise ValueError("its columns are not those of a segment")


def _format_canonical_row(cells: dict[str, Cell]) -> str:
    raw: object = cells["raw"]
    text, encoding = format_raw_text(raw) if isinstance(raw, bytes) else ("", "")
    if encoding != cells["encoding"]:
        # The bytes determine the encoding: a row that states another one could pass for another row.
        raise ValueError("the encoding of a row is not that of its bytes")
    at = cells["timestamp"]
    return format_canonical_row(
        {**cells, "timestamp": format_timestamp(at) if isinstance(at, int) else None, "raw": text}
    )
