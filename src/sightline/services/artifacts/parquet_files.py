"""Facts to register about Parquet files."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sightline.file_digests import sha256_of


def described(folder: Path, prefix: str) -> list[dict[str, object]]:
    """Return each Parquet file of a folder, by name: its path under a prefix, rows, SHA-256 and size."""
    return [_described(path, prefix) for path in sorted(folder.iterdir())]


def _described(path: Path, prefix: str) -> dict[str, object]:
    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    size = path.stat().st_size
    return {"file": f"{prefix}/{path.name}", "rows": rows, "sha256": sha256_of(path), "size_bytes": size}
