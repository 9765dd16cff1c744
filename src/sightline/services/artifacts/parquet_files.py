"""Facts to register about Parquet files, and whether the files of a generation still match them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from sightline.errors import DamagedInput
from sightline.file_digests import compute_sha256
from sightline.storage import generations
from sightline.storage.rows import Generation
from sightline.workspace.workspace import Workspace


def describe_files(folder: Path, prefix: str) -> list[dict[str, object]]:
    """Return each Parquet file of a folder, by name: its path under a prefix, rows, SHA-256 and size."""
    return [_describe_file(path, prefix) for path in sorted(folder.iterdir())]


def _describe_file(path: Path, prefix: str) -> dict[str, object]:
    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    size = path.stat().st_size
    return {"file": f"{prefix}/{path.name}", "rows": rows, "sha256": compute_sha256(path), "size_bytes": size}


HINT = "sightline leads rebuild makes them again; sightline verify --leads names all that is wrong"
UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)


def find_damage(workspace: Workspace, generation: Generation) -> str | None:
    """Return what is wrong with the first altered file, or None if all are intact."""
    for file in generations.list_generation_files(generation):
        if not workspace.segments.exists(file.file):
            return f"{file.file} is not in {workspace.segments.where}"
        with workspace.segments.open_local(file.file) as path:
            if path.stat().st_size != file.size_bytes or compute_sha256(path) != file.sha256:
                return f"{file.file} in {workspace.segments.where} was altered"
    return None


@contextmanager
def map_read_errors(workspace: Workspace, generation: Generation) -> Iterator[None]:
    """Map read errors inside to DamagedInput if the generation's files are damaged."""
    try:
        yield
    except UNREADABLE as error:
        if (wrong := find_damage(workspace, generation)) is None:
            raise
        raise DamagedInput(f"the leads of generation {generation.number}: {wrong}", hint=HINT) from error
