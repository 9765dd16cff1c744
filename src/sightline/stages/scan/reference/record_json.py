"""Convert the content of a frame to a JSON object for people and tests.

It has the fields of a hit row, without absent ones.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sightline.model import RejectCode
from sightline.stages.canonical import build_page
from sightline.stages.scan.reference.record import CommentFrame, Outcome, Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_json_object(outcome: Outcome) -> dict[str, object]:
    """Return a record's fields in the order of ADR 2, then `names` and `digests`, or `{"comment": true}`, `{"reject":
    CODE}`.

    Host, url and addresses are canonical; the names are as in the record.
    """
    if isinstance(outcome, CommentFrame):
        return {"comment": True}
    if isinstance(outcome, RejectCode):
        return {"reject": str(outcome)}
    return {key: value for key, value in _build_fields(outcome).items() if value is not None}


def _build_fields(record: Record) -> dict[str, object]:
    visited = build_page(
        method=record.method,
        target=record.target,
        authority=record.authority,
        host_is_name=record.host_is_name,
        is_dns=record.is_dns,
        scheme=record.scheme,
        destination_port=record.destination_port,
    )
    moment = EPOCH + timedelta(microseconds=record.timestamp_us or 0)
    return {
        "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "timestamp_original": _format_raw(record.timestamp_original),
        "source_ip": str(record.source_ip) if record.source_ip else None,
        "source_port": record.source_port,
        "destination_ip": str(record.destination_ip) if record.destination_ip else None,
        "destination_port": record.destination_port,
        "host": visited.host.text if visited.host else None,
        "url": visited.url,
        "method": _format_raw(record.method),
        "status": record.status,
        "bytes": record.bytes,
        "user_agent": _format_raw(record.user_agent),
        "referrer": _format_raw(record.referrer),
        "user": _format_raw(record.user),
        "dns_type": _format_raw(record.dns_type),
        "dns_action": _format_raw(record.dns_action),
        "record_kind": _format_raw(record.record_kind),
        "names": [_format_raw(name) for name in record.names] or None,
        "digests": [_format_raw(digest) for digest in record.digests] or None,
    }


def _format_raw(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "backslashreplace")
