"""The visits of sessions, read again from the segments: those that count, carry a ceiling, and are held in the case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import polars as pl

from sightline.engines.leading.sweep import ROWS, Looking, Readable, swept
from sightline.stages.canonical.address import address
from sightline.stages.leads.port_blocks import block_of
from sightline.stages.leads.rule import BASE_WITHOUT_PORT
from sightline.stages.leads.visits import PLACE_BITS, visits
from sightline.stages.resolve.asking import VISITS

_FRAME = ["hi", "lo", "t", "content"]
NO_BLOCK = -1


def visited(
    segments: Sequence[Readable],
    looking: Looking,
    sessions: pl.DataFrame,
    held: pl.Series,
    destinations: pl.DataFrame,
    told: Callable[[int], None],
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Yield sessions (SESSIONS and BESIDE) with their VISITS, in parts that have all visits of their addresses.

    `held`: ordinals of what the case holds; `destinations`: `place destination_ip destination_port`.
    """
    for hits in swept(segments, looking, ROWS, told):
        seen = visits(hits)
        counting = seen.filter(pl.col("vouched") & ~pl.col("is_blocked") & (pl.col("base") >= BASE_WITHOUT_PORT))
        mine = hits.filter((pl.col("place") // (1 << PLACE_BITS)).is_in(held.implode()))
        ours = counting.join(mine.select(_FRAME).unique(), on=_FRAME, how="semi")
        here = sessions.join(hits.select("hi", "lo").unique(), on=["hi", "lo"], how="semi")
        placed = _placed(ours, here).join(destinations, on="place", how="left")
        yield here, placed.select(pl.col(name).cast(kind) for name, kind in VISITS.items())


def _placed(seen: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Visits with the `session` that they are of; those of sessions that were not chosen are left out."""
    sizes = sessions.select("hi", "lo", "block_ports", "block_base").unique()
    block, own = (block_of(port).fill_null(NO_BLOCK).alias("block") for port in ("port", "source_port"))
    begins = sessions.select("session", "hi", "lo", own, "first_us", "last_us").sort("first_us")
    found = (
        seen.select("hi", "lo", pl.col("t").alias("t_us"), "uncertainty_s", "port", "place")
        .join(sizes, on=["hi", "lo"])
        .with_columns(block)
        .sort("t_us")
        .join_asof(
            begins,
            left_on="t_us",
            right_on="first_us",
            by=["hi", "lo", "block"],
            strategy="backward",
            check_sortedness=False,
        )
    )
    return found.filter(pl.col("t_us") <= pl.col("last_us"))


def destinations_of(segments: Sequence[Readable], ordinals: pl.DataFrame, addresses: pl.DataFrame) -> pl.DataFrame:
    """`place destination_ip destination_port` of the hits of some addresses (`source_ip`) that tell a destination.

    Where a record holds none, it is the server's own address, if the source was recorded by its address.
    """
    schema = {"place": pl.UInt64, "destination_ip": pl.String, "destination_port": pl.UInt16}
    parts = [_destinations(one, ordinals, addresses) for one in segments] if len(addresses) else []
    found = pl.concat([pl.LazyFrame(schema=schema), *parts]).filter(pl.col("destination_ip").is_not_null())
    return found.unique("place", keep="any").collect(engine="streaming")


def _destinations(segment: Readable, ordinals: pl.DataFrame, addresses: pl.DataFrame) -> pl.LazyFrame:
    name = segment.standing.source.server_name
    itself = address(name) if name else None
    server = pl.lit(str(itself) if itself else None, pl.String)
    mine = ordinals.filter(pl.col("exhibit_id") == segment.standing.run.exhibit_id).select("member", "exhibit")
    rows = pl.scan_parquet(segment.path).select(
        "source_ip", "member", "byte_offset", "destination_ip", "destination_port"
    )
    place = pl.col("exhibit").cast(pl.UInt64) * (1 << PLACE_BITS) + pl.col("byte_offset").cast(pl.UInt64)
    port = pl.when(pl.col("destination_ip").is_not_null() & (pl.col("destination_port") > 0)).then("destination_port")
    return (
        rows.join(addresses.lazy(), on="source_ip", how="semi")
        .join(mine.lazy(), on="member", how="inner", nulls_equal=True)
        .select(
            place.alias("place"),
            pl.coalesce("destination_ip", server).alias("destination_ip"),
            port.cast(pl.UInt16).alias("destination_port"),
        )
    )
