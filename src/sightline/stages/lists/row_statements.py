"""Convert a list row to its statement about an indicator. The kernel's `ListBuilder` does the same for real sizes."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from sightline.model import FLAGGABLE, IndicatorKind, Opinion, RowCode
from sightline.stages.canonical import (
    AddressClass,
    get_address_class,
    list_address_classes,
    normalise_indicator_value,
    parse_address,
)
from sightline.stages.lists.junk import JunkNames
from sightline.stages.lists.list_dates import parse_list_date
from sightline.stages.lists.model import Row, RowReject, Statement

_BLANK = " \t"
_KINDS = {kind.value: kind for kind in FLAGGABLE}
_OPINIONS = {"": Opinion.FLAGGED} | {opinion.value: opinion for opinion in Opinion}
_SHORTEST_CIDR = {4: 16, 6: 32}
_EMPTY_FILE = frozenset(
    {
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
)
"""MD5, SHA-1 and SHA-256 of empty content."""


def parse_statement(row: Row, junk: JunkNames) -> tuple[IndicatorKind, str, Statement] | RowReject:
    """Return kind, canonical value and statement of a row, or its first error in the order of ADR 4."""
    line, *texts = row
    kind_text, value, category, valid_from, valid_until, listed_on, opinion_text, reference = (
        text.strip(_BLANK) for text in texts
    )
    kind = _KINDS.get(kind_text)
    if kind is None:
        return RowReject(line, RowCode.UNKNOWN_KIND, f"{kind_text[:40]!r} is none of {', '.join(_KINDS)}")
    opinion = _OPINIONS.get(opinion_text)
    if opinion is None:
        return RowReject(line, RowCode.UNKNOWN_OPINION, f"{opinion_text[:40]!r} is none of {', '.join(Opinion)}")
    try:
        canonical = normalise_indicator_value(kind, value)
    except ValueError as error:
        return RowReject(line, RowCode.BAD_VALUE, str(error))
    reason = find_junk_reason(kind, canonical, junk)
    if reason is not None:
        return RowReject(line, RowCode.JUNK, reason)
    try:
        since, until, listed = _parse_window(valid_from, valid_until, listed_on)
    except ValueError as error:
        return RowReject(line, RowCode.BAD_DATE, str(error))
    if since is not None and until is not None and until <= since:
        return RowReject(line, RowCode.EMPTY_WINDOW, "valid_until is not after valid_from")
    return kind, canonical, Statement(since, until, listed, opinion, category or None, bool(reference))


def _parse_window(valid_from: str, valid_until: str, listed_on: str) -> tuple[int | None, int | None, int | None]:
    """The three instants; raises ValueError that names the column."""
    result: list[int | None] = []
    for column, text in (("valid_from", valid_from), ("valid_until", valid_until), ("listed_on", listed_on)):
        try:
            result.append(parse_list_date(text, whole_day=column == "valid_until") if text else None)
        except ValueError as error:
            raise ValueError(f"{column}: {error}") from None
    return result[0], result[1], result[2]


def find_junk_reason(kind: IndicatorKind, canonical: str, junk: JunkNames) -> str | None:
    """Return why a canonical value would match too much (ADR 4, Junk), or None."""
    if kind in {IndicatorKind.DOMAIN, IndicatorKind.HOST}:
        return junk.explain(canonical)
    if kind in {IndicatorKind.URL, IndicatorKind.URL_PREFIX}:
        return _explain_bare_url(canonical, junk)
    if kind is IndicatorKind.IP:
        ip = parse_address(canonical) or parse_address(_without_port(canonical))
        return None if ip is None else _explain_not_public(get_address_class(ip))
    if kind is IndicatorKind.CIDR:
        return _explain_wide_network(ip_network(canonical))
    if kind is IndicatorKind.DIGEST and canonical in junk.list_digests():
        return "the digest of a public suffix or of a big shared host"
    if kind is IndicatorKind.FILE_DIGEST and canonical in _EMPTY_FILE:
        return "the digest of a file of no bytes: every empty file has it"
    return None


def _explain_bare_url(canonical: str, junk: JunkNames) -> str | None:
    """Return what is said of its host, if the url names no page of it."""
    authority, _, rest = canonical.partition("/")
    if rest:
        return None
    name = _without_port(authority)
    if parse_address(name) is not None:
        return "an address without a page: its kind is ip"
    return junk.explain(name)


def _without_port(authority: str) -> str:
    """The host of `host[:port]`, an IPv6 address without its brackets."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


def _explain_not_public(kind: AddressClass) -> str | None:
    if kind in {AddressClass.PUBLIC, AddressClass.DOCUMENTATION}:
        return None
    return f"a {kind.value} address: it is somebody else in every network"


def _explain_wide_network(network: IPv4Network | IPv6Network) -> str | None:
    shortest = _SHORTEST_CIDR[network.version]
    if network.prefixlen < shortest:
        return f"wider than /{shortest}"
    return next((reason for reason in map(_explain_not_public, sorted(list_address_classes(network))) if reason), None)
