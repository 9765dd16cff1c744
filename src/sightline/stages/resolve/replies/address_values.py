"""Parse addresses and ports of a reply strictly."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network

from sightline.model import ReplyCode
from sightline.stages.canonical.address import AddressClass, get_address_class, parse_address, parse_dotted_quad
from sightline.stages.resolve.replies.cell_text import SCIENTIFIC, UnreadableValue, normalise_figures
from sightline.stages.tabular import cell_rules

LAST_PORT = 65_535
MOST_PORTS = (LAST_PORT + 1) // 2
"""The number of ports above which a range means the same as no ports."""
_GROUPED = re.compile(r"[0-9]{1,3}(?:[,. '][0-9]{2,3})+|[0-9]+[.,][0-9]*", re.ASCII)
_ONE_NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|[0-9]{1,3}(?:,[0-9]{2,3})+", re.ASCII)
_PORTS = re.compile(r"([0-9]{1,6})(?: ?(?:-|\u2013|to|:|~|\.\.) ?([0-9]{1,6}))?", re.ASCII | re.IGNORECASE)
_WITH_ZERO = re.compile(r"^([0-9]{1,5})\.0$", re.ASCII)
"""A whole number as programs write it that keep columns with gaps as fractions: `39936.0`."""
_BRACKETED = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_INSIDE = frozenset({AddressClass.PRIVATE, AddressClass.SHARED})
_AREA = re.compile(r"([0-9.]{7,15}) ?(?:/ ?([1-9][0-9]?)|(?:-|\u2013|to) ?([0-9.]{7,15}))", re.ASCII)
_WILD = re.compile(r"((?:[0-9]{1,3}\.){1,3})(?:[xX*]{1,3}(?:\.[xX*]{1,3}){0,2})", re.ASCII)


def parse_area(text: str) -> str | None:
    """Return the IPv4 prefix that contains a prefix, a range or a wildcard, or None for any other text."""
    if wild := _WILD.fullmatch(text):
        known = wild[1].rstrip(".").split(".")
        first, last = (".".join([*known, *[end] * (4 - len(known))]) for end in ("0", "255"))
    elif match := _AREA.fullmatch(text):
        first, last = match[1], match[3] or match[1]
    else:
        return None
    low, high = parse_dotted_quad(first), parse_dotted_quad(last)
    if low is None or high is None or high < low:
        return None
    length = 32 - (int(low) ^ int(high)).bit_length()
    if not wild and match and match[2]:
        length = int(match[2])
    return str(ip_network((int(low), length), strict=False)) if 0 < length <= 32 else None


_PREFIX = re.compile(r"([0-9A-Fa-f:]+)/([1-9][0-9]{0,2})", re.ASCII)
_INTERFACE = re.compile(r"([0-9.]{7,15})/([1-9][0-9]?)", re.ASCII)
_V6_BITS = 128


@lru_cache(maxsize=1 << 16)
def parse_endpoint(text: str) -> tuple[str, int | None, bool]:
    """Parse an address: its canonical text, the port if present, and whether it is inside a network.

    An IPv6 prefix is allowed, `2001:db8:1:2::/64`. With bits behind its length, `2001:db8:1:2::7/64`, it is the address
    of a device with the length of its link: that address alone (ADR 18). So is `198.51.100.202/29`, and an address with
    its full length (`/32`). `198[.]51[.]100[.]7`, as addresses are written that shall be no links, is one too.

    Raises UnreadableValue.
    """
    text = normalise_figures(text).replace("[.]", ".")
    if (prefix := _PREFIX.fullmatch(text)) and int(prefix[2]) <= _V6_BITS:
        first, _, is_inside = parse_endpoint(prefix[1])
        if ":" not in first:
            raise UnreadableValue(ReplyCode.BAD_ADDRESS)
        whole = str(ip_network((first, int(prefix[2])), strict=False))
        is_prefix = whole.partition("/")[0] == first and int(prefix[2]) < _V6_BITS
        return whole if is_prefix else first, None, is_inside
    if (own := _INTERFACE.fullmatch(text)) and (own[2] == "32" or parse_area(text) not in {None, f"{own[1]}/{own[2]}"}):
        return parse_endpoint(own[1])
    if _ONE_NUMBER.fullmatch(text) and text.count(".") < 3:
        raise UnreadableValue(ReplyCode.MANGLED_ADDRESS)
    ip, own_port = parse_address(text), None
    if ip is None and (parts := cell_rules.split_endpoint(text)):
        ip, own_port = parse_address(parts[0]), parts[1]
    if ip is None or "%" in text:  # an address of one interface (RFC 4007) is none of the Internet
        raise UnreadableValue(ReplyCode.BAD_ADDRESS)
    if cell_rules.is_of_no_line(ip):
        raise UnreadableValue(ReplyCode.ADDRESS_OF_NO_LINE)
    return str(ip), None if own_port is None else parse_ports(own_port)[0], get_address_class(ip) in _INSIDE


def find_endpoints(text: str) -> list[tuple[str, int | None]]:
    """Return the addresses in a sentence, each with its port if it has one, in order and without repeats."""
    result: dict[tuple[str, int | None], None] = {}
    for token in _BETWEEN_WORDS.split(text):
        if "." in token or ":" in token:
            try:
                ip, port, _ = parse_endpoint(token.strip(".:-"))
            except UnreadableValue:
                continue
            result[(ip, port)] = None
    return list(result)


_BETWEEN_WORDS = re.compile(r"[\s,;|()\"'<>]+")
_WELL_KNOWN = ip_network("64:ff9b::/96")


@lru_cache(maxsize=1 << 16)
def extract_embedded(ip: str) -> str:
    """Return the IPv4 address within an address of the well-known NAT64 prefix (RFC 6052), or any other unchanged."""
    if not ip.startswith("64:ff9b::") or "/" in ip:
        return ip
    whole = ip_address(ip)
    return str(IPv4Address(int(whole) & 0xFFFFFFFF)) if whole in _WELL_KNOWN else ip


@lru_cache(maxsize=1 << 17)
def parse_ports(text: str) -> tuple[int, int]:
    """Return first and last port of `1024` or `1024-2047`; 0 only if nearly all are meant. Raises UnreadableValue."""
    text = _WITH_ZERO.sub(r"\1", _BRACKETED.sub(r"\1", normalise_figures(text)).strip())
    if SCIENTIFIC.fullmatch(text) or _GROUPED.fullmatch(text):
        raise UnreadableValue(ReplyCode.MANGLED_NUMBER)
    match = _PORTS.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not (first > 0 or last - first >= MOST_PORTS) or not first <= last <= LAST_PORT:
        raise UnreadableValue(ReplyCode.BAD_PORT)
    return first, last
