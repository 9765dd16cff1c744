"""Effects of a purge: subscribers who are named by visits in one exhibit only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import polars as pl

from sightline.casework.exhibits.exhibits import find_exhibit
from sightline.ledger.append import encode_canonical
from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.registered_tables import read_registered
from sightline.stages.resolve.withdrawn import NAMES
from sightline.storage.registered_files import list_row_files
from sightline.storage.rows import Resolving, Run
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RecalledSubscriber:
    """A subscriber who loses visits by a purge: how many of how many, and in which leads.

    A subscriber with no visit left is no longer named.
    """

    subscriber: str
    visits: int
    visits_lost: int
    leads: tuple[str, ...]

    @property
    def is_named_after(self) -> bool:
        """Return whether other exhibits still name the subscriber."""
        return self.visits_lost < self.visits


def compute_effects_digest(recalled: Sequence[RecalledSubscriber]) -> str:
    """Return the SHA-256 of who loses which visits in which leads: what the second officer approves."""
    return hashlib.sha256(encode_canonical([asdict(subscriber) for subscriber in recalled]).encode()).hexdigest()


def list_effects_of_purge(workspace: Workspace, digest: str) -> list[RecalledSubscriber]:
    """Return the subscribers that the newest resolution names by an exhibit's visits alone, by subscriber id.

    A visit that another exhibit also has, flagged by a current list, is not lost. Raises UsageError for no such
    exhibit.
    """
    with workspace.read() as tables:
        exhibit = find_exhibit(tables, digest)
        runs = [run.run_id for run in tables[Run].select(exhibit_id=exhibit.exhibit_id)]
        resolution = tables[Resolving].find_last("number")
    if resolution is None or not {"visits", "foundations"} <= set(list_row_files(resolution)):
        return []
    known_rows = read_registered(workspace, resolution, "foundations")
    is_of_exhibit = pl.element().str.split(" ").list.first().is_in(runs)
    lost = known_rows.filter(pl.col("lists").list.eval(is_of_exhibit).list.all()).select("session_id", "part").unique()
    parts = resolution_files.read_table(workspace, resolution, "visits").filter(pl.col("verdict") == NAMES)
    named = parts.with_columns(subscriber=pl.col("subscribers").list.first()).join(
        lost.with_columns(is_lost=pl.lit(value=True)), on=["session_id", "part"], how="left"
    )
    is_lost = pl.col("is_lost").fill_null(value=False)
    result = named.group_by("subscriber").agg(
        pl.col("visits").sum(),
        pl.col("visits").filter(is_lost).sum().alias("visits_lost"),
        pl.col("lead_id").filter(is_lost).unique().sort().alias("leads"),
    )
    rows = result.filter(pl.col("leads").list.len() > 0).sort("subscriber")
    return [
        RecalledSubscriber(row["subscriber"], row["visits"], row["visits_lost"], tuple(row["leads"]))
        for row in rows.iter_rows(named=True)
    ]
