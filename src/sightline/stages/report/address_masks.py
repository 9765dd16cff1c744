"""Mask addresses in any text: find every spelling of an address, whatever is around it.

Found are IPv4 as four parts (decimal, padded with zeros, octal, hexadecimal; with dots, hyphens or underscores) and
IPv6 in every form of RFC 4291, mapped, with brackets, zone, port or prefix length; names under `in-addr.arpa`,
`ip6.arpa` and `ipv6-literal.net`; and all of these percent-encoded, as entities, escaped, defanged, in full width, or
in the digits of another script. Spellings that are any number (`3405803783`, `cb007107`) count only for addresses that
the caller holds: a lead's own, for instance.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Address

from sightline.stages.canonical.address import Address, parse_address
from sightline.stages.report.address_spellings import find_addresses, format_masked_form
from sightline.stages.report.decoded_text import DecodedText

_LIKELY = re.compile(
    r"[0-9A-Fa-f]:|:[0-9A-Fa-f:]|[0-9A-Fa-f][.,;/+| ][0-9]|[0-9A-Fa-f][_-][0-9A-Fa-f]|[0-9A-Fa-f]{7}"
    r"|[0-9][ +]{0,3}\.[ +]{1,3}[0-9]|[0-9A-Fa-f]{2}\.[0-9A-Fa-f]{2}\.|[\\%&(\[{]|[^\x00-\x7f]|\.ip6|literal"
)


MOST_KEPT = 200
"""Characters of a text whose masked form is kept: pages show the same times and names again and again."""


def mask_address(text: str) -> str:
    """Mask what distinguishes lines in an address: the last part of IPv4, everything after the first 48 bits of IPv6.

    IPv6 with an IPv4 address in its first 48 bits (6to4) shows less. Return `(address)` for a text without one.
    """
    ip = parse_address(text)
    return "(address)" if ip is None else format_masked_form(ip)


def mask_text(text: str, addresses: Collection[Address] = ()) -> str:
    """Return the text with each address in it masked, whatever its spelling.

    `addresses`: known addresses, whose spellings as one number, or with the parts reversed, are masked too.
    """
    if not _LIKELY.search(text):
        return text
    return _mask_text(text, addresses) if addresses or len(text) > MOST_KEPT else _mask_kept(text)


@lru_cache(8_192)
def _mask_kept(text: str) -> str:
    return _mask_text(text, ())


def _mask_text(text: str, addresses: Collection[Address]) -> str:
    view = DecodedText(text)
    known = {number: address for address in addresses for number in list_number_spellings(address)}
    parts, at = [], 0
    for begin, end, masked in find_addresses(
        view.text, known, {address for address in addresses if address.version == 4}
    ):
        first, last = view.locate_span(begin, end)
        parts += [text[at:first], masked]
        at = last
    return "".join([*parts, text[at:]])


def mask_all(value: object, addresses: Collection[Address] = (), keep: Collection[str] = ()) -> object:
    """Mask each text in a JSON value. Keys and the texts under keys of `keep` stay."""
    if isinstance(value, str):
        return mask_text(value, addresses)
    if isinstance(value, Mapping):
        return {key: item if key in keep else mask_all(item, addresses, keep) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_all(item, addresses, keep) for item in value]
    return value


def collect_addresses(texts: Iterable[str | None]) -> frozenset[Address]:
    """Return the addresses in texts, for use as `held`."""
    return frozenset(ip for text in texts if text and (ip := parse_address(text)) is not None)


def list_number_spellings(one: Address) -> Iterator[int]:
    """Yield the whole numbers that spell an address."""
    yield int(one)
    if isinstance(one, IPv4Address):
        yield int(one) | 0xFFFF << 32
        yield int("".join(f"{part:03}" for part in one.packed))
