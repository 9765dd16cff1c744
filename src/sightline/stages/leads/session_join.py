"""Join sessions to leads: by a static address or assignment that a statement names, or by an account in the records."""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rules import SEEING

ACCOUNT, ASSIGNMENT = "account", "assignment"
IS_JOINABLE = pl.col("user").is_not_null() | pl.col("assignment").is_not_null()
"""Whether a session may belong to a lead with several sessions."""
SUMMED = ("visits", "hits", "later", "blocked", *(rule.count for rule in SEEING))


def group_sessions(sessions: pl.DataFrame) -> pl.DataFrame:
    """Return the same sessions with `group`, equal for those of one lead, and `joined_by`: the kind of link.

    `sessions` has `user source assignment`. An account joins within one source: the same name elsewhere is another.
    """
    keyed = sessions.with_columns(
        pl.format("{} {} {}", pl.lit(ACCOUNT), "source", "user").alias("by_account"),
        pl.format("{} {}", pl.lit(ASSIGNMENT), "assignment").alias("by_assignment"),
    )
    keys = keyed.select("by_account", "by_assignment").drop_nulls().unique(maintain_order=True)
    leaders = _connect(list(keys.iter_rows()))
    name = pl.coalesce("by_account", "by_assignment")
    group = name.replace(leaders).alias("group") if leaders else name.alias("group")
    by = pl.when(pl.col("by_account").is_not_null()).then(pl.lit(ACCOUNT)).otherwise(pl.lit(ASSIGNMENT))
    return keyed.with_columns(group, by.alias("joined_by")).drop("by_account", "by_assignment")


def _connect(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Of accounts and assignments that occur together, the first name of all that they are connected to."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while (above := leader.setdefault(name, name)) != name:
            leader[name] = leader[above]
            name = above
        return name

    for account, assignment in pairs:
        first, second = sorted((find(account), find(assignment)))
        leader[second] = first
    return {name: find(name) for name in sorted(leader)}


def join_sessions(grouped: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each group: sums and unions over its sessions, and all other columns from the best of them.

    The best is the first of those whose evidence carries furthest (`rank`). So a lead's address, port and relay are
    those of its ceiling, and never the port of one session with the network of another. `sessions` is their number.
    """
    whole = {
        "lead_id": pl.col("lead_id").first(),
        "first_us": pl.col("first_us").first(),
        "first_at": pl.col("first_at").first(),
        "last_us": pl.col("last_us").max(),
        "from_us": pl.col("from_us").min(),
        "until_us": pl.col("until_us").max(),
        "span_us": pl.col("span_us").sum(),
        "span_s": pl.col("span_s").sum(),
        "uncertainty_s": pl.col("uncertainty_s").max(),
        "indicators": pl.col("indicators").list.explode(keep_nulls=False, empty_as_null=False).unique().sort(),
        "user": pl.col("user").drop_nulls().first(),
        **{name: pl.col(name).sum() for name in SUMMED},
        **{rule.at: pl.col(rule.at).min() for rule in SEEING},
        "sessions": pl.len().cast(pl.UInt32),
    }
    ordered = grouped.sort("group", "first_us", "lead_id")
    best = grouped.sort("group", "rank", "first_us", "lead_id", descending=[False, True, False, False])
    summed = ordered.group_by("group", maintain_order=True).agg(
        expression.alias(name) for name, expression in whole.items()
    )
    rest = best.unique("group", keep="first", maintain_order=True).drop(whole, strict=False)
    return rest.join(summed, on="group", maintain_order="left")
