"""Tables of a resolution as currently valid: without names whose foundation is no longer valid."""

from __future__ import annotations

import polars as pl

from sightline.services.artifacts.foundations import find_fallen
from sightline.services.artifacts.registered_tables import read_registered
from sightline.stages.resolve.withdrawn import (
    derive_current_parts,
    derive_current_rows,
    derive_current_sessions,
    derive_current_subscribers,
)
from sightline.storage.registered_files import list_row_files
from sightline.storage.rows import Resolving
from sightline.workspace.workspace import Workspace


def read_current_frame(workspace: Workspace, resolution: Resolving, name: str) -> pl.DataFrame:
    """Return a table of a resolution that names lines (`NAMING`), as currently valid. Raises as `read_table`."""
    rows, fell = read_registered(workspace, resolution, name), find_fallen(workspace, resolution)
    if fell.is_nothing:
        return rows
    if "visits" not in list_row_files(resolution):
        # Made before verdicts belonged to visits: a session is a part of its own, and all of it fell.
        return (
            rows.clear()
            if name in {"subscribers", "lines"}
            else derive_current_parts(_as_parts(rows, name), fell.parts)
        )
    parts = read_registered(workspace, resolution, "visits")
    if name == "rows":
        return derive_current_rows(rows, parts, fell.parts)
    stand = derive_current_parts(parts, fell.parts)
    if name == "visits":
        return stand
    if name == "lines":
        named = stand.explode("subscribers", empty_as_null=False, keep_nulls=False)
        return rows.join(
            named.select("session_id", subscriber="subscribers").unique(),
            on=["session_id", "subscriber"],
            how="semi",
            maintain_order="left",
        )
    if name == "sessions":
        return derive_current_sessions(rows, stand, fell.parts)
    return derive_current_subscribers(rows, stand, fell)


def _as_parts(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.with_columns(pl.lit(0, pl.UInt32).alias("part")) if name in {"sessions", "rows"} else rows


def read_version(workspace: Workspace, resolution: Resolving) -> tuple[int, str]:
    """Return a key that changes whenever the valid tables of a resolution change."""
    return resolution.number, find_fallen(workspace, resolution).derive_key()
