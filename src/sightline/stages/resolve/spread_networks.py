"""Remember the IPv4 prefix of a row that was read as each of its addresses.

Only the addresses that were asked about are kept. Another reply may give one of the others to another line.
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, summarize_address_range

import polars as pl

from sightline.stages.resolve.assignment_spans import LEAST_PREFIX


def add_networks(assigned: pl.DataFrame) -> pl.DataFrame:
    """Return rows of ASSIGNED with `network`: the prefix whose addresses one row of the file has, null for others."""
    nothing = assigned.with_columns(network=pl.lit(None, pl.String))
    if assigned["row"].n_unique() == assigned.height:
        return nothing
    each = assigned.select("row", "ip").filter(~pl.col("ip").str.contains(":", literal=True)).unique()
    spread = each.filter(pl.len().over("row") > 1).group_by("row").agg("ip")
    networks = [(row, network) for row, texts in spread.iter_rows() if (network := _find_network(texts)) is not None]
    if not networks:
        return nothing
    table = pl.DataFrame(networks, schema={"row": pl.UInt32, "network": pl.String}, orient="row")
    joined = assigned.drop("network", strict=False).join(table, on="row", how="left", maintain_order="left")
    return joined.select(nothing.columns)


def _find_network(texts: list[str]) -> str | None:
    try:
        addresses = sorted(map(IPv4Address, texts))
    except AddressValueError:
        return None
    first, *others = summarize_address_range(addresses[0], addresses[-1])
    return str(first) if not others and first.num_addresses == len(addresses) else None


def list_networks(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with a `network`, which stands as their `ip`.

    Without pools: of a larger prefix that is not permanent, the line may have had any of the addresses.
    """
    is_small = pl.col("network").str.extract(r"/([0-9]+)$").cast(pl.UInt8) >= LEAST_PREFIX[4]
    return (
        rows.filter(is_small | pl.col("is_static").fill_null(value=False))
        .drop_nulls("network")
        .with_columns(ip="network")
    )
