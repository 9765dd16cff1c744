"""Convert a record to STIX cyber-observable objects with the identifiers that the specification prescribes."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias
from uuid import UUID, uuid5

from sightline.evidence.identifiers import canonical
from sightline.evidence.stix.pattern import hash_name
from sightline.evidence.visit import (
    DNS,
    HTTP,
    NO_TRAFFIC,
    find_protocol,
    find_scheme,
    find_target,
    get_file_digest,
    list_headers,
)
from sightline.model import Hit
from sightline.stages.canonical import parse_address

Property: TypeAlias = "str | int | bool | Sequence[Property] | Mapping[str, Property]"

OBSERVABLE_NAMESPACE = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace of cyber-observable identifiers over their contributing properties (STIX 2.1, section 2.9)."""


@dataclass(frozen=True, slots=True)
class Observable:
    """A cyber-observable: its type, its identifier, and only the properties that the identifier covers."""

    type: str
    id: str
    uuid: UUID
    properties: Mapping[str, Property]


def build_observables(hit: Hit) -> list[Observable]:
    """Return the observables of a hit's record, at least one, each once.

    A record without an address, name or similar has its line as the observable.
    """
    result = list({observable.id: observable for observable in _build_things(hit)}.values())
    return result or [_build_observable("artifact", {"payload_bin": base64.b64encode(hit.raw).decode()})]


def _build_things(hit: Hit) -> Iterator[Observable]:
    source = _build_address(hit.source_ip) if hit.source_ip else None
    destination = _build_address(hit.destination_ip) if hit.destination_ip else None
    host = _build_host(hit.host) if hit.host else None
    yield from (observable for observable in (source, destination) if observable)
    if host:
        yield host
    if hit.url and find_scheme(hit):
        yield _build_observable("url", {"value": hit.url})
    if hit.user:
        yield _build_observable("user-account", {"account_login": hit.user})
    if digest := get_file_digest(hit):
        yield _build_observable("file", {"hashes": {hash_name(digest): digest}})
    if hit.record_kind not in NO_TRAFFIC:
        # The name in a query is not the destination of the query.
        yield from _build_traffic(hit, source, destination or (None if hit.record_kind in DNS else host))


def _build_traffic(hit: Hit, source: Observable | None, destination: Observable | None) -> Iterator[Observable]:
    """The connection, if an end of it is known. A record says when it was written, not when traffic began or ended."""
    properties: dict[str, Property] = {"protocols": [find_protocol(hit)]}
    if source:
        properties["src_ref"] = source.id
    if destination:
        properties["dst_ref"] = destination.id
    if len(properties) == 1:
        return
    if hit.source_port is not None:
        properties["src_port"] = hit.source_port
    if hit.destination_port is not None:
        properties["dst_port"] = hit.destination_port
    request = _build_request(hit)
    if request:
        properties["extensions"] = {"http-request-ext": request}
    yield _build_observable("network-traffic", properties)


def _build_request(hit: Hit) -> dict[str, Property] | None:
    """The HTTP request, where the record names its method and what was asked for."""
    value = find_target(hit)
    if hit.record_kind not in HTTP or not hit.method or not value:
        return None
    request: dict[str, Property] = {"request_method": hit.method, "request_value": value}
    if named_headers := list_headers(hit):
        request["request_header"] = {name: [header] for name, header in named_headers.items()}
    return request


@lru_cache(65536)
def _build_host(host: str) -> Observable:
    """A name, or the address that stands for one."""
    return _build_observable("domain-name", {"value": host}) if parse_address(host) is None else _build_address(host)


@lru_cache(65536)
def _build_address(text: str) -> Observable:
    return _build_observable("ipv6-addr" if ":" in text else "ipv4-addr", {"value": text})


def _build_observable(kind: str, properties: Mapping[str, Property]) -> Observable:
    uuid = uuid5(OBSERVABLE_NAMESPACE, canonical(properties))
    return Observable(kind, f"{kind}--{uuid}", uuid, properties)
