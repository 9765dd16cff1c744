"""What is registered of Parquet files that were written to be kept."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sightline.file_digests import sha256_of


def described(folder: Path, prefix: str) -> list[dict[str, object]]:
    """Each Parquet file of a folder, by name: where it is to lie under a prefix, its rows, SHA-256 and size."""
    return [_described(path, prefix) for path in sorted(folder.iterdir())]


def _described(path: Path, prefix: str) -> dict[str, object]:
    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    size = path.stat().st_size
    return {"file": f"{prefix}/{path.name}", "rows": rows, "sha256": sha256_of(path), "size_bytes": size}
