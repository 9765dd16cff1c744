"""Join the oracle's sessions with the product's statements and the truth."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sightline.exercise.assessment.isp import find_true_lines, locate_rows
from sightline.exercise.assessment.session_pairs import pair_sessions
from sightline.exercise.manifest import World
from sightline.exercise.networks import NetworkPlan
from sightline.exercise.oracle.sessions import compute_block_number
from sightline.exercise.states import STATES
from sightline.model import Ceiling

RANKS = {one.value: place for place, one in enumerate(Ceiling)}
SECOND_US = 1_000_000


def with_block(rows: pl.DataFrame, oracle: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with `id` and `block`: the port block, if a statement gives a block size."""
    sizes = oracle.select("ip", "ports", "block_base").unique("ip")
    joined = rows.join(sizes, on="ip", how="left", maintain_order="left").with_row_index("id")
    return joined.with_columns(compute_block_number().alias("block")).drop("ports", "block_base")


def judge_sessions(
    oracle: pl.DataFrame, rows: pl.DataFrame, truth: pl.DataFrame, plan: NetworkPlan, answers: Path, world: World
) -> pl.DataFrame:
    """Return the oracle's sessions with the product's statements (`said_*`, null if none), the truth, and the line."""
    ranks = pl.col("ceiling").replace_strict(RANKS, return_dtype=pl.Int8)
    ranked = oracle.with_columns(ranks.alias("rank"))
    for other in (
        _collect_product_statements(ranked, rows.with_columns(ranks.alias("said_rank"))),
        _find_true_visits(oracle, truth, world),
    ):
        ranked = ranked.join(other, left_on="id", right_on="one_id", how="left")
    known_rows = _with_lines(locate_rows(ranked, plan))
    return known_rows.with_columns(_guess_states(known_rows, pl.read_parquet(answers / "told" / "city-second.parquet")))


def _collect_product_statements(ranked: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return what the product says of each session: where it has several leads for one, the highest ceiling of them.

    A lead that joins sessions has the highest ceiling of theirs: of each it says no more than the session carries,
    unless it is higher than all.
    """
    own = ranked.select(one_id="id", rank="rank", own_first_us="first_us", own_last_us="last_us")
    is_joined = pl.col("sessions") > 1
    # A lead that joins sessions overlaps those of others, so it is looked up separately.
    paired = pl.concat([pair_sessions(ranked, rows.filter(~is_joined)), pair_sessions(ranked, rows.filter(is_joined))])
    met = paired.join(rows, left_on="other_id", right_on="id").join(own, on="one_id")
    carried = is_joined & (pl.col("said_rank") <= pl.col("rank").max().over("other_id"))
    return (
        met.with_columns(
            pl.when(carried).then(pl.min_horizontal("said_rank", "rank")).otherwise("said_rank").alias("said_rank"),
            pl.when(is_joined).then("own_first_us").otherwise("first_us").alias("first_us"),
            pl.when(is_joined).then("own_last_us").otherwise("last_us").alias("last_us"),
        )
        .sort("one_id", "said_rank", "first_us")
        .group_by("one_id", maintain_order=True)
        .agg(
            pl.col("said_rank").last(),
            pl.col("state").last().alias("said_state"),
            pl.col("relay").eq("yes").any().alias("said_relay"),
            pl.col("accident").any().alias("said_accident"),
            pl.col("first_us").min().alias("said_first_us"),
            pl.col("last_us").max().alias("said_last_us"),
            pl.col("uncertainty_s").max().alias("said_uncertainty_s"),
        )
    )


def _find_true_visits(oracle: pl.DataFrame, truth: pl.DataFrame, world: World) -> pl.DataFrame:
    """Whose visits a session really holds, from where they came, and which faults their logs have."""
    rows = truth.filter(~is_for_statistics(world))
    return (
        pair_sessions(oracle, rows)
        .join(rows, left_on="other_id", right_on="id")
        .group_by("one_id")
        .agg(
            pl.col("subscriber").drop_nulls().unique().alias("true"),
            pl.col("origin").unique().sort().alias("origins"),
            pl.col("log").drop_nulls().unique().sort().alias("logs"),
        )
    )


def is_for_statistics(world: World) -> pl.Expr:
    """Return whether a row of the truth is in a log of a source for statistics."""
    some = [place for place, source_entry in enumerate(world.sources) if source_entry.use == "statistics"]
    return pl.col("channel").is_in(some)


def _with_lines(rows: pl.DataFrame) -> pl.DataFrame:
    """With the line that an ISP without fault would name: to the product, to the oracle, and to a spreadsheet."""
    slack, mine = pl.col("said_uncertainty_s") * SECOND_US, pl.col("uncertainty_s") * SECOND_US
    return rows.with_columns(
        find_true_lines(rows, pl.col("said_first_us") - slack, pl.col("said_last_us") + slack).alias("said_line"),
        find_true_lines(rows, pl.col("first_us") - mine, pl.col("last_us") + mine).alias("line"),
        find_true_lines(rows, pl.col("first_us"), pl.col("first_us"), first_of_many=True).alias("naive_line"),
    )


def _guess_states(rows: pl.DataFrame, second: pl.DataFrame) -> pl.Series:
    """Return what the data set that always answers says of each address."""
    codes = pl.Series([state.code for state in STATES])
    questions = rows.select("key").with_row_index("_at").sort("key")
    answers = second.sort("first_key").select("first_key", "last_key", guess="state")
    result = questions.join_asof(answers, left_on="key", right_on="first_key", strategy="backward").sort("_at")
    inside = (pl.col("last_key") >= pl.col("key")).fill_null(value=False)
    return result.select(pl.when(inside).then(pl.lit(codes).gather("guess")).alias("guess")).to_series()
