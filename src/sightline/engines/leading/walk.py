"""The walk from hits to judged sessions, for one partition: looked at, folded, split, enriched."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.stages.enrich.crawlers import agents
from sightline.stages.enrich.enriching import enrich
from sightline.stages.enrich.model import DataSet
from sightline.stages.enrich.numbers import numbered
from sightline.stages.leads.identity import with_ids
from sightline.stages.leads.sessions import facts
from sightline.stages.leads.sessions import numbered as split
from sightline.stages.leads.verdicts import is_inside
from sightline.stages.leads.visits import looked_at, visits

MICRO = 1_000_000


def sessions(
    hits: pl.DataFrame, sets: Sequence[DataSet], places: pl.DataFrame, seed: int, *, exercise: bool
) -> pl.DataFrame:
    """All sessions of these hits: facts, enrichment, `source_ip`, `is_inside`, `lead_id`; not judged yet.

    `hits` are all of their addresses; nobody else's could change these sessions.
    """
    known = numbered(hits["source_ip"])
    told = hits["user_agent"].drop_nulls().unique().sort()
    crawlers = agents(told, sets).filter(pl.col("crawler").is_not_null())["user_agent"].to_list()
    seen = visits(looked_at(hits, crawlers, seed))
    addresses = known.select("hi", "lo", pl.col("address").alias("source_ip"), "kind").unique(
        ["hi", "lo"], keep="first"
    )
    found = _enriched(facts(split(seen), seen), addresses, sets)
    if found["nat_ports"].null_count() < len(found):
        blocks = found.filter(pl.col("nat_ports") > 0).select("hi", "lo", "nat_ports").unique(["hi", "lo"])
        ports = seen.join(blocks, on=["hi", "lo"], how="left", maintain_order="left")
        found = _enriched(facts(split(ports, pl.col("port") // pl.col("nat_ports")), seen), addresses, sets)
    return with_ids(found.with_columns(is_inside("kind", exercise=exercise)), places).drop("kind")


def _enriched(found: pl.DataFrame, addresses: pl.DataFrame, sets: Sequence[DataSet]) -> pl.DataFrame:
    named = found.join(addresses, on=["hi", "lo"], how="left", maintain_order="left")
    uncertain = pl.col("uncertainty_s").cast(pl.Int64) * MICRO
    asked = named.select(
        "session",
        pl.col("source_ip").alias("address"),
        (pl.col("first_us") - uncertain).alias("first_us"),
        (pl.col("last_us") + uncertain).alias("last_us"),
    )
    return named.join(enrich(asked, sets), on="session", how="left", maintain_order="left")
