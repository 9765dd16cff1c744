"""Statements of a server's own record about a client: that it came through a trusted proxy, or is no visitor.

Caddy writes `client_ip` from a header only where its configuration trusts the peer (`trusted_proxies`). Cloudflare
classifies addresses (`ClientIPClass`), and marks requests that its own workers make.
"""

from __future__ import annotations

import polars as pl

_TEXT = pl.col("raw").cast(pl.String, strict=False)
_NO_VISITORS = (
    r'"ClientIPClass": ?"(?:tor|searchEngine|monitoringService|securityScanner|scan|badHost|backupService)"'
    r'|"WorkerSubrequest": ?true|"ClientRequestSource": ?"edgeWorker'
)
_REMOTE, _CLIENT = r'[{,] ?"remote_ip": ?"([0-9a-fA-F:.]+)"', r'[{,] ?"client_ip": ?"([0-9a-fA-F:.]+)"'


def _is_of_trusted_proxy() -> pl.Expr:
    """Match Caddy's records of a peer that it trusts as a proxy, read as if the peer were the visitor."""
    client = _TEXT.str.extract(_CLIENT)
    return (client != _TEXT.str.extract(_REMOTE)) & (client != pl.col("source_ip").cast(pl.String))


RELAYING = {"caddy": _is_of_trusted_proxy(), "cloudflare-http": _TEXT.str.contains(_NO_VISITORS)}
"""Formats whose records may say so, and what matches those that do, by `raw` and `source_ip`."""


def is_relayed(log_format: str) -> pl.Expr:
    """Match records of a format that say that their address is not a visitor's own."""
    condition = RELAYING.get(log_format)
    return pl.lit(value=False) if condition is None else condition.fill_null(value=False)
