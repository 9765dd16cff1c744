"""Read the registered files of a reply or a resolution."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from sightline.casework.identities import identities
from sightline.services.artifacts.current_results import read_current_frame
from sightline.services.artifacts.registered_tables import read_registered
from sightline.stages.resolve.corroboration import SubscriberStanding
from sightline.stages.resolve.model import ASSIGNED, BESIDE, DOUBTS, LINE_STATEMENTS, NAMED, OF_COLUMN, FindingKind
from sightline.storage.registered_files import list_row_files
from sightline.storage.rows import Reply, Resolving
from sightline.workspace.workspace import Workspace


def read_table(
    workspace: Workspace, row: Reply | Resolving, name: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return a table of a reply or resolution, without names that are no longer valid. Raises DamagedInput.

    So no page or document can name anybody whose foundation is no longer valid.
    """
    if isinstance(row, Reply) or name not in NAMING:
        return read_registered(workspace, row, name, columns)
    rows = read_current_frame(workspace, row, name)
    return rows.select(columns) if columns else rows


NAMING = frozenset({"rows", "visits", "sessions", "subscribers", "lines"})
"""The tables of a resolution that name lines."""


def read_matches(workspace: Workspace, reply: Reply, confirmed: Collection[str] = ()) -> pl.DataFrame:
    """Return the rows of a reply that match a row of the notice, without doubts that an officer answered.

    `confirmed`: signs, or OF_COLUMN and a heading. Columns that an earlier version did not read are null.
    """
    return _apply_confirmations(read_table(workspace, reply, "met"), confirmed)


def read_access_rows(workspace: Workspace, reply: Reply, confirmed: Collection[str] = ()) -> pl.DataFrame | None:
    """Return the rows of an access log as `read_matches` does, or None if the reply has none."""
    if "inside" not in list_row_files(reply):
        return None
    rows = read_table(workspace, reply, "inside")
    return _apply_confirmations(rows, confirmed) if rows.height else None


def read_line_statements(workspace: Workspace, reply: Reply) -> pl.DataFrame:
    """Return LINE_STATEMENTS of a reply for subscribers, empty if it has none."""
    if "statements" not in list_row_files(reply):
        return pl.DataFrame(schema=LINE_STATEMENTS)
    return read_table(workspace, reply, "statements")


def _apply_confirmations(rows: pl.DataFrame, confirmed: Collection[str]) -> pl.DataFrame:
    known = {**ASSIGNED, **BESIDE}
    missing = {name: kind for name, kind in known.items() if name not in rows.columns and name != "number"}
    rows = rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in missing.items())
    if "doubts" not in rows.columns:
        old = pl.when("is_doubted").then(pl.lit([FindingKind.HEDGED.value])).otherwise(pl.lit([], DOUBTS))
        return rows.with_columns(old.alias("doubts"))
    answered = sorted(confirmed)
    columns = [confirmation.removeprefix(OF_COLUMN) for confirmation in answered if confirmation.startswith(OF_COLUMN)]
    doubted_by = pl.when(~pl.col("doubted_by").is_in(columns).fill_null(value=False)).then("doubted_by")
    left = rows.with_columns(
        pl.col("doubts").list.set_difference(pl.lit(answered, DOUBTS)).alias("doubts"), doubted_by.alias("doubted_by")
    )
    return left.with_columns(is_doubted=pl.col("doubts").list.len() > 0)


def read_near_misses(workspace: Workspace, reply: Reply, confirmed: Collection[str] = ()) -> pl.DataFrame:
    """Return NEAR_MISSES of a reply, with `subscriber` instead of numbers.

    Those of a `confirmed` kind are reported and veto nothing: an officer declared that the reply's times are right.
    """
    if "near" in list_row_files(reply):
        is_answered = pl.col("kind").cast(pl.String).is_in(sorted(confirmed)) & ~pl.col("is_told")
        return read_table(workspace, reply, "near").filter(~is_answered)
    kinds = [FindingKind.SHIFTED.value, FindingKind.DAY_MONTH.value, FindingKind.ONE_DIGIT.value]
    rows = read_table(workspace, reply, "findings").with_columns(pl.col("kind").cast(pl.String))
    misses = rows.filter(pl.col("kind").is_in(kinds), pl.col("row_id").is_not_null())
    missing = {"by_us": pl.Int64(), "subscriber": pl.String()}
    return misses.with_columns(
        *(pl.lit(None, kind).alias(name) for name, kind in missing.items()), is_told=pl.lit(value=True)
    )


TOLD_OF = ("number_kind", "why", "installation_state", "installation_district")
"""Columns about a subscriber's line and corroboration, beside `standing` itself."""


def read_subscribers(workspace: Workspace, row: Resolving) -> pl.DataFrame:
    """Return NAMED of a resolution. Of identities that were purged since, only that fact. Raises as `read_table`."""
    return without_purged(workspace, read_table(workspace, row, "subscribers"))


def without_purged(workspace: Workspace, subscribers: pl.DataFrame) -> pl.DataFrame:
    """Return NAMED. Of a purged identity only its id, its sessions, and that it was purged."""
    with workspace.read() as tables:
        purged = identities.list_purged(tables, subscribers["subscriber"])
    is_there = ~pl.col("subscriber").is_in(purged)
    standings = subscribers.cast({"standing": NAMED["standing"]})
    return standings.with_columns(
        pl.when(is_there)
        .then("standing")
        .otherwise(pl.lit(SubscriberStanding.PURGED.value, NAMED["standing"]))
        .alias("standing"),
        *(pl.when(is_there).then(name).otherwise(pl.lit(None, NAMED[name])).alias(name) for name in TOLD_OF),
    ).with_columns(pl.col("why").fill_null([]))
