"""Old ids of leads that a rebuild moved: which lead holds the first visit of the old one now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from sightline.record.store.rows import Generation
from sightline.record.workspace import Workspace

GAP_US = 30 * 60 * 1_000_000


def names(generation: Generation, begins: str) -> list[str]:
    """The files of a generation whose name begins so, in the store."""
    files = [str(one["file"]) for one in json.loads(generation.files_json)]
    return sorted(one for one in files if one.partition("/")[2].startswith(begins))


def aliases(workspace: Workspace, previous: Generation | None, kept: Sequence[Path]) -> pl.DataFrame:
    """`old_id lead_id`: ids of the previous generation, and of those before it, that name no lead of this one now.

    The lead is that of the same address whose time holds the old first visit; where none does, the id names nothing.
    """
    empty = pl.DataFrame(schema={"old_id": pl.String, "lead_id": pl.String})
    if previous is None:
        return empty
    columns = ["lead_id", "hi", "lo", "first_us"]
    new = [pl.scan_parquet(path).select(*columns, "last_us") for path in kept]
    now = pl.concat(new) if new else pl.LazyFrame(schema=dict.fromkeys([*columns, "last_us"], pl.String))
    with ExitStack() as stack:
        paths = [stack.enter_context(workspace.segments.local_path(one)) for one in names(previous, "leads-")]
        older = [stack.enter_context(workspace.segments.local_path(one)) for one in names(previous, "aliases")]
        if not paths or not new:
            return empty
        before = pl.concat(pl.scan_parquet(path).select(columns) for path in paths)
        gone = before.join(now.select("lead_id"), on="lead_id", how="anti").collect()
        held = gone.sort("first_us").join_asof(
            now.collect().sort("first_us").rename({"lead_id": "now_id", "first_us": "since_us"}),
            left_on="first_us",
            right_on="since_us",
            by=["hi", "lo"],
            strategy="backward",
            check_sortedness=False,
        )
        moved = held.filter(pl.col("first_us") <= pl.col("last_us") + GAP_US)
        moved = moved.select(pl.col("lead_id").alias("old_id"), pl.col("now_id").alias("lead_id"))
        past = pl.concat([empty, *(pl.read_parquet(path) for path in older)])
    again = past.join(moved.rename({"old_id": "lead_id", "lead_id": "now_id"}), on="lead_id", how="left")
    followed = again.select("old_id", pl.coalesce("now_id", "lead_id").alias("lead_id"))
    return pl.concat([followed, moved]).unique("old_id", keep="last").sort("old_id")
