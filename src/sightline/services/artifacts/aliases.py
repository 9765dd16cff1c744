"""Old ids of leads that a rebuild moved, each with the lead that now has the old first visit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from sightline.stages.leads.port_blocks import compute_block
from sightline.stages.leads.sessions import GAP_US
from sightline.storage import generations
from sightline.storage.rows import Generation
from sightline.workspace.workspace import Workspace

HELD = ("hi", "lo", "first_us", "last_us", "source_port")
BLOCKS = (pl.col("nat_ports").alias("block_ports"), pl.col("nat_base").fill_null(0).alias("block_base"))
EMPTY = pl.DataFrame(schema={"old_id": pl.String, "lead_id": pl.String})


def list_files(generation: Generation, begins: str) -> list[str]:
    """Return the stored files of a generation whose names begin so."""
    files = [file.file for file in generations.list_generation_files(generation)]
    return sorted(file for file in files if file.partition("/")[2].startswith(begins))


def read_aliases(workspace: Workspace, previous: Generation | None, folder: Path) -> pl.DataFrame:
    """Return `old_id lead_id`: ids of earlier generations that name no lead of this one.

    The lead has a session of the same address that contains the old first visit's time. If none does, the id names
    nothing. `folder` has the files of this generation.
    """
    older_files = sorted(folder.glob("leads-*.parquet"))
    if previous is None or not older_files:
        return EMPTY
    now = pl.concat(pl.scan_parquet(path).select("lead_id", "sessions", *HELD, *BLOCKS) for path in older_files)
    with ExitStack() as stack:
        paths = [stack.enter_context(workspace.segments.open_local(name)) for name in list_files(previous, "leads-")]
        older = [stack.enter_context(workspace.segments.open_local(name)) for name in list_files(previous, "aliases")]
        past = pl.concat([EMPTY, *(pl.read_parquet(path) for path in older)])
        before = [pl.scan_parquet(path).select("lead_id", *HELD) for path in paths]
        gone = pl.concat(before).join(now.select("lead_id"), on="lead_id", how="anti").collect() if before else None
    moved = (
        EMPTY
        if gone is None or gone.is_empty()
        else _find_moved_leads(gone, _collect_sessions(now, sorted(folder.glob("sessions-*.parquet"))))
    )
    again = past.join(moved.rename({"old_id": "lead_id", "lead_id": "now_id"}), on="lead_id", how="left")
    followed = again.select("old_id", pl.coalesce("now_id", "lead_id").alias("lead_id"))
    rows = pl.concat([followed, moved]).unique("old_id", keep="last").lazy()
    # An id that is a lead's again is nobody's alias, and one that led to a lead that is gone leads nowhere.
    ids = now.select("lead_id")
    aliases = rows.join(ids, left_on="old_id", right_on="lead_id", how="anti").join(ids, on="lead_id", how="semi")
    return aliases.sort("old_id").collect()


def _collect_sessions(leads: pl.LazyFrame, several: Sequence[Path]) -> pl.DataFrame:
    """Return every session: `now_id`, its lead, HELD and BLOCKS."""
    parts = [leads.filter(pl.col("sessions") == 1).drop("sessions")]
    parts += [pl.scan_parquet(path).select("lead_id", *HELD, *BLOCKS) for path in several]
    return pl.concat(parts).rename({"lead_id": "now_id"}).collect()


def _find_moved_leads(gone: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Return `old_id lead_id` of leads that are gone and whose first visit another lead has."""
    assignments = gone.sort("first_us").join_asof(
        sessions.sort("first_us", "now_id").rename({"first_us": "since_us"}),
        left_on="first_us",
        right_on="since_us",
        by=["hi", "lo"],
        strategy="backward",
        suffix="_now",
        check_sortedness=False,
    )
    # A visit before the first that counts may have gone with it: so the gap that keeps a session together is allowed.
    in_time = pl.col("first_us") <= pl.col("last_us_now") + GAP_US
    # Of several lines behind one address another's lead is worse than none.
    same_line = pl.col("block_ports").is_null() | (compute_block("source_port") == compute_block("source_port_now"))
    return assignments.filter(in_time & same_line).select(
        pl.col("lead_id").alias("old_id"), pl.col("now_id").alias("lead_id")
    )
