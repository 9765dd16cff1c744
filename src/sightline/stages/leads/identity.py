"""Derive a lead's identity: the digest of its first visit's position (`docs/adr/0017-leads.md`)."""

from __future__ import annotations

import hashlib

import polars as pl

from sightline.stages.leads.visits import PLACE_BITS


def compute_lead_id(exhibit: str, member: str | None, byte_offset: int) -> str:
    """Return the first 16 bytes, hex, of SHA-256 over exhibit, member (empty if none) and offset, each on a line."""
    return hashlib.sha256(f"{exhibit}\n{member or ''}\n{byte_offset}".encode()).hexdigest()[:32]


def add_lead_ids(sessions: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Add `lead_id`, from each session's `first_at`. `places` has `ordinal exhibit member`."""
    heads = places.select("ordinal", pl.format("{}\n{}\n", "exhibit", pl.col("member").fill_null("")).alias("head"))
    lead_ids = sessions.select(
        (pl.col("first_at") // (1 << PLACE_BITS)).cast(pl.UInt32).alias("ordinal"),
        (pl.col("first_at") % (1 << PLACE_BITS)).alias("byte_offset"),
    ).join(heads, on="ordinal", how="left", maintain_order="left")
    texts = lead_ids.select(pl.format("{}{}", "head", "byte_offset"))["head"]
    digest = hashlib.sha256
    ids = [digest(text).hexdigest() for text in texts.cast(pl.Binary).to_list()]
    return sessions.with_columns(pl.Series("lead_id", ids, dtype=pl.String).str.head(32))
