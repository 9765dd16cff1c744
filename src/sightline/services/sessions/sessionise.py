"""Turn hits into sessions that can be judged: fold, split, name and enrich them."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Address

import polars as pl

from sightline.stages.enrich.address_numbers import MAPPED, number_addresses
from sightline.stages.enrich.enrichment import add_enrichment
from sightline.stages.enrich.model import DataSet
from sightline.stages.enrich.weights import UNMEASURED, Weights
from sightline.stages.leads.identity import add_lead_ids
from sightline.stages.leads.port_blocks import compute_block, compute_block_columns
from sightline.stages.leads.sessions import derive_facts, number_sessions
from sightline.stages.leads.verdicts import is_inside
from sightline.stages.leads.visits import fold_visits


def make_sessions(
    hits: pl.DataFrame,
    sets: Sequence[DataSet],
    places: pl.DataFrame,
    *,
    exercise: bool,
    weights: Weights = UNMEASURED,
) -> pl.DataFrame:
    """Return all sessions of these hits: facts, enrichment, `source_ip`, `is_inside`, `lead_id`; not judged yet.

    `hits` are all hits of their addresses. Hits of other addresses cannot change these sessions.
    """
    visits = fold_visits(hits)
    rows = enrich_sessions(derive_facts(number_sessions(visits), visits), sets, weights)
    if rows["nat_ports"].null_count() < len(rows):
        blocks = rows.group_by("hi", "lo").agg(compute_block_columns())
        ports = visits.join(blocks, on=["hi", "lo"], how="left", maintain_order="left")
        rows = enrich_sessions(derive_facts(number_sessions(ports, compute_block("port")), visits), sets, weights)
    return add_lead_ids(rows.with_columns(is_inside("kind", exercise=exercise)), places).drop("kind")


def make_sessions_of_lines(
    hits: pl.DataFrame,
    lines: pl.DataFrame,
    sets: Sequence[DataSet],
    places: pl.DataFrame,
    *,
    exercise: bool,
    weights: Weights = UNMEASURED,
) -> pl.DataFrame:
    """Return one row for each `owner` of `lines` (`place owner`), as `make_sessions` makes them, of its visits alone.

    `place` is that of a visit's first frame. What another line did at the same address is in no row of this one.
    """
    visits = fold_visits(hits).join(lines, on="place").filter(pl.col("vouched") & ~pl.col("is_blocked"))
    ordered = visits.sort("owner", "t", maintain_order=True)
    number = (pl.col("owner").rle_id()).cast(pl.UInt32).alias("session")
    counting = ordered.with_columns(number)
    whose = counting.select("session", "owner").unique()
    rows = enrich_sessions(derive_facts(counting.drop("owner"), counting), sets, weights)
    named = add_lead_ids(rows.with_columns(is_inside("kind", exercise=exercise)), places).drop("kind")
    return named.join(whose, on="session", maintain_order="left")


def enrich_sessions(rows: pl.DataFrame, sets: Sequence[DataSet], weights: Weights = UNMEASURED) -> pl.DataFrame:
    """Return sessions (`session hi lo from_us until_us`) with `source_ip`, `kind` and data set facts (ADR 16)."""
    named = rows.join(_build_addresses(rows), on=["hi", "lo"], how="left", maintain_order="left")
    questions = named.select(
        "session",
        pl.col("source_ip").alias("address"),
        pl.col("from_us").alias("first_us"),
        (pl.col("until_us") - 1).alias("last_us"),
    )
    return named.join(add_enrichment(questions, sets, weights), on="session", how="left", maintain_order="left")


def _build_addresses(rows: pl.DataFrame) -> pl.DataFrame:
    """`hi lo source_ip kind` of the distinct addresses: their canonical texts and classes."""
    halves = rows.select("hi", "lo").unique(maintain_order=True)
    is_four = (pl.col("hi") == 0) & (pl.col("lo") // (1 << 32) == MAPPED >> 32)
    octets = [(pl.col("lo") // (1 << 8 * at)) % 256 for at in (3, 2, 1, 0)]
    four = halves.filter(is_four).with_columns(pl.format("{}.{}.{}.{}", *octets).alias("source_ip"))
    six = halves.filter(~is_four)
    texts = [str(IPv6Address(hi << 64 | lo)) for hi, lo in six.iter_rows()]
    named = pl.concat([four, six.with_columns(pl.Series("source_ip", texts, dtype=pl.String))])
    kinds = number_addresses(named["source_ip"]).select(pl.col("address").alias("source_ip"), "kind")
    return named.join(kinds, on="source_ip", how="left", maintain_order="left")
