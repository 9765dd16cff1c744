"""Compare the address spaces (VRF, NAT instance, region) of rows: an inside address means nothing in another one."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sightline.stages.resolve.model import OF_COLUMN
from sightline.stages.resolve.replies.column_names import reduce_heading, split_words

SEPARATE = frozenset({"vrf", "vpn", "vsys"})
"""Words of a heading that names a separate address space. Of a log that has none, nothing is known."""
_COMPARED = SEPARATE | {
    "instance",
    "domain",
    "region",
    "circle",
    "context",
    "tenant",
    "realm",
    "location",
    "apn",
    "pop",
    "city",
    "state",
    "district",
    "branch",
    "exchange",
    "site",
    "lsa",
    "ssa",
    "zone",
    "vlan",
    "bng",
    "bras",
    "pool",
    "device",
    "gateway",
    "node",
    "nas",
    "router",
}
"""Words of a heading whose values must agree where both logs have it."""
_NOTHING = frozenset({"", "-", "--", "na", "n/a", "nil", "none", "null", "default", "global"})


def is_compared(heading: str) -> bool:
    """Return whether a column names a part of a network whose inside addresses are its own."""
    return bool(_COMPARED & {*split_words(heading)})


def read_spaces(columns: Mapping[str, pl.Series]) -> pl.Series | None:
    """Return the address space of each row, from texts by their headings, as `vrf=red;region=north`; None without any.

    Null where a row has no value.
    """
    result = [
        pl.when(~bare.is_in(list(_NOTHING))).then(pl.lit(f"{reduce_heading(heading)}=") + bare)
        for heading, texts in sorted(columns.items(), key=lambda one: reduce_heading(one[0]))
        if is_compared(heading)
        for bare in [texts.str.strip_chars().str.to_lowercase().str.replace_all(r"[;=]", " ")]
    ]
    if not result:
        return None
    whole = pl.select(pl.concat_str(*result, separator=";", ignore_nulls=True)).to_series()
    return pl.select(pl.when(whole != "").then(whole)).to_series()


def compare_spaces(pairs: pl.DataFrame, one: str, other: str) -> pl.DataFrame:
    """Return pairs of rows without those of different spaces, and `is_same_space` where both name the same one.

    `has_common_space`: whether both name a part of the network of one kind, alike.
    """
    distinct = pairs.select(one, other).unique()
    agree = [_agree(*both) for both in distinct.iter_rows()]
    common = [bool(_split_space(first).keys() & _split_space(second).keys()) for first, second in distinct.iter_rows()]
    rows = distinct.with_columns(
        pl.Series("is_same_space", agree, pl.Boolean), pl.Series("has_common_space", common, pl.Boolean)
    )
    beside = pairs.join(rows, on=[one, other], how="left", nulls_equal=True, maintain_order="left")
    return beside.filter(pl.col("is_same_space").ne_missing(pl.lit(value=False)))


def _split_space(text: str | None) -> dict[str, str]:
    """The values of a space by what they are of: `vrf` and `region` of `vrf=red;region=north`."""
    return dict(part.split("=", 1) for part in text.split(";")) if text else {}


def _agree(one: str | None, other: str | None) -> bool | None:
    """Whether two spaces are the same: false if they differ, None if they have no separate space in common."""
    first, second = _split_space(one), _split_space(other)
    common = first.keys() & second.keys()
    if any(first[name] != second[name] for name in common):
        return False
    separate = {name for name in first.keys() | second.keys() if any(word in name for word in SEPARATE)}
    return True if separate and separate <= common else None


def without_space_doubts(doubts: pl.Expr) -> pl.Expr:
    """Return a list of doubts without those of a column that names a separate address space."""
    is_of_column = pl.element().str.starts_with(OF_COLUMN)
    names_space = pl.element().str.to_lowercase().str.contains_any(sorted(SEPARATE))
    return doubts.list.eval(pl.element().filter(~(is_of_column & names_space)))
