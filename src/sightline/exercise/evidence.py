"""The oracle's input: the written records and the declarations, and nothing of the truth."""

from __future__ import annotations

import polars as pl

from sightline.exercise.channels import CHANNELS, PANEL, WITH_HEADERS, WITHOUT_PORT, Channel
from sightline.exercise.visits import CONNECT

WITHOUT_AGENT = frozenset({PANEL, "haproxy", "squid", "bind", "dnsmasq", "zeek-conn"})
KINDS = {
    "combined": "http-request",
    "combined-port": "http-request",
    "vhost-combined": "http-request",
    "haproxy": "http-request",
    PANEL: "http-request",
    "caddy": "http-request",
    "squid": "proxy-request",
    "bind": "dns-query",
    "dnsmasq": "dns-query",
    "zeek-conn": "flow",
    "zeek-http": "http-request",
}

COLUMNS = (
    "channel file row key ip port protocol local_us zone_s duration_us site page room tunnel method status bytes agent"
    " ahead"
).split()
WITHOUT_PROTOCOL = frozenset({"bind", "dnsmasq", "squid"})
"""Formats that do not show whether a connection is TCP or UDP; HTTP/1 and HTTP/2 are TCP (RFC 9112, RFC 9113)."""
DURATIONS_US = {"caddy": pl.max_horizontal("took_us", pl.lit(4000)), "squid": (pl.col("bytes") % 90 + 10) * 1000}
"""The duration of a request, if the format writes it (`logs/log_lines.py`)."""


def build_records(visits: pl.DataFrame, channel: Channel) -> pl.DataFrame:
    """Return the records of written visits. Values that a format does not show are null."""

    def nothing(is_shown: bool, column: str, kind: type[pl.DataType]) -> pl.Expr:
        return (pl.col(column).cast(kind) if is_shown else pl.lit(None, kind)).alias(column)

    is_web = KINDS[channel.format] in {"http-request", "proxy-request"}
    return visits.with_columns(
        nothing(channel.format not in WITHOUT_PORT, "port", pl.Int32),
        nothing(channel.format not in WITHOUT_AGENT, "agent", pl.Int8),
        nothing(channel.format in WITH_HEADERS, "ahead", pl.Boolean),
        pl.lit(None if channel.format in WITHOUT_PROTOCOL else "tcp", pl.String).alias("protocol"),
        DURATIONS_US.get(channel.format, pl.lit(None)).cast(pl.Int64).alias("duration_us"),
        nothing(is_web, "page", pl.Int8),
        nothing(is_web, "room", pl.Int16),
        (pl.col("method") == CONNECT).alias("tunnel"),
        pl.lit(CHANNELS.index(channel), pl.Int8).alias("channel"),
        pl.col("file").cast(pl.Int8),
        pl.col("row").cast(pl.Int64),
    ).select(COLUMNS)
