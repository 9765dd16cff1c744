"""A filter as one expression over the columns of a generation."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import reduce
from ipaddress import ip_network
from operator import or_

import polars as pl

from sightline.services.lead_index.filter import BESIDE, CHECKS, NOT_KNOWN, ONCE, LeadFilter
from sightline.services.lead_index.lead_columns import DAY_US, IST_US, LeadColumns
from sightline.services.lead_index.summary_rows import EPOCH
from sightline.stages.enrich.address_numbers import MAPPED


def build_expressions(columns: LeadColumns, lead_filter: LeadFilter) -> list[pl.Expr]:
    """Return the conditions that a row must all meet; none for all leads. The office's rows are not used."""
    conditions = []
    for name in CHECKS:
        values = getattr(lead_filter, name)
        if values and name not in BESIDE:
            conditions.append(_ONE[name](columns, values[0]) if name in ONCE else _match_any(columns, name, values))
    return conditions


def _match_any(columns: LeadColumns, name: str, values: Iterable[str]) -> pl.Expr:
    if name in columns.sets:
        wanted = set(values)
        return _match_codes(name, [at for at, members in enumerate(columns.sets[name]) if wanted & members])
    if name in columns.words:
        return _match_codes(name, _find_codes(columns, name, values))
    return _MANY[name](columns, values)


def _find_codes(columns: LeadColumns, name: str, values: Iterable[str]) -> list[int]:
    words = columns.words[name]
    positions = {word: at for at, word in enumerate(words)} | {NOT_KNOWN: len(words)}
    return [positions[value] for value in values if value in positions]


def _match_codes(name: str, codes: list[int]) -> pl.Expr:
    if not codes:
        return pl.lit(False)
    return pl.col(name) == codes[0] if len(codes) == 1 else pl.col(name).is_in(codes)


def _match_days(_: LeadColumns, values: Iterable[str]) -> pl.Expr:
    return pl.col("day").is_in([_count_days(value) for value in values])


def _match_addresses(columns: LeadColumns, values: Iterable[str]) -> pl.Expr:
    """Addresses are numbered in order, so a prefix is a stretch of them."""
    parts = []
    for value in values:
        network = ip_network(value)
        first = int(network.network_address) + (MAPPED if network.version == 4 else 0)
        at = bisect_left(columns.addresses, first)
        until = bisect_right(columns.addresses, first + network.num_addresses - 1)
        parts.append((pl.col("address") >= pl.lit(at, pl.UInt32)) & (pl.col("address") < pl.lit(until, pl.UInt32)))
    return reduce(or_, parts)


def _match_indicators(columns: LeadColumns, values: Iterable[str]) -> pl.Expr:
    return pl.lit(columns.has(columns.find_rows_met(values)))


def _count_days(value: str) -> int:
    return (date.fromisoformat(value) - EPOCH).days


def _compute_begins_us(day: int) -> int:
    """Return when a day of India begins."""
    return day * DAY_US - IST_US


_MANY: Mapping[str, Callable[[LeadColumns, Iterable[str]], pl.Expr]] = {
    "day": _match_days,
    "address": _match_addresses,
    "indicator": _match_indicators,
}
_ONE: Mapping[str, Callable[[LeadColumns, str], pl.Expr]] = {
    "since": lambda _, value: pl.col("last_us") >= _compute_begins_us(_count_days(value)),
    "until": lambda _, value: pl.col("first_us") < _compute_begins_us(_count_days(value) + 1),
    "keep_until": lambda _, value: pl.col("keep_until") < pl.lit(_count_days(value), pl.Int32),
}
