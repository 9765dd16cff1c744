"""Look up statements about how a network shares its addresses, and assignments of addresses."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.model import DatasetKind
from sightline.stages.enrich.dataset_validity import Epochs
from sightline.stages.enrich.lookup import look_up_timed, look_up_untimed
from sightline.stages.enrich.model import COLUMNS, SHARING, DataSet

IS_ASSIGNMENT = pl.col("assignment").is_not_null()
TIMED = pl.col("from_us").is_not_null() | pl.col("until_us").is_not_null()
PARTS = ((SHARING, ~IS_ASSIGNMENT), (("assignment",), IS_ASSIGNMENT))


_BOUNDS = (
    ((pl.col("from_us") <= pl.col("last_us")) & (pl.col("until_us") > pl.col("first_us"))).alias("meets"),
    ((pl.col("from_us") <= pl.col("first_us")) & (pl.col("last_us") < pl.col("until_us"))).alias("holds"),
)


def read_statements(
    numbers: pl.DataFrame, sets: Sequence[DataSet], epochs: Epochs
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return statements of sharing, and assignments: `address, dataset, from_us, until_us` and their columns, by time.

    A row without a time has that of its data set.
    """
    sharing, assigned = [_read_part(numbers, sets, epochs, part) for part in PARTS]
    return sharing, assigned


def _read_part(
    numbers: pl.DataFrame, sets: Sequence[DataSet], epochs: Epochs, part: tuple[tuple[str, ...], pl.Expr]
) -> pl.DataFrame:
    columns, where = part
    schema: dict[str, pl.DataType] = {"address": pl.UInt32(), "from_us": pl.Int64(), "until_us": pl.Int64()}
    schema |= {name: COLUMNS[DatasetKind.NAT][name] for name in columns} | {"dataset": pl.UInt16()}
    frames = [pl.DataFrame(schema=schema)]
    for place, one in enumerate(sets):
        if one.kind is not DatasetKind.NAT:
            continue
        since, until = (pl.lit(at, pl.Int64) for at in epochs.spans[place])
        parquet_schema = pl.read_parquet_schema(one.path)
        there = [name for name in columns if name in parquet_schema]
        # Data sets imported by an older version lack the newer columns, which are then unknown.
        absent = [pl.lit(None, schema[name]).alias(name) for name in columns if name not in parquet_schema]
        untimed = look_up_untimed(one.path, numbers, there, where & ~TIMED)
        both = [
            untimed.with_columns(since.alias("from_us"), until.alias("until_us")),
            look_up_timed(one.path, numbers, there, where & TIMED),
        ]
        mine = [*absent, pl.lit(place, pl.UInt16).alias("dataset")]
        frames += [rows.with_columns(mine).select(list(schema)) for rows in both]
    lowest, highest = pl.lit(-(1 << 63), pl.Int64), pl.lit((1 << 63) - 1, pl.Int64)
    return pl.concat(frames).with_columns(pl.col("from_us").fill_null(lowest), pl.col("until_us").fill_null(highest))


def decide_sharing(visits: pl.DataFrame, sharing: pl.DataFrame) -> pl.DataFrame:
    """Return `session` and the `nat_*` columns of visits with a statement.

    Shared if any part of the visit is within a statement of sharing; not shared only if one statement of that covers
    all of it, and none contradicts. An operator's address is shared, whatever other statements exist.
    """
    is_several = sharing["address"].is_duplicated()
    once = visits.join(sharing.filter(~is_several), on="address", how="inner").with_columns(*_BOUNDS)
    judged = pl.concat([_judge_single(once), _judge_several(_join_statements(visits, sharing.filter(is_several)))])
    return judged.with_columns(pl.when(~pl.col("nat_shared")).then("nat_delegated").alias("nat_delegated"))


def _select_effective_statements(assignments: pl.DataFrame) -> pl.DataFrame:
    """Of statements that meet a visit those that count.

    One of ports or subscribers alone is one of sharing; one of a prefix that each line is given is one of no sharing.
    """
    alone = pl.col("delegated_length").is_not_null() & pl.all_horizontal(pl.col("subscribers", "ports").is_null())
    is_shared = pl.col("shared").fill_null(~alone) | pl.col("is_operator").fill_null(value=False)
    return assignments.with_columns(is_shared.alias("shared")).filter(
        pl.col("meets") & (pl.col("shared") | pl.col("holds"))
    )


def _judge_single(assignments: pl.DataFrame) -> pl.DataFrame:
    """The verdicts where an address has one statement."""
    return _select_effective_statements(assignments).select(
        "session",
        pl.col("shared").alias("nat_shared"),
        pl.col("subscribers").alias("nat_subscribers"),
        *(pl.when("holds").then(name).alias(new_name) for name, new_name in OF_BLOCKS.items()),
        pl.col("reuses_ports").alias("nat_reuses"),
        pl.when("holds").then("delegated_length").alias("nat_delegated"),
        pl.col("is_operator").alias("nat_operator"),
        pl.col("dataset").alias("nat_dataset"),
    )


OF_BLOCKS = {"ports": "nat_ports", "block_base": "nat_base"}


def _judge_several(assignments: pl.DataFrame) -> pl.DataFrame:
    """The verdicts where several statements meet a visit: what promises less goes before what promises more."""
    order = _select_effective_statements(assignments).sort(
        "session", "shared", "holds", "dataset", "from_us", descending=[False, True, True, True, True]
    )
    blocks = [pl.when("holds").then(name).drop_nulls() for name in OF_BLOCKS]
    is_one_size = pl.all_horizontal(blocks[0].n_unique() == 1, blocks[1].n_unique() <= 1)
    return order.group_by("session", maintain_order=True).agg(
        pl.col("shared").first().alias("nat_shared"),
        pl.col("subscribers").first().alias("nat_subscribers"),
        *(
            pl.when(is_one_size).then(expression.first()).alias(name)
            for expression, name in zip(blocks, OF_BLOCKS.values(), strict=True)
        ),
        pl.col("reuses_ports").max().alias("nat_reuses"),
        pl.when("holds").then("delegated_length").max().alias("nat_delegated"),
        pl.col("is_operator").max().alias("nat_operator"),
        pl.col("dataset").first().alias("nat_dataset"),
    )


def find_assignments(visits: pl.DataFrame, assignments: pl.DataFrame) -> pl.DataFrame:
    """Return `session, assignment, assignment_dataset` of visits inside one assignment that no other touches."""
    assignment_rows = _join_statements(visits, assignments).filter("meets")
    one = assignment_rows.group_by("session", maintain_order=True).agg(
        pl.col("assignment").n_unique().alias("several"),
        pl.col("holds").any(),
        pl.col("assignment").first(),
        pl.col("dataset").filter("holds").max().alias("assignment_dataset"),
    )
    return one.filter(pl.col("holds") & (pl.col("several") == 1)).select("session", "assignment", "assignment_dataset")


def _join_statements(visits: pl.DataFrame, statement_rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each visit and statement that may meet: whether they do, and whether it `holds` all of the visit.

    Of the statements of an address only those between the first that ends after a visit's begin and the last that
    begins before its end are looked at: thousands of leases of one address cost nothing.
    """
    order = statement_rows.sort("address", "from_us", "until_us").with_row_index("row")
    behind = order.with_columns(pl.col("until_us").cum_max().over("address").alias("behind_us"))
    questions = visits.select("session", "address", "first_us", "last_us")
    last = questions.sort("last_us").join_asof(
        behind.select("address", "from_us", pl.col("row").alias("to")).sort("from_us"),
        left_on="last_us",
        right_on="from_us",
        by="address",
        strategy="backward",
        check_sortedness=False,
    )
    first = (
        last.filter(pl.col("to").is_not_null())
        .sort("first_us")
        .join_asof(
            behind.select("address", pl.col("behind_us") - 1, pl.col("row").alias("since")).sort("behind_us", "since"),
            left_on="first_us",
            right_on="behind_us",
            by="address",
            strategy="forward",
            check_sortedness=False,
        )
    )
    pairs = first.filter(pl.col("since") <= pl.col("to")).select(
        "session", "first_us", "last_us", pl.int_ranges("since", pl.col("to") + 1, dtype=pl.UInt32).alias("row")
    )
    rows = pairs.explode("row", empty_as_null=False).join(order, on="row").with_columns(*_BOUNDS)
    return rows.sort("session", "row")
