"""Rows of a reply that match its notice, and what is derived from them."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.assignment_spans import may_hold
from sightline.stages.resolve.model import FindingKind, RowStatement
from sightline.stages.resolve.replies.address_values import MOST_PORTS
from sightline.stages.resolve.shared_prefixes import find_shared_bits

UNMET = [
    FindingKind.EXTRA,
    FindingKind.OUTSIDE_TIME,
    FindingKind.ANOTHER_PORT,
    FindingKind.ANOTHER_DESTINATION,
    FindingKind.ANOTHER_PROTOCOL,
    FindingKind.CONTRADICTS,
]
"""The kind of an unmatched row: the last that applies."""
MET = len(UNMET)
IS_ASSIGNED = pl.col("says") == RowStatement.ASSIGNED


def add_assignments(strangers: pl.DataFrame, met: pl.DataFrame) -> pl.DataFrame:
    """Return `strangers` and below them the assignments of `met`, each once, in the same columns."""
    rows = met.filter(IS_ASSIGNED).unique("row", keep="first", maintain_order=True)
    filled = rows.with_columns(may_hold()).with_columns(kind=pl.lit(MET))
    absent = [pl.lit(None, kind).alias(name) for name, kind in strangers.schema.items() if name not in filled.columns]
    alike = filled.with_columns(absent).select(pl.col(name).cast(kind) for name, kind in strangers.schema.items())
    return pl.concat([strangers, alike])


def without_all_ports(met: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that meet, without the ports of a line that has more than half of all ports at one time.

    Such a line has them in several rows. Like one row with all ports, these are a row without ports in other words.
    """
    key = ["ip", "of_line", "start_us", "end_us"]
    both = [table.with_columns(get_numbers(table).alias("of_line")) for table in (met.filter(IS_ASSIGNED), matched)]
    ranges = pl.concat([table.select(*key, "port_from", "port_to") for table in both]).drop_nulls(
        ["of_line", "port_to"]
    )
    assignments = (
        ranges.unique().group_by(key).agg(ports=(pl.col("port_to").cast(pl.Int32) - pl.col("port_from") + 1).sum())
    )
    many = assignments.filter(pl.col("ports") > MOST_PORTS).with_columns(is_many=pl.lit(value=True))
    if many.is_empty():
        return met
    with_lines = met.with_columns(get_numbers(met).alias("of_line")).join(
        many.select(*key, "is_many"), on=key, how="left", nulls_equal=True, maintain_order="left"
    )
    ports = [pl.when(pl.col("is_many").is_null()).then(name).alias(name) for name in ("port_from", "port_to")]
    return with_lines.with_columns(ports).select(met.columns)


def select_unanswered_near_misses(
    others: pl.DataFrame, strangers: pl.DataFrame, answering: pl.DataFrame
) -> pl.DataFrame:
    """Return near misses but those of a row of the notice whose id a row that meets it repeats, and they do not.

    The reply says itself which row answers it.
    """
    by_id = answering.filter(pl.col("row_id") == pl.col("asked")).select(row_id="asked").unique()
    ids = strangers.select("row", own_id="row_id").unique("row", keep="first")
    unanswered = others.join(ids, on="row", how="left", maintain_order="left")
    is_told = pl.col("row_id").is_in(by_id["row_id"].implode()) & pl.col("own_id").ne_missing(pl.col("row_id"))
    return unanswered.filter(~is_told).drop("own_id")


def without_own_chain(others: pl.DataFrame, chains: pl.DataFrame, answering: pl.DataFrame) -> pl.DataFrame:
    """Return near misses but those of a question whose answer is in the same chain (`find_chains`).

    One clock wrote both.
    """
    answers = answering.select("row", row_id="asked").join(chains, on="row").select("row_id", "chain").unique()
    own = chains.join(answers, on="chain").select("row", "row_id").unique()
    return others.join(own, on=["row", "row_id"], how="anti", maintain_order="left")


def get_numbers(rows: pl.DataFrame) -> pl.Series:
    """Return the subscribers that rows name, or their numbers where no subscriber is known."""
    return rows["subscriber" if "subscriber" in rows.columns else "number"]


def group_numbers_by_row(assigned: pl.DataFrame) -> pl.DataFrame:
    """Return the `numbers` that are named for each row (`row_id`) of the notice; null is one."""
    named = assigned.select("asked", get_numbers(assigned).alias("numbers"))
    return named.group_by(row_id="asked").agg(pl.col("numbers").unique())


def find_repeated(assigned: pl.DataFrame) -> pl.DataFrame:
    """Return rows that say what an earlier one says: `row`, and `row_id` of the notice."""
    first = assigned.sort("row", "asked").unique("row", keep="first", maintain_order=True)
    content = pl.struct(pl.all().exclude("row", "asked", "doubts", "is_doubted"))
    return first.filter(~content.is_first_distinct()).select("row", row_id="asked")


def add_shared_bits_of_reply(met: pl.DataFrame, unmatched: pl.DataFrame) -> pl.DataFrame:
    """Return `met` with `shared_bits` by all rows of the reply."""
    facts = ("row", "ip", "start_us", "end_us")
    rows = pl.concat(
        [
            table.select(*facts, holder=get_numbers(table))
            for table in (met.filter(IS_ASSIGNED), unmatched.filter(IS_ASSIGNED))
        ]
    )
    shared = find_shared_bits(rows.unique(maintain_order=True))
    return met.drop("shared_bits").join(shared, on="row", how="left", maintain_order="left").select(met.columns)
