"""Derived facts of a hit's record: protocol, request, file, and the record's own columns."""

from __future__ import annotations

from sightline.model import HIT_COLUMNS, Hit, IndicatorKind, RecordKind
from sightline.stages.scan.hit_rows import Cell, build_hit_row

DNS = frozenset({RecordKind.DNS_QUERY, RecordKind.DNS_ANSWER, RecordKind.DNS_POLICY})
HTTP = frozenset({RecordKind.HTTP_REQUEST, RecordKind.PROXY_REQUEST})
NO_TRAFFIC = frozenset({RecordKind.ASSIGNMENT, RecordKind.FILE, RecordKind.DEVICE_VISIT})

INDICATOR_COLUMNS = ("indicator_id", "indicator_kind", "indicator", "category", "list_id", "issuer")
MEETING_COLUMNS = ("opinion", "vouched")
RECORD_COLUMNS = tuple(column for column in HIT_COLUMNS if column not in {*INDICATOR_COLUMNS, *MEETING_COLUMNS})


def list_record_columns(hit: Hit) -> dict[str, str | int | bool]:
    """Return every column of the record that is not null, as JSON lines show it."""
    row: dict[str, Cell] = build_hit_row(hit)
    return {column: value for column in RECORD_COLUMNS if (value := row[column]) is not None}


def get_file_digest(hit: Hit) -> str | None:
    """Return the digest of the file in a manifest's row: the matched one, because a hit has no other."""
    return hit.indicator if hit.indicator_kind == IndicatorKind.FILE_DIGEST else None


def find_scheme(hit: Hit) -> str | None:
    """Return the scheme of the record's url if known. Otherwise the url begins with `/` (ADR 2)."""
    return hit.url.partition("://")[0] if hit.url and not hit.url.startswith("/") else None


def find_target(hit: Hit) -> str | None:
    """Return the request target of the request line: a proxy's url, or a server's path and query."""
    if hit.url is None or hit.record_kind == RecordKind.PROXY_REQUEST:
        return hit.url
    rest = hit.url.partition("//")[2] if find_scheme(hit) or hit.url.startswith("//") else hit.url
    return rest[rest.find("/") :]


def list_headers(hit: Hit) -> dict[str, str]:
    """Return the recorded request headers."""
    named = {"User-Agent": hit.user_agent, "Referer": hit.referrer}
    return {name: value for name, value in named.items() if value is not None}


def find_protocol(hit: Hit) -> str:
    """Return the outermost recorded protocol. For a flow it is only that of its addresses."""
    if hit.record_kind in HTTP:
        return find_scheme(hit) or "http"
    if hit.record_kind in DNS:
        return "dns"
    if hit.record_kind == RecordKind.TLS:
        return "tls"
    return "ipv6" if ":" in (hit.source_ip or hit.destination_ip or "") else "ipv4"
