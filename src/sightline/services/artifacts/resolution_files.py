"""Files of a reply or a resolving, read back as they were registered."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from sightline.casework import identities
from sightline.errors import DamagedInput
from sightline.file_digests import sha256_of
from sightline.stages.resolve.corroboration import Standing
from sightline.stages.resolve.model import ASSIGNED, DOUBTS, NAMED, OF_COLUMN, FindingKind
from sightline.storage.registered_files import files_of
from sightline.storage.rows import Reply, Resolving
from sightline.workspace.workspace import Workspace


def read(workspace: Workspace, row: Reply | Resolving, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """A frame of a reply or a resolving; of the latter without names that rest on what fell since. Raises DamagedInput.

    So whoever reads a resolving, for whatever page or document, names nobody by what does not stand any more.
    """
    if isinstance(row, Reply) or name not in NAMING:
        return read_registered(workspace, row, name, columns)
    from sightline.services.artifacts.current_results import frame  # noqa: PLC0415  - it reads what is registered by this module

    found = frame(workspace, row, name)
    return found.select(columns) if columns else found


NAMING = frozenset({"rows", "visits", "sessions", "subscribers", "lines"})
"""The frames of a resolving that name lines."""


def read_registered(
    workspace: Workspace, row: Reply | Resolving, name: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """A frame as it was registered, whatever fell since. Raises DamagedInput for a file that is another by now."""
    one = files_of(row)[name]
    what = f"{one.file} in {workspace.segments.where}"
    if not workspace.segments.exists(one.file):
        raise DamagedInput(f"{what} is missing", hint="restore it from a backup; sightline verify names all")
    with workspace.segments.local_path(one.file) as path:
        if path.stat().st_size != one.size_bytes or sha256_of(path) != one.sha256:
            raise DamagedInput(f"{what} was altered", hint="restore it from a backup; sightline verify names all")
        return pl.read_parquet(path, columns=list(columns) if columns else None)


def read_matches(workspace: Workspace, reply: Reply, confirmed: Collection[str] = ()) -> pl.DataFrame:
    """The rows of a reply that meet a row of the notice, without the doubts that an officer answered.

    `confirmed`: signs, or OF_COLUMN and a heading. Of a reply of an earlier version, what it did not read is null.
    """
    return _confirmed(read(workspace, reply, "met"), confirmed)


def inside(workspace: Workspace, reply: Reply, confirmed: Collection[str] = ()) -> pl.DataFrame | None:
    """The rows of an access log, as of `met`; None of a reply that has none."""
    if "inside" not in files_of(reply):
        return None
    found = read(workspace, reply, "inside")
    return _confirmed(found, confirmed) if found.height else None


def _confirmed(found: pl.DataFrame, confirmed: Collection[str]) -> pl.DataFrame:
    missing = {name: kind for name, kind in ASSIGNED.items() if name not in found.columns and name != "number"}
    found = found.with_columns(pl.lit(None, kind).alias(name) for name, kind in missing.items())
    if "doubts" not in found.columns:
        old = pl.when("is_doubted").then(pl.lit([FindingKind.HEDGED.value])).otherwise(pl.lit([], DOUBTS))
        return found.with_columns(old.alias("doubts"))
    answered = sorted(confirmed)
    columns = [one.removeprefix(OF_COLUMN) for one in answered if one.startswith(OF_COLUMN)]
    doubted_by = pl.when(~pl.col("doubted_by").is_in(columns).fill_null(value=False)).then("doubted_by")
    left = found.with_columns(
        pl.col("doubts").list.set_difference(pl.lit(answered, DOUBTS)).alias("doubts"), doubted_by.alias("doubted_by")
    )
    return left.with_columns(is_doubted=pl.col("doubts").list.len() > 0)


def read_near_misses(workspace: Workspace, reply: Reply, confirmed: Collection[str] = ()) -> pl.DataFrame:
    """NEAR_MISSES of a reply, with `subscriber` in the place of numbers; of an earlier version, what it found.

    Those of a kind that is `confirmed` are told, and veto nothing: an officer declared that its times are as they say.
    """
    if "near" in files_of(reply):
        is_answered = pl.col("kind").cast(pl.String).is_in(sorted(confirmed)) & ~pl.col("is_told")
        return read(workspace, reply, "near").filter(~is_answered)
    kinds = [FindingKind.SHIFTED.value, FindingKind.DAY_MONTH.value, FindingKind.ONE_DIGIT.value]
    found = read(workspace, reply, "findings").with_columns(pl.col("kind").cast(pl.String))
    told = found.filter(pl.col("kind").is_in(kinds), pl.col("row_id").is_not_null())
    missing = {"by_us": pl.Int64(), "subscriber": pl.String()}
    return told.with_columns(
        *(pl.lit(None, kind).alias(name) for name, kind in missing.items()), is_told=pl.lit(value=True)
    )


TOLD_OF = ("number_kind", "why", "installation_state", "installation_district")
"""What a resolving tells of a subscriber's line and standing, beside `standing` itself."""


def read_subscribers(workspace: Workspace, row: Resolving) -> pl.DataFrame:
    """NAMED of a resolving; of identities that were purged since nothing but that. Raises as `read`."""
    return without_purged(workspace, read(workspace, row, "subscribers"))


def without_purged(workspace: Workspace, subscribers: pl.DataFrame) -> pl.DataFrame:
    """NAMED; of an identity that was purged only its id, its sessions, and that it was."""
    with workspace.reading() as tables:
        gone = identities.purged(tables, subscribers["subscriber"])
    is_there = ~pl.col("subscriber").is_in(gone)
    told = subscribers.cast({"standing": NAMED["standing"]})
    return told.with_columns(
        pl.when(is_there)
        .then("standing")
        .otherwise(pl.lit(Standing.PURGED.value, NAMED["standing"]))
        .alias("standing"),
        *(pl.when(is_there).then(name).otherwise(pl.lit(None, NAMED[name])).alias(name) for name in TOLD_OF),
    ).with_columns(pl.col("why").fill_null([]))
