"""Read the visits of sessions from the segments: time, source, destination, and whether each can be asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import polars as pl

from sightline.model import Ceiling
from sightline.services.sessions.hit_examination import ReadContext
from sightline.services.sessions.row_groups import RowGroups, read_row_groups, select_addresses
from sightline.services.sessions.segment_cache import SegmentFile
from sightline.services.sessions.segment_reader import ROWS, read_hits
from sightline.stages.canonical.address import parse_address
from sightline.stages.leads.port_blocks import compute_block
from sightline.stages.leads.rule import BASE_WITHOUT_PORT
from sightline.stages.leads.rules import SEEING
from sightline.stages.leads.visits import PLACE_BITS, fold_visits, is_seen_by
from sightline.stages.resolve.questions import VISITS

SEEN: dict[str, pl.DataType] = VISITS | {
    "place": pl.UInt64(),
    "carries": pl.Boolean(),
    "is_timed": pl.Boolean(),
    "is_held": pl.Boolean(),
    "sent_bytes": pl.Int64(),
}
"""VISITS of any kind. `place`: the position of its first frame (`stages/leads/visits.py`).

`carries`: its own ceiling is `subscriber` or `shared`. `is_timed`: its time is proven. `is_held`: one of the given
exhibits has it. `sent_bytes`: the size of the server's answer, if the record has it.
"""
CONNECTIONS = {
    "place": pl.UInt64(),
    "protocol": pl.String(),
    "destination_ip": pl.String(),
    "destination_port": pl.UInt16(),
    "sent_bytes": pl.Int64(),
}
"""The destination and the size of the hit at a place, as far as its record has them."""
OF_TCP = (b"HTTP/1.", b"HTTP/2", b"http/1.", b"http/2", b'"h2"')
OF_UDP = (b"HTTP/3", b"http/3", b'"h3"', b"QUIC", b"quic")
"""Texts in a web server's record that name the protocol of the request."""
SENSORS = ("zeek-", "suricata-")
"""Formats of sensors, which read web requests from TCP alone, because QUIC is encrypted."""
WEB = ("http-request", "proxy-request")
"""Kinds of records whose size is that of the answer."""
MOST_COMPRESSED = 10
"""No page is compressed to less than a tenth."""
FRAME = ["hi", "lo", "t", "content"]
"""Columns with equal values in hits that are one visit."""
NO_BLOCK = -1


def read_visits(
    segments: Sequence[SegmentFile],
    read_context: ReadContext,
    sessions: pl.DataFrame,
    case_exhibits: pl.Series | None,
    connections: pl.DataFrame,
    on_visits: Callable[[int], None],
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Yield sessions (SESSIONS and BESIDE) with all visits that count (SEEN). No address is split between parts.

    `case_exhibits`: ordinals of the case's exhibits, or None for all. `connections`: CONNECTIONS of the hits of these
    addresses.
    """
    unproven = pl.any_horizontal(is_seen_by(rule) for rule in SEEING if rule.ceiling is Ceiling.TIME_UNPROVEN)
    for hits in read_hits(segments, read_context, ROWS, on_visits):
        counting = fold_visits(hits).filter(pl.col("vouched") & ~pl.col("is_blocked"))
        carries = (pl.col("base") >= BASE_WITHOUT_PORT).alias("carries")
        seen = _mark_held(counting.with_columns(carries, unproven.not_().alias("is_timed")), hits, case_exhibits)
        here = sessions.join(hits.select("hi", "lo").unique(), on=["hi", "lo"], how="semi")
        placed = _assign_sessions(seen, here).join(connections, on="place", how="left")
        yield here, placed.select(pl.col(name).cast(kind) for name, kind in SEEN.items())


def _mark_held(seen: pl.DataFrame, hits: pl.DataFrame, case_exhibits: pl.Series | None) -> pl.DataFrame:
    """Return visits with `is_held`: whether one of these exhibits has a hit of it."""
    if case_exhibits is None:
        return seen.with_columns(pl.lit(value=True).alias("is_held"))
    held_frames = (
        hits.filter((pl.col("place") // (1 << PLACE_BITS)).is_in(case_exhibits.implode())).select(FRAME).unique()
    )
    beside = held_frames.with_columns(pl.lit(value=True).alias("is_held"))
    return seen.join(beside, on=FRAME, how="left").with_columns(pl.col("is_held").fill_null(value=False))


def _assign_sessions(seen: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Return visits with their `session`. Visits of sessions that were not chosen are left out."""
    sizes = sessions.select("hi", "lo", "block_ports", "block_base").unique()
    block, own = (compute_block(port).fill_null(NO_BLOCK).alias("block") for port in ("port", "source_port"))
    begins = sessions.select("session", "hi", "lo", own, "first_us", "last_us").sort("first_us")
    rows = (
        seen.rename({"t": "t_us"})
        .select("hi", "lo", *"t_us from_us until_us uncertainty_s port place carries is_timed is_held".split())
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
    return rows.filter(pl.col("t_us") <= pl.col("last_us"))


def read_connections(segments: Sequence[SegmentFile], ordinals: pl.DataFrame, addresses: pl.DataFrame) -> pl.DataFrame:
    """Return CONNECTIONS of the hits of some addresses (`source_ip`) that have any.

    If a record has no destination, it is the source's own address, provided the source was recorded by its address. A
    proxy's record has the proxy's destination, which is not that of the visitor's connection.
    """
    frames = [pl.DataFrame(schema=CONNECTIONS)]
    for part in read_row_groups(segments, addresses) if len(addresses) else ():
        frames += [_read_connections(row_groups, ordinals, addresses).collect() for row_groups in part]
    return pl.concat(frames).unique("place", keep="first", maintain_order=True)


def _read_connections(stretch: RowGroups, ordinals: pl.DataFrame, addresses: pl.DataFrame) -> pl.LazyFrame:
    current_run = stretch.segment.current_run
    name = current_run.source.server_name
    itself = parse_address(name) if name else None
    server = pl.lit(str(itself) if itself else None, pl.String)
    mine = ordinals.filter(pl.col("exhibit_id") == current_run.run.exhibit_id).select("member", "exhibit")
    columns = "source_ip member byte_offset destination_ip destination_port record_kind method bytes raw".split()
    rows = pl.scan_parquet(stretch.segment.path).select(columns).slice(stretch.offset, stretch.length)
    place = pl.col("exhibit").cast(pl.UInt64) * (1 << PLACE_BITS) + pl.col("byte_offset").cast(pl.UInt64)
    own = pl.when(pl.col("record_kind") != "proxy-request").then("destination_ip")
    port = pl.when(own.is_not_null() & (pl.col("destination_port") > 0)).then("destination_port")
    times = (
        select_addresses(rows, addresses)
        .join(mine.lazy(), on="member", how="inner", nulls_equal=True)
        .select(
            place.alias("place"),
            _derive_protocol(is_sensor=current_run.run.format.startswith(SENSORS)).alias("protocol"),
            pl.coalesce(own, server).alias("destination_ip"),
            port.cast(pl.UInt16).alias("destination_port"),
            _compute_sent_bytes(is_sensor=current_run.run.format.startswith(SENSORS)).alias("sent_bytes"),
        )
    )
    return times.filter(pl.any_horizontal(pl.col("destination_ip", "protocol", "sent_bytes").is_not_null()))


def _compute_sent_bytes(*, is_sensor: bool) -> pl.Expr:
    """Return the bytes of a record's answer, at least. Sensors write the size of a page after decompression."""
    size = pl.when(pl.col("record_kind").is_in(WEB)).then("bytes").cast(pl.Int64)
    return size // MOST_COMPRESSED if is_sensor else size


def _derive_protocol(*, is_sensor: bool) -> pl.Expr:
    """Return the protocol of a record's connection, or null if the record names none or both."""
    kind = pl.col("record_kind")
    is_tcp, is_udp = (
        pl.any_horizontal([pl.col("raw").bin.contains(text) for text in texts]) for texts in (OF_TCP, OF_UDP)
    )
    is_connect = (kind == "proxy-request") & (pl.col("method") == "CONNECT")
    if is_sensor:
        return pl.when(kind.is_in(["http-request", "tls"])).then(pl.lit("tcp"))
    of_web = pl.when(is_tcp & ~is_udp).then(pl.lit("tcp")).when(is_udp & ~is_tcp).then(pl.lit("udp"))
    is_web = kind.is_in(WEB)
    return pl.when((kind == "tls") | is_connect).then(pl.lit("tcp")).when(is_web).then(of_web)
