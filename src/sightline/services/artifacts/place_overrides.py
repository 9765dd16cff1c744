"""Places from licensees' replies: an installation address overrides every data set."""

from __future__ import annotations

import polars as pl

from sightline.model import ResolutionVerdict
from sightline.services.artifacts import resolution_files
from sightline.stages.enrich import india
from sightline.storage.rows import Resolving
from sightline.workspace.cache import WORK
from sightline.workspace.workspace import Workspace

OVERRULED: dict[str, pl.DataType] = {"lead_id": pl.String(), "state_said": pl.String(), "district_said": pl.String()}


def find_overruled_places(workspace: Workspace, until_us: int | None = None) -> pl.DataFrame:
    """Return OVERRULED, one row per lead whose resolved sessions all lead to one state, now or at an instant."""
    with workspace.read() as tables:
        past = [] if until_us is None else [tables[Resolving].get_column("made_at_us") <= until_us]
        newest = max(tables[Resolving].read_each(*past), key=lambda one: one.number, default=None)
    if newest is None:
        return pl.DataFrame(schema=OVERRULED)
    return workspace.get_cached(("replied places", newest.number), lambda: _find_places(workspace, newest), but=WORK)


def _find_places(workspace: Workspace, newest: Resolving) -> pl.DataFrame:
    """Return OVERRULED by a resolution, as currently valid."""
    subscribers = resolution_files.read_subscribers(workspace, newest)
    states = {state: india.find_state_code(state) for state in subscribers["installation_state"].drop_nulls().unique()}
    placed = subscribers.select(
        "subscriber",
        pl.col("installation_state").replace_strict(states, default=None, return_dtype=pl.String).alias("state_said"),
        pl.col("installation_district").alias("district_said"),
    )
    named = resolution_files.read_table(workspace, newest, "sessions", ["lead_id", "verdict", "subscribers"]).filter(
        pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value
    )
    each = named.select("lead_id", pl.col("subscribers").list.first().alias("subscriber")).join(placed, on="subscriber")
    agreed = each.group_by("lead_id").agg(pl.col("state_said").unique(), pl.col("district_said").unique())
    one = {name: pl.when(pl.col(name).list.len() == 1).then(pl.col(name).list.first()) for name in agreed.columns[1:]}
    return agreed.with_columns(**one).filter(pl.col("state_said").is_not_null()).sort("lead_id")


def apply_place_overrides(leads: pl.LazyFrame, overrides: pl.DataFrame) -> pl.LazyFrame:
    """Return leads with the place that replies give, if any."""
    if overrides.is_empty():
        return leads
    rows = leads.join(overrides.lazy(), on="lead_id", how="left", maintain_order="left")
    is_said = pl.col("state_said").is_not_null()
    return rows.with_columns(
        pl.coalesce("state_said", pl.col("state").cast(pl.String)).alias("state"),
        pl.when(is_said).then("district_said").otherwise("district").alias("district"),
        pl.when(is_said).then(pl.lit("IN")).otherwise(pl.col("country").cast(pl.String)).alias("country"),
        pl.when(is_said).then(pl.lit("resolved")).otherwise(pl.col("place").cast(pl.String)).alias("place"),
        pl.when(is_said).then(None).otherwise(pl.col("place_why").cast(pl.String)).alias("place_why"),
        pl.when(is_said).then(None).otherwise("radius_km").alias("radius_km"),
    ).drop("state_said", "district_said")
