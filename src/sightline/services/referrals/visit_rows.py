"""Rows of leads: the places in segments that hold their visits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from sightline.services.artifacts.lead_files import Leads
from sightline.services.documents.exhibit_runs import open_segment
from sightline.services.sessions.current_runs import is_of_lists
from sightline.stages.leads.port_blocks import compute_block, compute_block_columns
from sightline.storage.rows import Run, Segment
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

ROWS = {
    "lead_id": pl.String(),
    "exhibit_id": pl.String(),
    "run_id": pl.String(),
    "segment_id": pl.String(),
    "index": pl.UInt32(),
}
"""One row per hit, by segment and index."""
NO_BLOCK = -1
_READ = "lead_id source_ip hi lo first_us last_us source_port nat_ports nat_base".split()


def read_visit_rows(workspace: Workspace, lead_files: Leads, leads: pl.Series) -> pl.DataFrame:
    """Return ROWS of leads by their ids, from the segments of the generation's runs.

    By the rule that makes leads: of an address, behind a shared one of its block of ports, from the first visit of
    a session to its last. A row without a port belongs to no block.
    """
    sessions = _load_sessions(lead_files, leads)
    with workspace.read() as tables, ExitStack() as stack:
        parts = [
            _read_rows(stack.enter_context(open_segment(workspace, segment)), run, segment, lists, sessions)
            for run, lists in _list_runs(tables, lead_files)
            for segment in tables[Segment].select(run_id=run.run_id)
        ]
        rows = pl.concat([pl.LazyFrame(schema=ROWS), *parts]).collect(engine="streaming")
    return rows.unique().sort("segment_id", "index")


def _list_runs(tables: Tables, leads: Leads) -> Iterator[tuple[Run, Sequence[str | Sequence[str]] | None]]:
    """Yield the runs of a generation, each with the lists whose hits count, or None for all.

    Older generations name issuers; all their lists count.
    """
    for run_id, lists in json.loads(leads.generation.inputs_json)["runs"]:
        run = tables[Run].get(run_id)
        assert run is not None, "a generation rests on runs that are there"
        yield run, lists


def _load_sessions(lead_files: Leads, leads: pl.Series) -> pl.DataFrame:
    """Return `lead_id source_ip block block_ports block_base first_us last_us` of each session of the leads."""
    every = lead_files.open_frame()
    frames = [every.filter(pl.col("sessions") == 1), *(pl.scan_parquet(path) for path in lead_files.files["sessions"])]
    whole = pl.concat(_with_base(frame).select(_READ) for frame in frames)
    mine = whole.filter(pl.col("lead_id").is_in(leads.implode())).collect(engine="streaming")
    same = whole.join(mine.lazy().select("hi", "lo").unique(), on=["hi", "lo"], how="semi")
    sizes = same.group_by("hi", "lo").agg(compute_block_columns()).collect(engine="streaming")
    rows = mine.join(sizes, on=["hi", "lo"], how="left")
    block = compute_block("source_port").fill_null(NO_BLOCK).alias("block")
    return rows.select("lead_id", "source_ip", block, "block_ports", "block_base", "first_us", "last_us")


def _with_base(sessions: pl.LazyFrame) -> pl.LazyFrame:
    """Return sessions with `nat_base`, which leads of older generations do not have."""
    if "nat_base" in sessions.collect_schema():
        return sessions
    return sessions.with_columns(pl.lit(None, pl.UInt32).alias("nat_base"))


def _read_rows(
    path: Path, run: Run, segment: Segment, lists: Sequence[str | Sequence[str]] | None, sessions: pl.DataFrame
) -> pl.LazyFrame:
    port = pl.when(pl.col("source_port") > 0).then(pl.col("source_port"))
    rows = pl.scan_parquet(path).with_row_index("index")
    if lists is not None:
        issuers = [list_ for list_ in lists if isinstance(list_, str)]
        pairs = [list_ for list_ in lists if not isinstance(list_, str)]
        rows = rows.filter(pl.col("issuer").is_in(issuers) | is_of_lists(pairs))
    near = rows.select(
        "index", "source_ip", pl.col("timestamp").dt.epoch("us").alias("at_us"), port.alias("port")
    ).join(sessions.lazy(), on="source_ip")
    own = compute_block("port").fill_null(NO_BLOCK)
    mine = near.filter(pl.col("at_us").is_between("first_us", "last_us") & (own == pl.col("block")))
    return mine.select(
        "lead_id",
        pl.lit(run.exhibit_id).alias("exhibit_id"),
        pl.lit(run.run_id).alias("run_id"),
        pl.lit(segment.segment_id).alias("segment_id"),
        pl.col("index").cast(pl.UInt32),
    )
