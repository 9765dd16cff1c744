"""Compute when an assignment may hold, and when it surely does (docs/adr/0018), over frames of ASSIGNED."""

from __future__ import annotations

import polars as pl

FOREVER_US = 1 << 61
"""Later than any visit. Its opposite is earlier than any."""
LEAST_PREFIX = {4: 29, 6: 48}
"""The shortest IPv4 and IPv6 prefixes that one line may get whole (RFC 6177)."""


def may_hold() -> list[pl.Expr]:
    """Return `may_from`, `may_until`: the longest possible time of an assignment, ends included."""
    start, end = pl.col("start_us"), pl.col("end_us")
    first = pl.when(start.is_null()).then(-FOREVER_US).otherwise(pl.min_horizontal(start, end))
    last = pl.when(end.is_null()).then(FOREVER_US).otherwise(
        pl.max_horizontal(end + pl.col("end_slack_us").fill_null(0), start)
    )  # fmt: skip
    return [first.alias("may_from"), last.alias("may_until")]


def compute_sure_span() -> list[pl.Expr]:
    """Return `sure_from`, `sure_until`: the shortest possible time of an assignment; both null if that is empty.

    With a lost stop it ends at the last sign of life. A permanent assignment without an end has not ended.
    """
    first = pl.col("start_us") + pl.col("start_slack_us").fill_null(0)
    lasting = pl.when(pl.col("is_static").fill_null(value=False)).then(FOREVER_US)
    last = pl.coalesce("end_us", lasting, "seen_us", "start_us")
    lasts = first <= last
    return [pl.when(lasts).then(first).alias("sure_from"), pl.when(lasts).then(last).alias("sure_until")]


def is_lost() -> pl.Expr:
    """Match assignments without an end that are not permanent."""
    return pl.col("end_us").is_null() & ~pl.col("is_static").fill_null(value=False)


def is_exclusive() -> pl.Expr:
    """Match rows that state that one line alone has the address (true) or several (false); null without a statement.

    A permanent assignment is one line's, unless its row says otherwise.
    """
    of_static = pl.when(pl.col("is_static").fill_null(value=False)).then(pl.lit(value=True))
    return pl.coalesce("is_exclusive", of_static)


def is_of_one_line(delegated: str) -> pl.Expr:
    """Match assignments whose `ip` is one address, or a prefix that one line has whole.

    A prefix is one line's if its row states so. Or if a statement gives a line `delegated` bits, and no other line has
    addresses within the prefix of that length (`shared_bits`).
    """
    is_six = pl.col("ip").str.contains(":", literal=True)
    length = pl.col("ip").str.extract(r"/(\d+)$").cast(pl.UInt8, strict=False)
    is_single = length.is_null() | (length == pl.when(is_six).then(128).otherwise(32))
    is_small = length >= pl.when(is_six).then(LEAST_PREFIX[6]).otherwise(LEAST_PREFIX[4])
    is_refuted = (pl.col("shared_bits") >= pl.col(delegated)).fill_null(value=False)
    is_stated = (pl.col(delegated) <= length).fill_null(value=False) & ~is_refuted
    is_given = is_exclusive().fill_null(value=False) | is_stated
    return is_single | (is_small & is_given)


def has_all_ports() -> pl.Expr:
    """Match assignments of all ports of their address."""
    return pl.col("port_from").is_null() | ((pl.col("port_from") <= 1) & (pl.col("port_to") == 65_535))


def number_spans(spans: pl.DataFrame, by: list[str], first: str, last: str, gap_us: int) -> pl.DataFrame:
    """Return spans sorted by group and time, with `span`.

    Spans with no more than the gap between them have one number.
    """
    ordered = spans.sort(*by, first, last)
    before = pl.col(last).cum_max().shift(1).over(by)
    is_first = (pl.col(first) > before + gap_us).fill_null(value=True)
    return ordered.with_columns(is_first.cum_sum().alias("span"))


def merge_spans(spans: pl.DataFrame, by: list[str], gap_us: int) -> pl.DataFrame:
    """Return spans (`by`, `sure_from`, `sure_until`), merged within each group.

    Spans with no more than the gap between them become one.
    """
    of_one = number_spans(spans.select(*by, "sure_from", "sure_until"), by, "sure_from", "sure_until", gap_us).group_by(
        *by, "span", maintain_order=True
    )
    return of_one.agg(pl.min("sure_from"), pl.max("sure_until")).drop("span")
