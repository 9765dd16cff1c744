"""Classify the values of one piece of a log: addresses, hosts, urls, methods... or nothing certain."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from sightline.stages.canonical.address import parse_address
from sightline.stages.formats.draft.time_detection import find_layouts

METHODS = frozenset("GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PURGE REPORT".split())
DNS_TYPES = frozenset("A AAAA HTTPS PTR MX TXT NS SOA SRV CNAME ANY DS DNSKEY SVCB NAPTR CAA TYPE65".split())
HOST = re.compile(r"(?=.{4,260}$)(?:[A-Za-z0-9_-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{1,62}\.?(?::\d{1,5})?")
REQUEST = re.compile(r"[A-Z]{3,16} \S.* HTTP/\d(?:\.\d)?")
URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+")
TARGET = re.compile(r"/\S*|\*|[^\s/]+:\d{1,5}|[a-z][a-z0-9+.-]*://\S+")
STATUS = re.compile(r"[1-5]\d\d")
ENDPOINT = re.compile(r"(?:\[([0-9A-Fa-f:.%]+)\]|([0-9A-Fa-f:.]+))([:#])(\d{1,5})")


MOST = 0.95


class ValueKind(StrEnum):
    """The kind of all values of a piece. The value is the piece's name in a draft."""

    TIME = "time"
    ADDRESS = "address"
    ENDPOINT = "endpoint"
    REQUEST = "request"
    METHOD = "method"
    URL = "url"
    HOST = "host"
    DNS_TYPE = "dns_type"
    PATH = "path"
    ADDRESSES = "addresses"
    NUMBER = "number"
    WORD = "word"
    TEXT = "text"


def choose_value_kind(values: list[str]) -> ValueKind:
    """Return the first kind that fits every value; a text or a word if none is certain.

    Visitors send nonsense too: for requests, methods, urls and hosts nineteen of twenty are enough.
    """
    if values:
        if find_layouts(values):
            return ValueKind.TIME
        for kind, holds in TESTS.items():
            fitting = sum(bool(holds(value)) for value in values)
            if fitting == len(values) or (kind in MOSTLY and fitting >= MOST * len(values)):
                return kind
        if _are_address_lists(values):
            return ValueKind.ADDRESSES
    return ValueKind.TEXT if any(" " in value for value in values) else ValueKind.WORD


MOSTLY = frozenset((ValueKind.REQUEST, ValueKind.METHOD, ValueKind.URL, ValueKind.HOST))


def choose_field_kind(values: list[str]) -> ValueKind:
    """Return the kind of a key's or column's values: also a path alone."""
    kind = choose_value_kind(values)
    is_path = kind in (ValueKind.WORD, ValueKind.TEXT) and values and all(value.startswith("/") for value in values)
    return ValueKind.PATH if is_path else kind


def _are_address_lists(values: list[str]) -> bool:
    """Return whether values are addresses, and one at least is several with commas between."""
    parts = [part for value in values for part in value.split(",")]
    return len(parts) > len(values) and all(parse_address(part.strip(" ")) is not None for part in parts)


def are_browsers(values: list[str]) -> bool:
    """Return whether most values are what a browser calls itself."""
    return sum(value.startswith("Mozilla/") for value in values) * 2 > len(values)


def find_separator(values: list[str]) -> str:
    """Return the separator between address and port."""
    regex_match = next((match for value in values if (match := ENDPOINT.fullmatch(value))), None)
    return regex_match[3] if regex_match else ":"


def are_targets(values: list[str]) -> bool:
    """Return whether every value can be the target of a request."""
    return bool(values) and sum(bool(TARGET.fullmatch(value)) for value in values) >= MOST * len(values)


def are_statuses(values: list[str]) -> bool:
    """Return whether every value can be the status of an answer."""
    return bool(values) and all(STATUS.fullmatch(value) for value in values)


def names_host(value: str) -> bool:
    """Return whether a method, a target or a request line is one that a proxy gets."""
    return value.partition(" ")[0] == "CONNECT" or "://" in value.partition("?")[0]


def _is_endpoint(value: str) -> bool:
    """An address with its port; an address alone between such ones is one too."""
    match = ENDPOINT.fullmatch(value)
    if match is None or parse_address(value) is not None:
        return parse_address(value) is not None
    return parse_address(match[1] or match[2]) is not None and int(match[4]) <= 65535


TESTS: dict[ValueKind, Callable[[str], object]] = {
    ValueKind.ADDRESS: lambda value: parse_address(value) is not None,
    ValueKind.ENDPOINT: _is_endpoint,
    ValueKind.METHOD: METHODS.__contains__,
    ValueKind.DNS_TYPE: DNS_TYPES.__contains__,
    ValueKind.NUMBER: str.isdecimal,
    ValueKind.REQUEST: REQUEST.fullmatch,
    ValueKind.URL: URL.fullmatch,
    ValueKind.HOST: HOST.fullmatch,
}
