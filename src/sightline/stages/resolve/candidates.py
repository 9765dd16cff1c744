"""Intersect the candidates for the sessions of one lead under different public addresses, and cap their number."""

from __future__ import annotations

import polars as pl

from sightline.model import ResolutionVerdict
from sightline.stages.resolve.model import CAP, VerdictReason

UNSURE = [
    VerdictReason.NAMES_NOBODY,
    VerdictReason.INSIDE_ONLY,
    VerdictReason.NO_RECORDS,
    VerdictReason.NOT_ANSWERED,
    VerdictReason.ROWS_MISSING,
]
"""Reasons for which an answer may omit the subscriber who is sought. Such a session narrows nothing."""


def intersect_candidates(resolved: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each lead with a session that was answered by destination, by its id.

    `resolved`: sessions with verdicts, `lead_id`, `source_ip`, and `candidates`: N of a statement, or null. Gives
    `lead_id`, `subscribers` (those in the answers for all addresses), `survivors_by_chance` (how many of them there
    would be, were none the visitor), `used` and `left_out` (session ids). Sessions under one address are put together.
    """
    is_used = _is_used(resolved)
    used = resolved.filter(is_used)
    each = used.select("lead_id", "source_ip", subscriber="subscribers").explode("subscriber").unique()
    sizes = each.group_by("lead_id", "source_ip").len("size")
    addresses = sizes.group_by("lead_id").len("addresses")
    names = each.group_by("lead_id", "subscriber").len("of").join(addresses, on="lead_id")
    survivors = names.group_by("lead_id").agg(
        pl.col("subscriber").filter(pl.col("of") == pl.col("addresses")).sort().alias("subscribers"),
        pl.len().alias("distinct"),
    )
    narrowed_leads = used.group_by("lead_id").agg(
        pl.col("session_id").sort().alias("used"),
        pl.when(pl.col("candidates").is_not_null().all()).then(pl.col("candidates").min()).alias("stated"),
    )
    population = pl.max_horizontal("distinct", "stated").alias("population")
    leads = narrowed_leads.join(survivors, on="lead_id").with_columns(population)
    shares = sizes.join(leads.select("lead_id", "population"), on="lead_id").group_by("lead_id")
    chance = shares.agg((pl.col("size") / pl.col("population")).product().alias("share"))
    unused = resolved.filter(~is_used & pl.col("verdict").is_in([ResolutionVerdict.NONE, ResolutionVerdict.CANDIDATES]))
    left_out = unused.group_by("lead_id").agg(pl.col("session_id").sort().alias("left_out"))
    whole = leads.join(chance, on="lead_id").join(left_out, on="lead_id", how="left").sort("lead_id")
    return whole.select(
        "lead_id",
        "subscribers",
        (pl.col("population") * pl.col("share")).alias("survivors_by_chance"),
        "used",
        pl.col("left_out").fill_null([]),
    )


def apply_narrowing(resolved: pl.DataFrame, leads: pl.DataFrame) -> pl.DataFrame:
    """Return the sessions with their lead's surviving candidates, where they were used.

    Above the cap subscribers are counted (`holders`) and not stored, for any verdict (`over-cap`).
    """
    survivors = leads.select("lead_id", _survivors="subscribers", _chance="survivors_by_chance")
    rows = resolved.join(survivors, on="lead_id", how="left", maintain_order="left")
    is_used = _is_used(resolved) & pl.col("_survivors").is_not_null()
    left = pl.when(is_used).then("_survivors").otherwise("subscribers").alias("subscribers")
    chance = pl.when(is_used).then("_chance").alias("survivors_by_chance")
    rows = rows.with_columns(
        left, chance, holders=pl.when(is_used).then(pl.col("_survivors").list.len()).otherwise("holders")
    )
    return cap_candidates(rows.drop("_survivors", "_chance"))


def cap_candidates(rows: pl.DataFrame) -> pl.DataFrame:
    """Return verdicts or sessions, without the names of candidates above the cap."""
    over = pl.col("holders") > CAP
    capped_reasons = pl.col("why").list.concat(pl.lit([VerdictReason.OVER_CAP.value]))
    return rows.with_columns(
        pl.when(over).then(pl.lit([], pl.List(pl.String))).otherwise("subscribers").alias("subscribers"),
        pl.when(over).then(capped_reasons).otherwise("why").alias("why"),
    )


def _is_used(resolved: pl.DataFrame) -> pl.Expr:
    """Whether a session was answered by destination and by nothing surer: no part of it has a line that is named."""
    why = pl.col("why")
    unsure = pl.any_horizontal([why.list.contains(code.value) for code in UNSURE])
    is_candidates = pl.col("verdict") == ResolutionVerdict.CANDIDATES
    has_line = (pl.col("visits_named") > 0) if "visits_named" in resolved.columns else pl.lit(value=False)
    return (
        is_candidates
        & why.list.contains(VerdictReason.BY_DESTINATION.value)
        & ~unsure
        & ~has_line.fill_null(value=False)
    )
