"""Parse texts into address ranges: an address, a CIDR, or a first and a last with `-` or a comma between."""

from __future__ import annotations

import polars as pl

from sightline.model import DatasetCode
from sightline.stages.enrich.address_numbers import parse_address_numbers
from sightline.stages.enrich.reader import Rejects

_ONE = pl.lit(1, dtype=pl.UInt128)


def parse_spans(texts: pl.Series, ends: pl.Series | None, rejects: Rejects) -> pl.DataFrame:
    """Return `first` and `last` of each text, in order. A text without addresses is null, and counted.

    `ends`: the last addresses, if they are separate. Host bits of a CIDR that are set are ignored.
    """
    parts = texts.str.strip_chars().str.split_exact("/", 1).struct.unnest()
    dashed = parts["field_0"].str.splitn("-", 2).struct.unnest()
    first = parse_address_numbers(_convert_addresses(dashed["field_0"]))
    last = parse_address_numbers(_convert_addresses(dashed["field_1"] if ends is None else ends))
    said_last = dashed["field_1"] if ends is None else ends.str.strip_chars().replace("", None)
    table = pl.DataFrame(
        [first.alias("first"), last.alias("end"), said_last.alias("said"), parts["field_1"].alias("bits")]
    )
    is_ipv4 = ~texts.str.contains(":", literal=True)
    table = table.with_columns(is_ipv4.alias("is_ipv4")).with_columns(_prefix_size().alias("size"))
    base = pl.col("first") // pl.col("size") * pl.col("size")
    by_prefix = pl.when(pl.col("size").is_not_null()).then(base + (pl.col("size") - _ONE))
    ranges = table.with_columns(
        pl.when(pl.col("size").is_not_null()).then(base).otherwise("first").alias("first"),
        pl.when(pl.col("said").is_not_null()).then("end").otherwise(by_prefix).alias("last"),
    )
    is_bad = pl.any_horizontal(pl.col("first").is_null(), pl.col("last").is_null())
    is_turned = (pl.col("last") < pl.col("first")).fill_null(value=False) | _is_both()
    counts = ranges.select(is_bad.sum().alias("bad"), is_turned.sum().alias("turned")).row(0)
    rejects[DatasetCode.BAD_ADDRESS] += counts[0]
    rejects[DatasetCode.BAD_RANGE] += counts[1]
    good = ~is_bad & ~is_turned
    return ranges.select(pl.when(good).then("first").alias("first"), pl.when(good).then("last").alias("last"))


def _convert_addresses(texts: pl.Series) -> pl.Series:
    """Texts as addresses: whole numbers, as some files write IPv4, are those; brackets go."""
    bare = texts.str.strip_chars(" []")
    quads = bare.to_frame("t").select(
        pl.when(pl.col("t").str.contains(r"^[0-9]{1,10}$")).then(_format_quad(pl.col("t"))).otherwise("t").alias("t")
    )
    return quads["t"]


def _format_quad(text: pl.Expr) -> pl.Expr:
    value = text.cast(pl.UInt64, strict=False)
    octets = [(value // (1 << shift)) % 256 for shift in (24, 16, 8, 0)]
    return pl.when(value < 1 << 32).then(pl.concat_str(octets, separator="."))


def _prefix_size() -> pl.Expr:
    """Return how many addresses a prefix length leaves; one without a prefix; null where it is none."""
    is_number = pl.col("bits").str.contains(r"^[0-9]{1,3}$")
    length = pl.when(is_number).then(pl.col("bits").cast(pl.Int32, strict=False))
    in_ipv4 = pl.when(length <= 32).then(length + 96)
    bits = (
        pl.when(pl.col("bits").is_null())
        .then(pl.lit(128, pl.Int32))
        .when("is_ipv4")
        .then(in_ipv4)
        .otherwise(pl.when(length <= 128).then(length))
    )
    sizes = {at: 1 << (128 - at) for at in range(1, 129)}
    return bits.replace_strict(
        pl.Series(list(sizes), dtype=pl.Int32), pl.Series(list(sizes.values()), dtype=pl.UInt128), default=None
    )


def _is_both() -> pl.Expr:
    """Return whether a text has a prefix length and a last address too."""
    return (pl.col("bits").is_not_null() & pl.col("said").is_not_null()).fill_null(value=False)
