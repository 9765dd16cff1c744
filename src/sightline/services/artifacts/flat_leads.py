"""Leads as flat rows for CSV, Parquet and notebooks: one column per fact, ids of rules by side."""

from __future__ import annotations

import polars as pl

from sightline.model.csv_cells import FORMULA_STARTS
from sightline.services.artifacts.lead_files import Leads
from sightline.stages.leads.rule import Side
from sightline.stages.leads.rules import RULES

IST_US = 19_800_000_000
"""Days are those of India, as in the list of leads."""

PLAIN = (
    "uncertainty_s visits hits sessions ceiling candidates priority country state circle district place place_why "
    "radius_km asn isp line relay relay_kind user"
).split()


def flatten_leads(leads: Leads, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return leads as flat rows, with one column for each fact.

    `lead_id source_ip source_port first_seen last_seen`, the facts, `rules_SIDE` (one for each side), `keep_until`,
    `relay_date`.
    """
    rest = [pl.from_epoch(name, "us").dt.replace_time_zone("UTC") for name in ("first_us", "last_us", "relay_date_us")]
    first, last, relay_date = rest
    datasets = {at: dataset.name for at, dataset in enumerate(leads.datasets)}
    there = frozenset(rows.collect_schema())
    return rows.select(
        "lead_id",
        "source_ip",
        "source_port",
        first.alias("first_seen"),
        last.alias("last_seen"),
        *PLAIN,
        pl.col("relay_dataset").replace_strict(datasets, default=None, return_dtype=pl.String),
        relay_date.alias("relay_date"),
        *(_list_rule_ids(side, there).alias(f"rules_{side}") for side in Side),
        pl.from_epoch(pl.col("keep_until_us") + IST_US, "us").dt.date().alias("keep_until"),
    )


def _list_rule_ids(side: Side, there: frozenset[str]) -> pl.Expr:
    """The ids of rules that hold; a generation that was made without a rule has no column of it."""
    rule_ids = [
        pl.when(pl.col(rule.count) > 0).then(pl.lit(rule.id))
        for rule in RULES.values()
        if rule.side is side and rule.count in there
    ]
    return pl.concat_list(rule_ids).list.drop_nulls().list.join(" ")


def escape_for_spreadsheets(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with an apostrophe before texts that a spreadsheet would compute.

    The rule is `make_literal_text` of `model/csv_cells.py`, for whole columns.
    """
    texts = [pl.col(name) for name, kind in table.schema.items() if kind == pl.String]
    is_live = [text.str.slice(0, 1).is_in(list(FORMULA_STARTS)) for text in texts]
    return table.with_columns(
        pl.when(live).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(text.meta.output_name())
        for text, live in zip(texts, is_live, strict=True)
    )
