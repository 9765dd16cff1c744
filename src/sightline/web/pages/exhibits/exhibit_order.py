"""Exhibits in the order of a column: the columns of all of them, cached until the workspace changes."""

from __future__ import annotations

import polars as pl

from sightline.casework.exhibits.exhibits import (
    ExhibitSummary,
    format_path_end,
    list_exhibits,
    list_matching_ids,
)
from sightline.casework.exhibits.holds import list_held_exhibits
from sightline.storage.rows import Exhibit, Holding, Run
from sightline.storage.table import Tables
from sightline.web.context import RequestContext
from sightline.web.list_order import select_page_after, sort_by_choice

HEADINGS = ("file", "digest", "bytes", "runs", "hits", "since", "state")
SORTS = {
    "file": pl.col("name").str.to_lowercase(),
    "digest": pl.col("exhibit_id"),
    "bytes": pl.col("size_bytes"),
    "runs": pl.col("runs"),
    "hits": pl.col("hits"),
    "since": pl.col("registered_at_us"),
    "state": pl.col("state"),
}
"""The columns of the list by which an officer may sort, with what each sorts by."""


def list_sorted_exhibits(
    context: RequestContext, tables: Tables, text: str, sort: str, after: str
) -> tuple[list[ExhibitSummary], str | None]:
    """Return a page of the exhibits that match `text`, in the order of a column, and the last of it if more follow."""
    every = context.get_cached("exhibit columns", lambda: _load_columns(tables))
    mine = every.filter(pl.col("exhibit_id").is_in(list_matching_ids(tables, text))) if text else every
    page, more = select_page_after(sort_by_choice(mine, SORTS, sort), "exhibit_id", after)
    ids = page["exhibit_id"].to_list()
    known = {exhibit.exhibit_id: exhibit for exhibit in tables[Exhibit].select_within("exhibit_id", ids)}
    return list_exhibits(tables, [known[exhibit_id] for exhibit_id in ids]), more


def _load_columns(tables: Tables) -> pl.DataFrame:
    """Return the columns of `SORTS` and exhibit_id of every exhibit, the newest first.

    `state` is 0 for an exhibit that is kept, 1 on hold, 2 purged.
    """
    exhibits, holdings, runs = tables[Exhibit], tables[Holding], tables[Run]
    names = pl.DataFrame(
        {"exhibit_id": holdings.list_values("exhibit_id"), "path": holdings.list_values("path")},
        schema={"exhibit_id": pl.String, "path": pl.String},
    ).unique("exhibit_id", keep="first", maintain_order=True)
    counts = (
        pl.DataFrame(
            {"exhibit_id": runs.list_values("exhibit_id"), "hits": runs.list_values("hits")},
            schema={"exhibit_id": pl.String, "hits": pl.Int64},
        )
        .group_by("exhibit_id")
        .agg(pl.len().alias("runs"), pl.col("hits").sum())
    )
    schema = {"exhibit_id": pl.String} | dict.fromkeys(("size_bytes", "registered_at_us", "purged_at_us"), pl.Int64)
    is_held = pl.col("exhibit_id").is_in(sorted(list_held_exhibits(tables)))
    return (
        pl.DataFrame({name: exhibits.list_values(name) for name in schema}, schema=schema)
        .join(names, "exhibit_id", "left", maintain_order="left")
        .join(counts, "exhibit_id", "left", maintain_order="left")
        .with_columns(
            pl.col("runs", "hits").fill_null(0),
            state=pl.when(pl.col("purged_at_us").is_not_null()).then(2).when(is_held).then(1).otherwise(0),
            name=pl.col("path").map_elements(format_path_end, return_dtype=pl.String),
        )
        .sort("registered_at_us", "exhibit_id", descending=True)
    )
