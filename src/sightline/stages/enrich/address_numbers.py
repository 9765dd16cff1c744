"""Convert addresses to 128-bit numbers in two halves (IPv4 as `::ffff:a.b.c.d`), with their policy class."""

from __future__ import annotations

import socket
from functools import cache

import polars as pl

from sightline.stages.canonical.address import list_class_begins

MAPPED = 0xFFFF << 32
"""The prefix of the 32 bits of an IPv4 address."""
HALF = pl.lit(1 << 64, dtype=pl.UInt128)
_QUAD = r"^((?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})$"


def number_addresses(addresses: pl.Series) -> pl.DataFrame:
    """Return `address, hi, lo, kind` of the distinct texts: the number's halves and its class; null for no address.

    Rows are in the order of first appearance; null is left out.
    """
    distinct = addresses.drop_nulls().unique(maintain_order=True).alias("address")
    rows = distinct.to_frame().with_columns(parse_address_numbers(distinct).alias("number"))
    return with_kind(rows).select("address", *split_number("number", "hi", "lo"), "kind")


def parse_address_numbers(texts: pl.Series) -> pl.Series:
    """Return the 128-bit number of each text; null for no address."""
    quads = texts.to_frame("text").with_row_index("row").filter(pl.col("text").str.contains(_QUAD))
    result = quads.select("row", _parse_ipv4(pl.col("text")).alias("number"))
    others = texts.to_frame("text").with_row_index("row").filter(pl.col("text").str.contains(":", literal=True))
    if others.height:
        result = pl.concat([result, _parse_ipv6(others)])
    rows = pl.DataFrame({"row": pl.int_range(texts.len(), dtype=pl.UInt32, eager=True)})
    return rows.join(result, on="row", how="left", maintain_order="left")["number"]


def _parse_ipv4(text: pl.Expr) -> pl.Expr:
    parts = text.str.split_exact(".", 3)
    octets = [parts.struct.field(f"field_{at}").cast(pl.UInt64) for at in range(4)]
    whole = (octets[0] * (1 << 24)) + (octets[1] * (1 << 16)) + (octets[2] * (1 << 8)) + octets[3]
    is_address = pl.max_horizontal(octets) <= 255
    return pl.when(is_address).then(whole + MAPPED).cast(pl.UInt128)


def _parse_ipv6(others: pl.DataFrame) -> pl.DataFrame:
    """The numbers of IPv6 texts: what inet_pton reads, as `ipaddress` does, only faster."""
    raw = [_pack_address(text) for text in others["text"].to_list()]
    table = pl.DataFrame({"row": others["row"], "raw": pl.Series(raw, dtype=pl.Binary)})
    big = {"dtype": pl.UInt64, "endianness": "big"}
    hi = pl.col("raw").bin.slice(0, 8).bin.reinterpret(**big)  # type: ignore[arg-type]
    lo = pl.col("raw").bin.slice(8, 8).bin.reinterpret(**big)  # type: ignore[arg-type]
    return table.select("row", join_halves(hi, lo).alias("number"))


def _pack_address(text: str) -> bytes | None:
    try:
        return socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        return None


def join_halves(hi: pl.Expr, lo: pl.Expr) -> pl.Expr:
    """Return the number of two halves."""
    return hi.cast(pl.UInt128) * HALF + lo.cast(pl.UInt128)


def split_number(name: str, hi: str, lo: str) -> tuple[pl.Expr, pl.Expr]:
    """Return the two halves of a number, under these names."""
    return (pl.col(name) // HALF).cast(pl.UInt64).alias(hi), (pl.col(name) % HALF).cast(pl.UInt64).alias(lo)


def with_kind(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the same rows with `kind`: the class of the address (`stages/canonical/address.py`), by one asof join."""
    order = rows.with_row_index("at").sort("number", nulls_last=True)
    known_rows = order.filter(pl.col("number").is_not_null())
    joined = known_rows.join_asof(_build_classes(), left_on="number", right_on="first", strategy="backward")
    rest = order.filter(pl.col("number").is_null()).with_columns(pl.lit(None, pl.String).alias("kind"))
    return pl.concat([joined.select(rest.columns), rest]).sort("at").drop("at")


@cache
def _build_classes() -> pl.DataFrame:
    """Return where each class begins, in the order of numbers."""
    begins = list_class_begins()
    firsts = pl.Series("first", [first for first, _ in begins], dtype=pl.UInt128)
    return pl.DataFrame([firsts, pl.Series("kind", [kind.value for _, kind in begins])])
