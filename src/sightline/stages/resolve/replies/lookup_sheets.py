"""Compare the lines of a reply with sheets beside it: whose a session, a SIM or a device is, and who is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network, summarize_address_range

import polars as pl

from sightline.stages.resolve.model import RowStatement
from sightline.stages.resolve.operators import NAMES_OF_OPERATORS
from sightline.stages.resolve.replies import identity_columns
from sightline.stages.resolve.replies.column_names import reduce_heading, split_words
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.reply_times import TimeRules
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.single_rows import NUMBERS
from sightline.stages.resolve.row_verdicts import INSIDE

_MOST_ROWS = 100_000
"""The maximum number of rows of a sheet that are compared. Later ones of a longer sheet are not."""
_PAIRS = {"id": pl.String(), "number": pl.String(), "number_kind": pl.String()}


@dataclass(frozen=True, slots=True)
class LookupSheet:
    """What a sheet says of lines: `pairs` of an `id` and its number, or `missing` numbers of which nothing was found.

    `missing` has numbers, too, of lines that are no single customer's. `sheet`: its name. `is_of_all`: it lists errors,
    and not of which lines. `shared`: networks that many lines share, by its plan of addresses.
    """

    sheet: str
    pairs: pl.DataFrame
    missing: pl.Series
    is_of_all: bool = False
    shared: Sequence[IPv4Network | IPv6Network] = ()

    def find_contradicted(self, assigned: pl.DataFrame) -> pl.Series:
        """Return rows (ASSIGNED with `ids`) whose id is another line's, or whose line is missing or has another SIM."""
        lines = assigned.filter(pl.col("says") == RowStatement.ASSIGNED.value).drop_nulls("number")
        if self.is_of_all:
            return lines["row"]
        if self.shared:
            inside = [address for address in lines["ip"].drop_nulls().unique() if self._is_shared(address)]
            return lines.filter(pl.col("ip").is_in(inside))["row"]
        lines = lines.with_columns(pl.col("number").str.to_lowercase())
        rows = lines.filter(pl.col("number").is_in(self.missing.implode()))["row"]
        if "ids" not in lines.columns or self.pairs.is_empty():
            return rows
        each = lines.select("row", "number", "number_kind", id="ids").explode("id", keep_nulls=False)
        known_rows = each.join(self.pairs, on=["id", "number_kind"], how="semi")
        others = known_rows.join(self.pairs, on=list(_PAIRS), how="anti")
        sims = each.filter(pl.col("id").str.starts_with("imsi:"))
        of_number = self.pairs.filter(pl.col("id").str.starts_with("imsi:"))
        other_sims = sims.join(of_number, on=["number", "number_kind"], how="semi").join(
            of_number, on=list(_PAIRS), how="anti"
        )
        return pl.concat([rows, others["row"], other_sims["row"]]).unique()

    def _is_shared(self, address: str) -> bool:
        network = ip_network(address, strict=False)
        return any(one.version == network.version and network.overlaps(one) for one in self.shared)


_SHARES = frozenset("nat nat44 nat64 cgn cgnat lsn pat shared reseller resellers hotspot wifi guest guests".split())
_DENIES = frozenset("no non not without un except".split())


def read_statements(sheet: str, rows: Sequence[Sequence[str]]) -> LookupSheet | None:
    """Return what a sheet without records or lines says of all rows: errors, or which networks are shared."""
    nothing = pl.DataFrame(schema=_PAIRS), pl.Series("number", [], pl.String)
    filled = [[cell.strip() for cell in cells if cell.strip()] for cells in rows[:_MOST_ROWS]]
    filled = [cells for cells in filled if cells]
    if _OF_ERRORS.search(sheet) and len(filled) > 1:
        return LookupSheet(sheet, *nothing, is_of_all=True)
    shared = [network for cells in filled for network in _list_shared(cells)]
    return LookupSheet(sheet, *nothing, shared=shared) if shared else None


def _list_shared(cells: Sequence[str]) -> list[IPv4Network | IPv6Network]:
    """The networks that a row of a plan gives to many lines: `198.51.100.192/27`, `CGNAT outside pool`.

    Of networks inside, which a NAT shares by itself, the plan says nothing new.
    """
    known = {word for cell in cells for word in split_words(cell)}
    if not _SHARES & known or _DENIES & known:
        return []
    networks = [network for cell in cells for network in _read_networks(cell)]
    return [network for network in networks if re.match(INSIDE, str(network)) is None]


def _read_networks(cell: str) -> list[IPv4Network | IPv6Network]:
    try:
        first, _, last = (edge.strip() for edge in cell.partition("-"))
        if "/" in cell:
            return [ip_network(cell, strict=False)]
        if last:
            return list(summarize_address_range(ip_address(first), ip_address(last)))
    except (ValueError, TypeError):
        pass
    return []


def read_lookup(
    sheet: str, head: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], fields: Mapping[str, str]
) -> LookupSheet | None:
    """Return what a sheet without records says of lines; None where it has no headings of lines.

    `head`: the first of its `rows`, in which its headings are; `fields`: the field of each heading, by canonical name.
    """
    for at, cells in enumerate(head):
        places: dict[str, int] = {}
        for place, cell in enumerate(cells):
            places.setdefault(fields.get(reduce_heading(cell), ""), place)
        named = [number for number in NUMBERS if number in places]
        if named:
            below = rows[at + 1 : at + 1 + _MOST_ROWS]
            return _read_table(sheet, cells, below, places, named[0])
    return None


def _read_table(
    sheet: str, headings: Sequence[str], rows: Sequence[Sequence[str]], places: Mapping[str, int], field: str
) -> LookupSheet:
    columns = {f"c{at}": [row[at] if at < len(row) else "" for row in rows] for at in range(len(headings))}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String())).with_row_index("row")
    numbers = Readers(TimeRules()).read_numbers(field, frame[f"c{places[field]}"].str.strip_chars())
    number = pl.when(~pl.col("is_bad")).then(pl.col("number").str.to_lowercase())
    named = frame.select("row").hstack(numbers.select(number.alias("number"), number_kind="kind"))
    ids = identity_columns.list_ids(frame, headings, places)
    pairs = pl.DataFrame(schema=_PAIRS)
    if ids is not None:
        each = named.join(ids, on="row").drop_nulls("number").explode("ids", keep_nulls=False)
        pairs = each.rename({"ids": "id"}).select(list(_PAIRS)).unique()
    known = load_shared_words()
    is_missing = known.says_no_records(sheet) or bool(known.match_denied(pl.Series([sheet.lower()])).any())
    is_missing |= _OF_OTHERS.search(sheet) is not None
    missing = named.filter(is_missing | _is_operators(frame, headings))["number"].drop_nulls().unique()
    return LookupSheet(sheet, pairs, missing)


_OF_OTHERS = re.compile(
    r"\b(?:duplicates?|errors?|re-?sellers?|franchisees?|lcos?|operators?|test|staff|employees)\b", re.IGNORECASE
)
"""Names of sheets whose lines are no customer's, or are in the file by mistake."""
_OF_ERRORS = re.compile(
    r"\b(?:errors?|exceptions?|failures?|failed|rejected|rejects|discrepanc\w+|mismatch\w*)\b", re.IGNORECASE
)
_OF_CUSTOMERS = frozenset(
    {"name", "customer", "company", "category", "type", "segment", "organisation", "organization"}
)


def _is_operators(frame: pl.DataFrame, headings: Sequence[str]) -> pl.Series:
    """Match rows whose customer has guests or customers of its own behind the line."""
    columns = [f"c{at}" for at, one in enumerate(headings) if _OF_CUSTOMERS & {*split_words(one)}]
    texts = [pl.col(column).str.to_lowercase().str.contains(NAMES_OF_OPERATORS) for column in columns]
    return frame.select(pl.any_horizontal(pl.lit(value=False), *texts).alias("is_operator")).to_series()
