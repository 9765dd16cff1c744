"""Files of a reply or a resolving: described to be registered, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from sightline.engines.scanning.plan import sha256_of
from sightline.errors import DamagedInput
from sightline.record.answered import files_of
from sightline.record.store.rows import Reply, Resolving
from sightline.record.workspace import Workspace


def described(path: Path, prefix: str) -> dict[str, object]:
    """What is registered of a Parquet file that is to lie under a prefix."""
    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    size = path.stat().st_size
    return {"file": f"{prefix}/{path.name}", "rows": rows, "sha256": sha256_of(path), "size_bytes": size}


def read(workspace: Workspace, row: Reply | Resolving, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """A frame of a reply or a resolving. Raises DamagedInput for a file that is not as it was registered."""
    one = files_of(row)[name]
    what = f"{one.file} in {workspace.segments.where}"
    if not workspace.segments.exists(one.file):
        raise DamagedInput(f"{what} is missing", hint="restore it from a backup; sightline verify names all")
    with workspace.segments.local_path(one.file) as path:
        if path.stat().st_size != one.size_bytes or sha256_of(path) != one.sha256:
            raise DamagedInput(f"{what} was altered", hint="restore it from a backup; sightline verify names all")
        return pl.read_parquet(path, columns=list(columns) if columns else None)
