"""Read a table of a reply or a resolution exactly as it was registered."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.errors import DamagedInput
from sightline.file_digests import compute_sha256
from sightline.storage.registered_files import list_row_files
from sightline.storage.rows import Reply, Resolving
from sightline.workspace.workspace import Workspace


def read_registered(
    workspace: Workspace, row: Reply | Resolving, name: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return a table exactly as registered. Raises DamagedInput for a file that was altered."""
    file = list_row_files(row)[name]
    what = f"{file.file} in {workspace.segments.where}"
    if not workspace.segments.exists(file.file):
        raise DamagedInput(f"{what} is missing", hint="restore it from a backup; sightline verify names all")
    with workspace.segments.open_local(file.file) as path:
        if path.stat().st_size != file.size_bytes or compute_sha256(path) != file.sha256:
            raise DamagedInput(f"{what} was altered", hint="restore it from a backup; sightline verify names all")
        return pl.read_parquet(path, columns=list(columns) if columns else None)
