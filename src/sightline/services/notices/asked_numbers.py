"""Numbers that a notice for subscribers asks about: those that replies to a notice for records named, stored as ids."""

from __future__ import annotations

import hashlib

import polars as pl

from sightline.casework.identities import identities
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.model import NoticeKind, NoticeState, ResolutionVerdict
from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.identities import decrypt_identities
from sightline.stages.resolve.model import ASKED_NUMBERS
from sightline.storage.rows import Notice, Resolving
from sightline.workspace.workspace import Workspace

STORED_COLUMNS = {name: kind for name, kind in ASKED_NUMBERS.items() if name != "number"} | {"subscriber": pl.String()}
"""Columns of a notice for subscribers as stored."""
OVER = {NoticeState.CLOSED, NoticeState.REFUSED}


def find_unasked_numbers(workspace: Workspace, notice: Notice) -> pl.DataFrame:
    """Return ASKED_NUMBERS: numbers that the newest resolution names for this notice and nobody asked about yet.

    Raises UsageError if nothing was resolved.
    """
    rows = find_unasked_ids(workspace, notice)
    ids = [
        hashlib.sha256(f"{subscriber}\n{first}\n{last}".encode()).hexdigest()[:12]
        for subscriber, first, last in rows.select("subscriber", "from_us", "until_us").iter_rows()
    ]
    return open_numbers(workspace, notice.licensee_id, rows.with_columns(pl.Series("row_id", ids, dtype=pl.String)))


def find_unasked_ids(workspace: Workspace, notice: Notice) -> pl.DataFrame:
    """Return the same rows with ids instead of numbers, which stay sealed, and without `row_id`. Raises UsageError."""
    with workspace.read() as tables:
        resolution = tables[Resolving].find_last("number")
        notices = tables[Notice].select(licensee_id=notice.licensee_id, kind=NoticeKind.SUBSCRIBERS.value)
    if resolution is None:
        raise UsageError("nothing was resolved yet", hint="after replies came: sightline resolve")
    row_ids = read_row_ids(workspace, notice)
    known = [_read_ids(workspace, other) for other in notices if other.state not in OVER]
    before = pl.concat([pl.DataFrame(schema={"subscriber": pl.String}), *known])
    named = resolution_files.read_table(workspace, resolution, "visits").filter(
        pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value
    )
    each = (
        named.with_columns(pl.col("subscribers").list.first().alias("subscriber"))
        .filter(pl.col("licensee_id") == notice.licensee_id)
        .filter(pl.col("row_ids").list.set_intersection(row_ids.to_list()).list.len() > 0)
        .join(before, on="subscriber", how="anti")
        .group_by("subscriber")
        .agg(
            pl.col("session_id").n_unique().alias("sessions"),
            pl.col("from_us").min(),
            pl.col("until_us").max(),
        )
        .sort("subscriber")
    )
    kinds = resolution_files.read_subscribers(workspace, resolution).select("subscriber", "number_kind").drop_nulls()
    return each.join(kinds, on="subscriber")


def read_row_ids(workspace: Workspace, notice: Notice) -> pl.Series:
    """Return the row ids of a notice."""
    with workspace.segments.open_local(notice.file) as path:
        return pl.read_parquet(path, columns=["row_id"])["row_id"]


def _read_ids(workspace: Workspace, notice: Notice) -> pl.DataFrame:
    with workspace.segments.open_local(notice.file) as path:
        return pl.read_parquet(path, columns=["subscriber"])


def open_numbers(workspace: Workspace, licensee_id: str, stored: pl.DataFrame) -> pl.DataFrame:
    """Return stored rows with numbers instead of ids. A purged identity has neither number nor kind."""
    opened = decrypt_identities(workspace, stored["subscriber"].to_list(), licensee_id=licensee_id, with_withdrawn=True)
    numbers = [opened.get(sealed, {}).get("number") for sealed in stored["subscriber"]]
    rows = stored.with_columns(pl.Series("number", numbers, dtype=pl.String))
    rows = rows.with_columns(pl.when(pl.col("number").is_not_null()).then("number_kind").alias("number_kind"))
    return rows.select(pl.col(name).cast(kind) for name, kind in ASKED_NUMBERS.items())


def seal_numbers(officer_session: OfficerSession, licensee_id: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return ASKED_NUMBERS as stored, with ids instead of numbers."""
    secret = identities.load_secret(officer_session.workspace, officer_session.clock())
    ids = identities.compute_subscriber_ids(secret, licensee_id, rows).alias("subscriber")
    return rows.with_columns(ids).select(pl.col(name).cast(kind) for name, kind in STORED_COLUMNS.items())
