"""Compare the lines of a reply with sheets beside it: whose a session, a SIM or a device is, and who is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from sightline.stages.resolve.model import RowStatement
from sightline.stages.resolve.operators import NAMES_OF_OPERATORS
from sightline.stages.resolve.replies import identity_columns
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.names import canonical, words
from sightline.stages.resolve.replies.rows import NUMBERS
from sightline.stages.resolve.replies.shared_words import shared_words
from sightline.stages.resolve.replies.times import TimeRules

_MOST_ROWS = 100_000
"""The maximum number of rows of a sheet that are compared. Later ones of a longer sheet are not."""
_PAIRS = {"id": pl.String(), "number": pl.String(), "number_kind": pl.String()}


@dataclass(frozen=True, slots=True)
class LookupSheet:
    """What a sheet says of lines: `pairs` of an `id` and its number, or `missing` numbers of which nothing was found.

    `missing` has numbers, too, of lines that are no single customer's. `sheet`: its name.
    """

    sheet: str
    pairs: pl.DataFrame
    missing: pl.Series

    def find_contradicted(self, assigned: pl.DataFrame) -> pl.Series:
        """Return rows (ASSIGNED with `ids`) whose id is another line's, or whose line is missing or has another SIM."""
        lines = assigned.filter(pl.col("says") == RowStatement.ASSIGNED.value).drop_nulls("number")
        lines = lines.with_columns(pl.col("number").str.to_lowercase())
        rows = lines.filter(pl.col("number").is_in(self.missing.implode()))["row"]
        if "ids" not in lines.columns or self.pairs.is_empty():
            return rows
        each = lines.select("row", "number", "number_kind", id="ids").explode("id", keep_nulls=False)
        known = each.join(self.pairs, on=["id", "number_kind"], how="semi")
        others = known.join(self.pairs, on=list(_PAIRS), how="anti")
        sims = each.filter(pl.col("id").str.starts_with("imsi:"))
        of_number = self.pairs.filter(pl.col("id").str.starts_with("imsi:"))
        other_sims = sims.join(of_number, on=["number", "number_kind"], how="semi").join(
            of_number, on=list(_PAIRS), how="anti"
        )
        return pl.concat([rows, others["row"], other_sims["row"]]).unique()


def read_lookup(
    sheet: str, head: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], fields: Mapping[str, str]
) -> LookupSheet | None:
    """Return what a sheet without records says of lines; None where it has no headings of lines.

    `head`: the first of its `rows`, in which its headings are; `fields`: the field of each heading, by canonical name.
    """
    for at, cells in enumerate(head):
        places: dict[str, int] = {}
        for place, cell in enumerate(cells):
            places.setdefault(fields.get(canonical(cell), ""), place)
        named = [one for one in NUMBERS if one in places]
        if named:
            below = rows[at + 1 : at + 1 + _MOST_ROWS]
            return _read_table(sheet, cells, below, places, named[0])
    return None


def _read_table(
    sheet: str, headings: Sequence[str], rows: Sequence[Sequence[str]], places: Mapping[str, int], field: str
) -> LookupSheet:
    columns = {f"c{at}": [row[at] if at < len(row) else "" for row in rows] for at in range(len(headings))}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String())).with_row_index("row")
    numbers = Readers(TimeRules()).numbers(field, frame[f"c{places[field]}"].str.strip_chars())
    number = pl.when(~pl.col("is_bad")).then(pl.col("number").str.to_lowercase())
    named = frame.select("row").hstack(numbers.select(number.alias("number"), number_kind="kind"))
    ids = identity_columns.list_ids(frame, headings, places)
    pairs = pl.DataFrame(schema=_PAIRS)
    if ids is not None:
        each = named.join(ids, on="row").drop_nulls("number").explode("ids", keep_nulls=False)
        pairs = each.rename({"ids": "id"}).select(list(_PAIRS)).unique()
    known = shared_words()
    is_missing = known.says_no_records(sheet) or bool(known.denied(pl.Series([sheet.lower()])).any())
    is_missing |= _OF_OTHERS.search(sheet) is not None
    missing = named.filter(is_missing | _is_operators(frame, headings))["number"].drop_nulls().unique()
    return LookupSheet(sheet, pairs, missing)


_OF_OTHERS = re.compile(
    r"\b(?:duplicates?|errors?|re-?sellers?|franchisees?|lcos?|operators?|test|staff|employees)\b", re.IGNORECASE
)
"""Names of sheets whose lines are no customer's, or are in the file by mistake."""
_OF_CUSTOMERS = frozenset(
    {"name", "customer", "company", "category", "type", "segment", "organisation", "organization"}
)


def _is_operators(frame: pl.DataFrame, headings: Sequence[str]) -> pl.Series:
    """Match rows whose customer has guests or customers of its own behind the line."""
    columns = [f"c{at}" for at, one in enumerate(headings) if _OF_CUSTOMERS & {*words(one)}]
    texts = [pl.col(one).str.to_lowercase().str.contains(NAMES_OF_OPERATORS) for one in columns]
    return frame.select(pl.any_horizontal(pl.lit(value=False), *texts).alias("is_operator")).to_series()
