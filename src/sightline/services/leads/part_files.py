"""The files of leads of a generation, whichever machine writes them, and the counts of what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from sightline.stages.leads import session_join
from sightline.stages.leads.verdicts import judge_sessions

GROUP = 1 << 11
"""Rows of a row group of leads. A page reads whole groups, so they are small and not compressed.

Files are a quarter larger than with compressed groups of 1 << 18 rows; a page of fifty leads takes a seventh of the
time.
"""


@dataclass(slots=True)
class PartCounts:
    """The counts of a rebuild, or of a part of it."""

    leads: int = 0
    sessions: int = 0
    visits: int = 0
    without_address: int = 0
    ceilings: dict[str, int] = field(default_factory=dict)

    def keep(self, leads: pl.DataFrame, path: Path) -> Path | None:
        """Write leads and add them to the counts. Return the file, or None if there are none."""
        if not len(leads):
            return None
        self.leads += len(leads)
        self.sessions += int(leads["sessions"].sum())
        self.visits += int(leads["visits"].sum())
        for ceiling, count in leads.group_by("ceiling").len().sort("ceiling").iter_rows():
            self.ceilings[ceiling] = self.ceilings.get(ceiling, 0) + count
        write_leads(leads, path)
        return path

    def add(self, other: Mapping[str, Any]) -> None:
        """Add the counts of a part, as plain data."""
        self.leads += other["leads"]
        self.sessions += other["sessions"]
        self.visits += other["visits"]
        for ceiling, count in other["ceilings"].items():
            self.ceilings[ceiling] = self.ceilings.get(ceiling, 0) + count


def divide_leads(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the leads of sessions that are one each, and the sessions that may belong to a lead with others."""
    alone = rows.filter(~session_join.IS_JOINABLE)
    single = alone.with_columns(pl.lit(1, pl.UInt32).alias("sessions"), pl.lit(None, pl.String).alias("joined_by"))
    return judge_sessions(single), rows.filter(session_join.IS_JOINABLE)


def write_leads(leads: pl.DataFrame, path: Path) -> None:
    """Write leads as a generation stores them: sorted by address, columns by name."""
    ordered = _order_leads(leads.select(sorted(leads.columns)))
    ordered.write_parquet(path, compression="uncompressed", statistics=False, row_group_size=GROUP)


def write_beside(beside: pl.DataFrame, path: Path) -> Path | None:
    """Write the sessions of joined leads. Return the file, or None if there are none."""
    if not len(beside):
        return None
    _order_leads(beside).write_parquet(path)
    return path


def write_waiting(rows: pl.DataFrame, path: Path) -> Path | None:
    """Write sessions that wait until all are known. Return the file, or None if there are none."""
    if not len(rows):
        return None
    rows.write_parquet(path, compression="lz4")
    return path


def _order_leads(leads: pl.DataFrame) -> pl.DataFrame:
    by = "lead_id" if "session_id" not in leads.columns else "session_id"
    return leads.drop("session", "rank", strict=False).sort("hi", "lo", "first_us", by)
