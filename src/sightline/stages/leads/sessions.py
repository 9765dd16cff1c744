"""Group counted visits of one address into sessions, and compute their facts.

A session has no gap of more than thirty minutes.
"""

from __future__ import annotations

import polars as pl

from sightline.stages.leads.rules import SEEING
from sightline.stages.leads.visits import PLACE_BITS, is_seen_by

BLOCK = 1 << 12
"""How many addresses, from a multiple of it, are checked together for a row that counts upwards."""
GAP_US = 30 * 60 * 1_000_000
REGULAR_VISITS = 12
REGULAR_GAP_US = 5_000_000
REGULAR_SHARE, REGULAR_SLACK_US = 0.02, 1_000_000

FACTS = (
    "session hi lo first_us last_us from_us until_us span_us span_s uncertainty_s visits hits indicators agents "
    "source_port user source first_at base later blocked is_regular median_gap_s sequential"
).split()
"""The columns of a session's facts, beside `n_RULE` and `at_RULE` of the rules that see visits."""


def number_sessions(visits: pl.DataFrame, block: pl.Expr | None = None) -> pl.DataFrame:
    """Return the counted visits with `session`: numbers from 0 in order of address (and block of ports) and time.

    `visits` is in order of address and time; `block` gives the port block of each, null for none.
    """
    counting = visits.filter(pl.col("vouched") & ~pl.col("is_blocked"))
    key = ["hi", "lo"]
    if block is not None:
        counting = counting.with_columns(block.alias("block")).sort("hi", "lo", "block", "t", maintain_order=True)
        key.append("block")
    moved = [pl.col(name).ne_missing(pl.col(name).shift(1)) for name in key]
    new = pl.any_horizontal(*moved, pl.col("t") - pl.col("t").shift(1) > GAP_US).fill_null(True)
    numbers = (new.cum_sum() - 1).cast(pl.UInt32).alias("session")
    return counting.with_columns(numbers)


def derive_facts(counting: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each session, in order: FACTS, and the count and first place of each rule's visits."""
    grouped = counting.with_columns(pl.col("session").set_sorted()).group_by("session", maintain_order=True)
    any_saw = counting.select(pl.col("saw").bitwise_or()).item() or 0
    there = [rule for bit, rule in enumerate(SEEING) if any_saw >> bit & 1]
    user, source = _choose_account(counting)
    some_port = pl.col("port").get(pl.col("port").is_not_null().arg_max())
    port = some_port if counting["port"].null_count() else pl.col("port").first()
    rows = grouped.agg(
        pl.col("hi").first(),
        pl.col("lo").first(),
        pl.col("t").first().alias("first_us"),
        pl.col("t").last().alias("last_us"),
        pl.col("from_us").min(),
        pl.col("until_us").max(),
        pl.col("uncertainty_s").max(),
        pl.len().cast(pl.UInt32).alias("visits"),
        pl.col("hits").sum().cast(pl.UInt32),
        _list_indicators(counting).alias("indicators"),
        (pl.col("agent").n_unique() - (pl.col("agent").null_count() > 0).cast(pl.UInt32))
        .cast(pl.UInt32)
        .alias("agents"),
        port.alias("source_port"),
        user.alias("user"),
        source.alias("source"),
        pl.col("place").first().alias("first_at"),
        pl.col("base").max(),
        *(is_seen_by(rule).sum().cast(pl.UInt32).alias(rule.count) for rule in there),
        *(pl.when(is_seen_by(rule)).then(pl.col("place")).min().alias(rule.at) for rule in there),
    )
    absent = [rule for rule in SEEING if rule not in there]
    rows = rows.with_columns(
        *(pl.lit(0, pl.UInt32).alias(rule.count) for rule in absent),
        *(pl.lit(None, pl.UInt64).alias(rule.at) for rule in absent),
    )
    span = pl.col("last_us") - pl.col("first_us")
    rows = rows.with_columns(span.alias("span_us"), (span // 1_000_000).alias("span_s"))
    whole = rows.pipe(_with_sequential).pipe(_with_regular, counting).pipe(_with_others, visits)
    # In one order, whichever rules matched.
    return whole.select(FACTS + [rule.count for rule in SEEING] + [rule.at for rule in SEEING])


def _list_indicators(counting: pl.DataFrame) -> pl.Expr:
    """The indicators that the visits of a session met, sorted."""
    expression, several = pl.col("indicator"), counting["indicators"]
    if several.null_count() < len(counting):
        return expression.append(pl.col("indicators").explode().drop_nulls()).unique().sort()
    # A single indicator needs no set for each session.
    return pl.concat_list(expression.first()) if counting["indicator"].n_unique() == 1 else expression.unique().sort()


def _choose_account(counting: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """The one account that the visits of a session name, and its source: the same name elsewhere is another."""
    if counting["user"].null_count() == len(counting):
        return pl.lit(None, pl.String), pl.col("source").first()
    is_named = pl.col("user").is_not_null()
    user, source = pl.col("user").filter(is_named), pl.col("source").filter(is_named)
    only = pl.when((user.n_unique() == 1) & (source.n_unique() == 1)).then(user.first())
    return only, pl.coalesce(source.first(), pl.col("source").first())


def _with_regular(rows: pl.DataFrame, counting: pl.DataFrame) -> pl.DataFrame:
    """Adds `is_regular` and `median_gap_s`: many gaps, all of them near their median, which is long."""
    long = (pl.col("visits") >= REGULAR_VISITS) & (pl.col("span_us") >= REGULAR_GAP_US * REGULAR_VISITS)
    wanted_rows = rows.lazy().filter(long).select("session")
    gap = pl.when(pl.col("session") == pl.col("session").shift(1)).then(pl.col("t") - pl.col("t").shift(1))
    gaps = counting.lazy().select("session", gap.alias("gap")).drop_nulls().join(wanted_rows, on="session", how="semi")
    # All are near the median only if the longest is near the shortest: few sessions need a median.
    slack = pl.max_horizontal(pl.col("longest") * 2 * REGULAR_SHARE, pl.lit(2 * REGULAR_SLACK_US))
    bounds = gaps.group_by("session").agg(pl.col("gap").min().alias("shortest"), pl.col("gap").max().alias("longest"))
    near = bounds.filter(pl.col("longest") - pl.col("shortest") <= slack).select("session")
    median = pl.col("gap").median()
    spread = (pl.col("gap") - median).abs().max()
    allowed = pl.max_horizontal(median * REGULAR_SHARE, pl.lit(REGULAR_SLACK_US))
    regular = (
        gaps.join(near, on="session", how="semi")
        .group_by("session")
        .agg(
            (median / 1_000_000).round(1).alias("median_gap_s"),
            ((median >= REGULAR_GAP_US) & (spread <= allowed)).alias("is_regular"),
        )
    )
    joined = rows.lazy().join(regular, on="session", how="left", maintain_order="left")
    return joined.with_columns(pl.col("is_regular").fill_null(False)).collect()


def _with_sequential(result: pl.DataFrame) -> pl.DataFrame:
    """Adds `sequential`: how long the row of sessions is, one after the other in an exhibit, whose addresses count up.

    Looked at are first visits from a block of addresses, in the order in which they stand in their exhibits: whatever
    else is known of other addresses, the row is the same.
    """
    block, exhibit = pl.col("lo") // BLOCK, pl.col("first_at") // (1 << PLACE_BITS)
    same = [part == part.shift(1) for part in (pl.col("hi"), block, exhibit)]
    step = pl.col("first_us") - pl.col("first_us").shift(1)
    follows = pl.all_horizontal(*same, pl.col("lo") == pl.col("lo").shift(1) + 1, step >= 0)
    ordered = result.select("session", "hi", "lo", "first_us", "first_at").sort("hi", block, "first_at")
    rows = ordered.with_columns(follows.fill_null(False).not_().cum_sum().alias("row"))
    counted = rows.select("session", pl.len().over("row").cast(pl.UInt32).alias("sequential"))
    return result.join(counted, on="session", how="left", maintain_order="left")


def _with_others(rows: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Adds `later` and `blocked`: visits near the session that do not count, and why."""
    others = visits.filter(~pl.col("vouched") | pl.col("is_blocked"))
    nothing = pl.lit(0, pl.UInt32)
    if others.is_empty():
        return rows.with_columns(nothing.alias("later"), nothing.alias("blocked"))
    near = others.select("hi", "lo", "t", "is_blocked").sort("t")
    sessions = rows.select("hi", "lo", "session", "last_us", pl.col("first_us") - GAP_US).sort("first_us")
    beside = near.join_asof(
        sessions, left_on="t", right_on="first_us", by=["hi", "lo"], strategy="backward", check_sortedness=False
    )
    counted = (
        beside.filter(pl.col("t") <= pl.col("last_us") + GAP_US)
        .group_by("session")
        .agg(
            pl.col("is_blocked").not_().sum().cast(pl.UInt32).alias("later"),
            pl.col("is_blocked").sum().cast(pl.UInt32).alias("blocked"),
        )
    )
    return rows.join(counted, on="session", how="left", maintain_order="left").with_columns(
        pl.col("later", "blocked").fill_null(0)
    )
