"""Files of a reply or a resolving, read back as they were registered."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.engines.scanning.plan import sha256_of
from sightline.errors import DamagedInput
from sightline.record.answered import files_of
from sightline.record.store.rows import Reply, Resolving
from sightline.record.workspace import Workspace


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
