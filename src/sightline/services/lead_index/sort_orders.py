"""Orders of leads: the rank of each lead in each, and keys by which a page is found again, also after a rebuild."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address

import polars as pl

from sightline.errors import UsageError
from sightline.services.lead_index.lead_columns import FIXED, LeadColumns, invert_order
from sightline.services.lead_index.summary_rows import EPOCH, convert_to_date, format_address_text
from sightline.stages.enrich.address_numbers import MAPPED

SORTS: Mapping[str, tuple[str, ...]] = {
    "priority": ("priority", "against", "first_us"),
    "seriousness": ("serious", "against", "keep_until"),
    "reason": ("reason", "against", "first_us"),
    "first": ("first_us",),
    "last": ("last_us",),
    "visits": ("visits",),
    "keep-until": ("keep_until",),
    "ceiling": ("ceiling", "first_us"),
    "place": ("place", "first_us"),
    "isp": ("isp", "first_us"),
    "address": ("address",),
}
"""What leads are sorted by, upwards, one after the other; alike ones by id. `against`: how many rules speak against it.

What is not known comes last.
"""
MOST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Sort:
    """One of SORTS, upwards or downwards: `first`, `-first`."""

    name: str
    is_down: bool

    @classmethod
    def parse(cls, text: str) -> Sort:
        """Parse the order in a query string. Raises UsageError."""
        name = text.removeprefix("-")
        if name not in SORTS:
            raise UsageError(
                f"sort={text[:40]}: not a field to sort by", hint=f"{', '.join(SORTS)}; -{name} is downwards"
            )
        return cls(name, text.startswith("-"))

    @property
    def text(self) -> str:
        """The order as a query string writes it."""
        return f"-{self.name}" if self.is_down else self.name


def rank_leads(columns: LeadColumns) -> dict[str, pl.Series]:
    """Return the position of each lead in each of SORTS: from 0, no two alike."""
    result: dict[tuple[str, ...], pl.Series] = {(): columns.rows["id_rank"]}
    ends = {names[at:] for names in SORTS.values() for at in range(len(names))}
    for end in sorted(ends, key=len):
        result[end] = _rank_rows(columns.rows[end[0]], result[end[1:]])
    return {name: result[names] for name, names in SORTS.items()}


def _rank_rows(values: pl.Series, ties: pl.Series) -> pl.Series:
    """Where each row stands by value and, of alike values, by `ties`: sorted as one number where both fit into it."""
    pairs = pl.DataFrame([values.alias("value"), ties.alias("tie")])
    if values.dtype in (pl.Int64, pl.UInt64):
        return invert_order(pairs.select(pl.arg_sort_by("value", "tie")).to_series())
    both = pl.col("value").cast(pl.Int64) * (1 << 32) + pl.col("tie")
    return invert_order(pairs.select(both.arg_sort()).to_series())


BY_BAND = tuple(name for name, columns in SORTS.items() if columns[0] in {"priority", "serious"})
"""The orders in which a mark moves a lead to the front."""


def rank_urgent_first(columns: LeadColumns, name: str, base: pl.Series, urgent: pl.Series) -> pl.Series:
    """The ranks of an order `BY_BAND` when these rows are urgent, which no rebuild makes a lead: they are the first."""
    marked = columns.rows[urgent].sort(*SORTS[name][1:], "id_rank")["row"]
    passed = base.gather(urgent).sort().search_sorted(base).cast(pl.UInt32)
    moved = base + len(urgent) - passed
    return moved.scatter(marked, pl.int_range(len(urgent), dtype=pl.UInt32, eager=True))


def build_sort_key(columns: LeadColumns, sort: Sort, row: int, lead_id: str) -> str:
    """The key of a lead in an order: what it is sorted by, and its id."""
    values = (_format_value(columns, name, int(columns.rows[name][row])) for name in SORTS[sort.name])
    return "~".join((*values, lead_id))


def find_position(columns: LeadColumns, sort: Sort, key: str) -> tuple[int, bool]:
    """Return how many leads precede a key, upwards, and whether a lead has it. Raises UsageError for no key."""
    names = SORTS[sort.name]
    *values, lead_id = key.rsplit("~", len(names))
    if len(values) != len(names) or len(lead_id) != 32 or not set(lead_id) <= set("0123456789abcdef"):
        raise UsageError(f"{key[:60]!r} is no key of a page sorted by {sort.name}", hint="begin at the first page")
    number = int(lead_id, 16)
    at = bisect_left(columns.ids, number)
    is_before = pl.col("id_rank") < at
    is_at = pl.col("id_rank").eq(at) & (at < len(columns.ids) and int(columns.ids[at]) == number)
    for name, text in reversed(list(zip(names, values, strict=True))):
        value, is_there = _parse_value(columns, name, text)
        wide = pl.lit(value, pl.Int64)
        less, same = pl.col(name) < wide, pl.col(name).eq(wide) & is_there
        is_before, is_at = less | (same & is_before), same & is_at
    before, result = columns.rows.select(is_before.sum().alias("before"), is_at.any().alias("at")).row(0)
    return int(before), bool(result)


def _format_value(columns: LeadColumns, name: str, value: int) -> str:
    """A value as it stands in a key."""
    if name == "address":
        return format_address_text(columns, value)
    if name == "keep_until":
        return convert_to_date(value).isoformat()
    if name in columns.words:
        return columns.find_word(name, value) or ""
    return str(value)


def _parse_value(columns: LeadColumns, name: str, text: str) -> tuple[int, bool]:
    """The least value that is not less than a text, and whether it is the text's own. Raises UsageError."""
    try:
        if name == "address":
            return find_address_position(columns, text)
        if name == "keep_until":
            return (date.fromisoformat(text) - EPOCH).days, True
        if name in FIXED:
            return FIXED[name].index(text) if text else len(FIXED[name]), True
        if name in columns.words:
            words = columns.words[name]
            at = bisect_left(words, text) if text else len(words)
            return at, not text or (at < len(words) and words[at] == text)
        if not -MOST <= (value := int(text)) <= MOST:
            raise ValueError(text)
    except ValueError:
        raise UsageError(f"{text[:60]!r} is not a field of leads", hint="begin at the first page") from None
    return value, True


def find_address_position(columns: LeadColumns, text: str) -> tuple[int, bool]:
    """Return how many leads' addresses are less, and whether a lead has it. Raises ValueError for no address."""
    number = parse_address_number(text)
    at = bisect_left(columns.addresses, number)
    return at, at < len(columns.addresses) and int(columns.addresses[at]) == number


def parse_address_number(text: str) -> int:
    """An address as 128 bits; IPv4 as `::ffff:a.b.c.d`."""
    address = ip_address(text)
    return int(address) + (MAPPED if address.version == 4 else 0)
