"""Files of a reply or a resolving, read back as they were registered."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.casework import identities
from sightline.engines.scanning.plan import sha256_of
from sightline.errors import DamagedInput
from sightline.record.answered import files_of
from sightline.record.store.rows import Reply, Resolving
from sightline.record.workspace import Workspace
from sightline.stages.resolve.corroborating import Standing
from sightline.stages.resolve.model import NAMED


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


TOLD_OF = ("number_kind", "why", "installation_state", "installation_district")
"""What a resolving tells of a subscriber's line and standing, beside `standing` itself."""


def named(workspace: Workspace, row: Resolving) -> pl.DataFrame:
    """NAMED of a resolving; of identities that were purged since nothing but that. Raises as `read`."""
    return without_purged(workspace, read(workspace, row, "subscribers"))


def without_purged(workspace: Workspace, subscribers: pl.DataFrame) -> pl.DataFrame:
    """NAMED; of an identity that was purged only its id, its sessions, and that it was."""
    with workspace.reading() as shelves:
        gone = identities.purged(shelves, subscribers["subscriber"])
    is_there = ~pl.col("subscriber").is_in(gone)
    told = subscribers.cast({"standing": NAMED["standing"]})
    return told.with_columns(
        pl.when(is_there)
        .then("standing")
        .otherwise(pl.lit(Standing.PURGED.value, NAMED["standing"]))
        .alias("standing"),
        *(pl.when(is_there).then(name).otherwise(pl.lit(None, NAMED[name])).alias(name) for name in TOLD_OF),
    ).with_columns(pl.col("why").fill_null([]))
