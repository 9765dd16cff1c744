"""A product's leads on a world, graded: beside the oracle, beside the truth, and beside what a spreadsheet would say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from sightline.errors import UsageError
from sightline.exercise import manifest
from sightline.exercise.dice import Dice
from sightline.exercise.faults import FAULTS
from sightline.exercise.grading import leads as product
from sightline.exercise.grading.isp import located, named
from sightline.exercise.grading.pairs import pairs
from sightline.exercise.networks import Plan
from sightline.records import Ceiling

RANKS = {one.value: place for place, one in enumerate(Ceiling)}
MACHINES = ("crawler", "monitor", "agency", "prefetch")
TRACELESS = tuple(name for name, fault in FAULTS.items() if fault.traceless)
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What became of the sessions that have a fault."""

    sessions: int
    ceilings_too_high: int
    ceilings_too_low: int
    missed: int
    wrong_subscribers: int


@dataclass(frozen=True, slots=True)
class Naive:
    """What a spreadsheet says: every address and time is one line, and the city data base is right."""

    subscribers_named: int
    wrong_subscribers: int
    places_named: int
    places_wrong: int


@dataclass(frozen=True, slots=True)
class Grade:
    """The grade; names as in cli.md, and some more. Sessions are the oracle's."""

    sessions: int
    leads: int
    missed: int
    invented: int
    statistics_leaks: int
    subscribers_named: int
    wrong_subscribers: int
    resolvable: int
    resolved: int
    ceilings_too_high: int
    ceilings_too_low: int
    places_nameable: int
    places_named: int
    places_named_of_nameable: int
    places_wrong: int
    tor_covered: int
    tor_missed: int
    automation: int
    automation_recognised: int
    accidents: int
    accidents_recognised: int
    matrix: Mapping[str, Mapping[str, int]]
    by_fault: Mapping[str, Fault]
    traceless: Mapping[str, int | Mapping[str, Fault]]
    naive: Naive

    def plain(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self)


def grade(folder: Path, paths: Sequence[Path]) -> Grade:
    """The grade of leads, in these files, on the world in a folder."""
    world = manifest.read(folder)
    answers = folder / "answers"
    if not (answers / "oracle.parquet").is_file():
        raise UsageError(f"{folder} has no answers", hint="grade on the machine where the world was made")
    plan = Plan(Dice(world.seed), world.sessions)
    oracle = pl.read_parquet(answers / "oracle.parquet").rename({"oracle_id": "id"})
    truth = _with_block(pl.read_parquet(answers / "truth.parquet"), oracle).rename(
        {"first_seen_us": "first_us", "last_seen_us": "last_us"}
    )
    found = _with_block(product.read(paths), oracle)
    judged = _judged(oracle, found, truth, plan, answers, world)
    return _counted(judged, oracle, found, truth, world)


def _with_block(rows: pl.DataFrame, oracle: pl.DataFrame) -> pl.DataFrame:
    """The rows with `id` and `block`: which block of ports, where a statement names the size of one."""
    sizes = oracle.select("ip", "ports").unique()
    joined = rows.join(sizes, on="ip", how="left", maintain_order="left").with_row_index("id")
    block = pl.when(pl.col("ports") > 0).then(pl.col("port") // pl.col("ports")).fill_null(-1)
    return joined.with_columns(block.cast(pl.Int64).alias("block")).drop("ports")


def _judged(
    oracle: pl.DataFrame,
    found: pl.DataFrame,
    truth: pl.DataFrame,
    plan: Plan,
    answers: Path,
    world: manifest.World,
) -> pl.DataFrame:
    """The oracle's sessions, each with what the product says of it (`said_*`, null if nothing) and what was true."""
    ranks = pl.col("ceiling").replace_strict(RANKS, return_dtype=pl.Int8)
    said = (
        pairs(oracle, found)
        .join(found.with_columns(ranks.alias("said_rank")), left_on="other_id", right_on="id")
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
    leads_truth = truth.filter(~_of_statistics(world))
    true = (
        pairs(oracle, leads_truth)
        .join(leads_truth, left_on="other_id", right_on="id")
        .group_by("one_id")
        .agg(
            pl.col("subscriber").drop_nulls().unique().alias("true"),
            pl.col("origin").unique().sort().alias("origins"),
            pl.col("log").drop_nulls().unique().sort().alias("logs"),
        )
    )
    known = located(
        oracle.with_columns(ranks.alias("rank")).join(said, left_on="id", right_on="one_id", how="left").join(true, left_on="id", right_on="one_id", how="left"),
        plan,
    )
    second = pl.read_parquet(answers / "told" / "city-second.parquet")
    return _with_lines(known).with_columns(_guess(known, second))


def _of_statistics(world: manifest.World) -> pl.Expr:
    some = [place for place, one in enumerate(world.sources) if one.use == "statistics"]
    return pl.col("channel").is_in(some)


def _with_lines(known: pl.DataFrame) -> pl.DataFrame:
    """With the line that an ISP without fault would name: to the product, to the oracle, and to a spreadsheet."""
    slack = pl.col("said_uncertainty_s") * SECOND_US
    mine = pl.col("uncertainty_s") * SECOND_US
    return known.with_columns(
        named(known, pl.col("said_first_us") - slack, pl.col("said_last_us") + slack).alias("said_line"),
        named(known, pl.col("first_us") - mine, pl.col("last_us") + mine).alias("line"),
        # Of a shared address the spreadsheet takes whoever comes first.
        named(known.with_columns(port="ports"), pl.col("first_us"), pl.col("first_us")).alias("naive_line"),
    )


def _guess(known: pl.DataFrame, second: pl.DataFrame) -> pl.Expr:
    """What the data set that always answers says of each address."""
    from sightline.exercise.states import STATES  # noqa: PLC0415

    codes = pl.Series([one.code for one in STATES])
    asked = known.select("key").with_row_index("_at").sort("key")
    answers = second.sort("first_key").select("first_key", "last_key", guess="state")
    found = asked.join_asof(answers, left_on="key", right_on="first_key", strategy="backward").sort("_at")
    inside = (pl.col("last_key") >= pl.col("key")).fill_null(value=False)
    return pl.lit(found.select(pl.when(inside).then(pl.lit(codes).gather("guess"))).to_series()).alias("guess")
