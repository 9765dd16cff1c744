"""Set aside on disk the sessions that may join into one lead, until all are known, then join some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from sightline.errors import name_output_on_error
from sightline.services.leads.part_files import write_waiting
from sightline.stages.leads import session_join
from sightline.stages.leads.verdicts import judge_sessions

AT_ONCE = 1_000_000
"""Approximate number of sessions that are joined at once."""
KEYS = ("lead_id", "user", "source", "assignment")


class SessionSpill:
    """Joinable sessions, part by part. Closing `stack` at the end of the rebuild deletes the files."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = Path(stack.enter_context(TemporaryDirectory(prefix=".waiting-", dir=folder))).resolve()
        self.paths: list[Path] = []
        self._sessions = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Write sessions to a file of their own, to be joined when all are there."""
        path = write_waiting(rows, self._build_next_path())
        if path is not None:
            self.paths.append(path)
            self._sessions += len(rows)

    def take(self, path: Path, sessions: int) -> None:
        """Set aside sessions that are in a file already, which is moved."""
        with name_output_on_error(self._build_next_path()):
            self.paths.append(path.rename(self._build_next_path()))
        self._sessions += sessions

    def _build_next_path(self) -> Path:
        return self.folder / f"{len(self.paths):06}.parquet"

    def divide(self) -> Iterator[pl.DataFrame]:
        """Yield `lead_id group joined_by sessions` of all sessions set aside. No group is split between items."""
        if not self.paths:
            return
        sessions = pl.concat(pl.scan_parquet(path) for path in self.paths)
        grouped = session_join.group_sessions(sessions.select(KEYS).collect())
        parts = -(-self._sessions // AT_ONCE)
        grouped = grouped.select("lead_id", "group", "joined_by", (pl.col("group").hash() % parts).alias("part"))
        grouped = grouped.with_columns(pl.len().over("group").cast(pl.UInt32).alias("sessions"))
        for part in range(parts):
            yield grouped.filter(pl.col("part") == part).drop("part")

    def read_joined(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Yield leads of all sessions set aside, with the sessions of joined leads. No lead is split between items."""
        for group in self.divide():
            sessions = join_sessions_of(self.paths, group)
            if sessions is not None:
                yield sessions


def join_sessions_of(paths: Sequence[Path], mine: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Return the leads of some groups (`SessionSpill.divide`), with the sessions of joined ones; None without any."""
    sessions = pl.concat(pl.scan_parquet(path) for path in paths)
    several = sessions.join(mine.lazy(), on="lead_id", how="inner", maintain_order="left").collect()
    return _make_leads(several) if len(several) else None


def _make_leads(several: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return one lead per `group`; and the sessions of joined leads by `session_id`, with the lead's id."""
    alone = judge_sessions(several.with_columns(pl.lit(1, pl.UInt32).alias("sessions")))
    leads = judge_sessions(session_join.join_sessions(several.with_columns(alone["rank"])))
    of = leads.filter(pl.col("sessions") > 1).select("group", pl.col("lead_id").alias("of_lead"))
    beside = alone.join(of, on="group").rename({"lead_id": "session_id", "of_lead": "lead_id"})
    return leads.drop("group"), beside.drop("group")
