"""Convert a record to UCO observables."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sightline.evidence.case.node import Node, Value, build_content, build_facet, build_instant, build_node, refer_to
from sightline.evidence.identifiers import canonical, derive_identifier
from sightline.evidence.visit import (
    DNS,
    HTTP,
    NO_TRAFFIC,
    find_scheme,
    find_target,
    get_file_digest,
    list_headers,
    list_record_columns,
)
from sightline.model import Hit
from sightline.stages.canonical import parse_address
from sightline.stages.scan.hit_rows import format_raw_text, format_timestamp


@dataclass(frozen=True, slots=True)
class RecordObservable:
    """An observable of a record."""

    uuid: UUID
    node: Node


@dataclass(frozen=True, slots=True)
class RecordObservables:
    """The event record itself, and the observables extracted from it."""

    record: RecordObservable
    extracted: tuple[RecordObservable, ...]


def build_record_shown(hit: Hit) -> RecordObservables:
    """Return the record of a hit.

    Equal addresses, names, urls and accounts share a node; records and connections do not.
    """
    source = _build_address(hit.source_ip) if hit.source_ip else None
    destination = _build_address(hit.destination_ip) if hit.destination_ip else None
    host = _build_host(hit.host) if hit.host else None
    account = _build_account(hit) if hit.user else None
    uuid = compute_record_uuid(hit)
    record_observables = [source, destination, host, account, _build_url(hit), _build_file(hit)]
    if hit.record_kind not in NO_TRAFFIC:
        # The name in a query is not the destination of the query.
        record_observables.append(
            _build_connection(uuid, hit, source, destination or (None if hit.record_kind in DNS else host))
        )
    extracted = {observable.uuid: observable for observable in record_observables if observable is not None}
    return RecordObservables(RecordObservable(uuid, _build_record(uuid, hit, account)), tuple(extracted.values()))


def compute_record_uuid(hit: Hit) -> UUID:
    """Return a record's UUID, from all read fields and its position.

    Of a manifest's row also from the matched file.
    """
    return derive_identifier("EventRecord", canonical(list_record_columns(hit)), get_file_digest(hit) or "")


def _build_record(uuid: UUID, hit: Hit, account: RecordObservable | None) -> Node:
    raw, _ = format_raw_text(hit.raw)
    event = {
        "uco-observable:eventType": hit.record_kind.value,
        "uco-observable:eventRecordRaw": raw,
        "uco-observable:observableCreatedTime": build_instant(format_timestamp(hit.timestamp_us)),
        "uco-observable:account": refer_to(account.uuid) if account else None,
    }
    return _build_object(uuid, "EventRecord", build_facet(uuid, "uco-observable:EventRecordFacet", event))


def _build_connection(
    record: UUID, hit: Hit, source: RecordObservable | None, destination: RecordObservable | None
) -> RecordObservable | None:
    """The connection, if an end of it is known. A record says when it was written, not when it began or ended."""
    if source is None and destination is None:
        return None
    uuid = derive_identifier("NetworkConnection", str(record))
    ends = {
        "uco-observable:src": refer_to(source.uuid) if source else None,
        "uco-observable:dst": refer_to(destination.uuid) if destination else None,
        "uco-observable:sourcePort": hit.source_port,
        "uco-observable:destinationPort": hit.destination_port,
    }
    facets = [build_facet(uuid, "uco-observable:NetworkConnectionFacet", ends)]
    if hit.record_kind not in HTTP:
        return RecordObservable(uuid, _build_object(uuid, "NetworkConnection", *facets))
    request = {
        "uco-observable:requestMethod": hit.method,
        "uco-observable:requestValue": find_target(hit),
        "uco-observable:httpRequestHeader": _build_headers(uuid, hit),
    }
    return RecordObservable(
        uuid,
        _build_object(
            uuid, "HTTPConnection", *facets, build_facet(uuid, "uco-observable:HTTPConnectionFacet", request)
        ),
    )


def _build_headers(owner: UUID, hit: Hit) -> Node | None:
    entries: list[Value] = [
        build_node(
            derive_identifier("header", str(owner), key),
            "uco-types:DictionaryEntry",
            {"uco-types:key": key, "uco-types:value": value},
        )
        for key, value in list_headers(hit).items()
    ]
    return build_facet(owner, "uco-types:Dictionary", {"uco-types:entry": entries}) if entries else None


def _build_address(text: str) -> RecordObservable:
    kind = "IPv6Address" if ":" in text else "IPv4Address"
    return _make_observable(kind, text, {"uco-observable:addressValue": text})


def _build_host(text: str) -> RecordObservable:
    """A name, or the address that stands for one."""
    return (
        _make_observable("DomainName", text, {"uco-observable:value": text})
        if parse_address(text) is None
        else _build_address(text)
    )


def _build_url(hit: Hit) -> RecordObservable | None:
    """The url, where the record knows one from its scheme on."""
    return (
        _make_observable("URL", hit.url, {"uco-observable:fullValue": hit.url})
        if hit.url and find_scheme(hit)
        else None
    )


def _build_account(hit: Hit) -> RecordObservable:
    """The name that a visitor gave. In another log it is another account, and nobody says that it is a person."""
    uuid = derive_identifier("UserAccount", hit.exhibit_sha256, hit.user or "")
    facet = build_facet(uuid, "uco-observable:AccountFacet", {"uco-observable:accountIdentifier": hit.user})
    return RecordObservable(
        uuid, _build_object(uuid, "UserAccount", facet, build_facet(uuid, "uco-observable:UserAccountFacet", {}))
    )


def _build_file(hit: Hit) -> RecordObservable | None:
    digest = get_file_digest(hit)
    if digest is None:
        return None
    uuid = derive_identifier("File", digest)
    return RecordObservable(uuid, _build_object(uuid, "File", build_content(uuid, digest)))


def _make_observable(kind: str, text: str, properties: dict[str, Value | None]) -> RecordObservable:
    uuid = derive_identifier(kind, text)
    return RecordObservable(
        uuid, _build_object(uuid, kind, build_facet(uuid, f"uco-observable:{kind}Facet", properties))
    )


def _build_object(uuid: UUID, kind: str, *facets: Node) -> Node:
    own: list[Value] = [*facets]
    return build_node(uuid, f"uco-observable:{kind}", {"uco-core:hasFacet": own})
