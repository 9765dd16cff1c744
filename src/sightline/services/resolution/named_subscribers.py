"""Subscribers that sessions name, as a resolution stores them: ids and places, no number and no name."""

from __future__ import annotations

import polars as pl

from sightline.services.resolution.resolution_inputs import ReplyTables
from sightline.stages.resolve.corroboration import find_fitting_forms
from sightline.stages.resolve.model import NAMED

PLACE = ("installation_state", "installation_district")


def build_subscriber_table(corroborated: pl.DataFrame, named: pl.DataFrame, frames: ReplyTables) -> pl.DataFrame:
    """Return NAMED, one row per subscriber, by id.

    `corroborated`: one row for each named subscriber, with its `standing`. `named`: PARTS whose verdict is one
    subscriber.
    """
    each = named.select("session_id", "lead_id", "licensee_id", pl.col("subscribers").list.first().alias("subscriber"))
    beside = each.group_by("subscriber").agg(
        pl.col("licensee_id").first(),
        pl.col("session_id").unique().sort().alias("session_ids"),
        pl.col("lead_id").unique().sort().alias("leads"),
    )
    kinds = frames.met.select("subscriber", "number_kind").drop_nulls().unique("subscriber", keep="first")
    holding = find_fitting_forms(frames.forms, named).filter("holds")
    places = holding.sort("is_certified", descending=True).unique("subscriber", keep="first", maintain_order=True)
    return (
        corroborated.join(beside, on="subscriber")
        .join(kinds, on="subscriber", how="left")
        .join(places.select("subscriber", *PLACE), on="subscriber", how="left")
        .sort("subscriber")
        .drop("sessions")
        .rename({"session_ids": "sessions", "leases": "assignments", "lacks": "why"})
        .select(pl.col(name).cast(kind) for name, kind in NAMED.items())
    )
