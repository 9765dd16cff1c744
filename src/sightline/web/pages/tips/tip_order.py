"""Tips in the order of a column: the columns of all of them, cached until the workspace changes."""

from __future__ import annotations

import json

import polars as pl

from sightline.casework.exhibits.exhibits import format_path_end
from sightline.casework.exhibits.tip_runs import list_current_tips
from sightline.storage.rows import Holding, Run, Source
from sightline.storage.table import Tables
from sightline.web.context import RequestContext
from sightline.web.list_order import select_page_after, sort_by_choice
from sightline.workspace.cache import WORK

HEADINGS = ("tip", "from", "reports", "frames", "connections", "left_out", "")
SORTS = {
    "tip": pl.col("name").str.to_lowercase(),
    "from": pl.col("source").str.to_lowercase(),
    "reports": pl.col("reports"),
    "frames": pl.col("frames"),
    "connections": pl.col("hits"),
    "left_out": pl.col("frames") - pl.col("comments") - pl.col("hits"),
}
"""The columns of the list by which an officer may sort, with what each sorts by."""
SCHEMA = {
    "run_id": pl.String,
    "name": pl.String,
    "source": pl.String,
    "reports": pl.Int64,
    "frames": pl.Int64,
    "comments": pl.Int64,
    "hits": pl.Int64,
}


def list_sorted_tips(context: RequestContext, tables: Tables, sort: str, after: str) -> tuple[list[Run], str | None]:
    """Return a page of the runs of tips in the order of a column, and the last of it if more follow."""
    every = context.get_cached("tip columns", lambda: _load_columns(tables), WORK)
    page, more = select_page_after(sort_by_choice(every, SORTS, sort), "run_id", after)
    ids = page["run_id"].to_list()
    known = {run.run_id: run for run in tables[Run].select_within("run_id", ids)}
    return [known[run_id] for run_id in ids], more


def _load_columns(tables: Tables) -> pl.DataFrame:
    """Return the columns of `SCHEMA` of every tip, the newest first. A list of reports that is too long is null."""
    runs, sources = list_current_tips(tables), {source.source_id: source.name for source in tables[Source].select()}
    paths: dict[str, str] = {}
    for holding in tables[Holding].select_within("exhibit_id", sorted({run.exhibit_id for run in runs})):
        paths.setdefault(holding.exhibit_id, holding.path)
    rows = []
    for run in reversed(runs):
        account, reports = json.loads(run.account_json), json.loads(run.manifest_json)["reports"]
        rows.append(
            {
                "run_id": run.run_id,
                "name": format_path_end(paths.get(run.exhibit_id, "")).rpartition("/")[2],
                "source": sources[run.source_id],
                "reports": None if reports is None else len(reports),
                "frames": account["frames"],
                "comments": account["comments"],
                "hits": run.hits,
            }
        )
    return pl.DataFrame(rows, schema=SCHEMA)
