"""Parse addresses: the strict text of fields and indicators, the WHATWG spellings of hosts, and the address policy."""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address

_DOTTED_QUAD = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})", re.ASCII)
_IPV6 = re.compile(r"([0-9A-Fa-f:.]{2,45})(?:%[A-Za-z0-9._~%-]+)?", re.ASCII)


def parse_address(raw: bytes | str) -> Address | None:
    """Give the address that `raw` spells strictly: dotted quad, or IPv6 without brackets.

    IPv4-mapped is IPv4; a zone id (RFC 6874) is dropped. None where it is no address.
    """
    text = raw.decode("latin-1") if isinstance(raw, bytes) else raw
    return parse_dotted_quad(text) or parse_ipv6(text)


def parse_dotted_quad(text: str) -> IPv4Address | None:
    """Give the IPv4 address of four decimal parts without leading zeros."""
    if not _DOTTED_QUAD.fullmatch(text):
        return None
    octets = [int(part) for part in text.split(".")]
    return IPv4Address(bytes(octets)) if max(octets) <= 255 else None


def parse_ipv6(text: str) -> Address | None:
    """Give the address of IPv6 text without brackets; its grammar is that of WHATWG, which `ipaddress` shares."""
    parts = _IPV6.fullmatch(text)
    if not parts:
        return None
    try:
        ip = IPv6Address(parts[1])
    except ValueError:
        return None
    return ip.ipv4_mapped or ip


def ends_in_number(name: str) -> bool:
    """Tell whether the last part makes a name IPv4 or nothing (WHATWG's ends-in-a-number checker)."""
    last = name.removesuffix(".").rpartition(".")[2]
    return bool(re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", last, re.ASCII))


def parse_whatwg_ipv4(name: str) -> IPv4Address | None:
    """Give the IPv4 address in any WHATWG spelling (`0x7f.1`), one trailing dot allowed."""
    parts = [_parse_whatwg_number(part) for part in name.removesuffix(".").split(".")]
    numbers = [part for part in parts if part is not None]
    if len(numbers) != len(parts) or len(parts) > 4:
        return None
    *high, last = numbers
    if any(number > 255 for number in high) or last >= 256 ** (5 - len(parts)):
        return None
    return IPv4Address(sum(number << 8 * (3 - at) for at, number in enumerate(high)) + last)


def _parse_whatwg_number(part: str) -> int | None:
    if re.fullmatch(r"0[xX][0-9A-Fa-f]*", part, re.ASCII):
        return int(part[2:] or "0", 16)
    if re.fullmatch(r"0[0-7]+", part, re.ASCII):
        return int(part, 8)
    return int(part) if re.fullmatch(r"0|[1-9][0-9]*", part, re.ASCII) else None


class AddressClass(StrEnum):
    """The class of an address: on the open internet, where a site can be, or why not."""

    PUBLIC = "public"
    PRIVATE = "private"
    SHARED = "shared"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    MULTICAST = "multicast"
    UNSPECIFIED = "unspecified"
    DOCUMENTATION = "documentation"
    RESERVED = "reserved"


_POLICY = """
0.0.0.0/32       unspecified
10.0.0.0/8       private
100.64.0.0/10    shared
127.0.0.0/8      loopback
169.254.0.0/16   link-local
172.16.0.0/12    private
192.0.2.0/24     documentation
192.168.0.0/16   private
198.18.0.0/15    documentation
198.51.100.0/24  documentation
203.0.113.0/24   documentation
224.0.0.0/4      multicast
0.0.0.0/8        reserved
192.0.0.0/24     reserved
192.31.196.0/24  reserved
192.52.193.0/24  reserved
192.88.99.0/24   reserved
192.175.48.0/24  reserved
240.0.0.0/4      reserved
0.0.0.0/0        public
::/128           unspecified
::1/128          loopback
fc00::/7         private
fe80::/10        link-local
ff00::/8         multicast
2001:db8::/32    documentation
3fff::/20        documentation
2001::/23        reserved
2002::/16        reserved
2620:4f:8000::/48 reserved
2000::/3         public
::/0             reserved
"""
"""The first row that holds an address decides (IANA special-purpose registries; IPv6 outside 2000::/3 is reserved)."""

_CLASSES: list[tuple[IPv4Network | IPv6Network, AddressClass]] = [
    (ip_network(row.split()[0]), AddressClass(row.split()[1])) for row in _POLICY.split("\n") if row
]


def get_address_class(ip: Address) -> AddressClass:
    """Give the class of an address; an IPv4-mapped one is its IPv4 address."""
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    return next(kind for network, kind in _CLASSES if ip.version == network.version and ip in network)


def list_class_begins() -> list[tuple[int, AddressClass]]:
    """Give where each class begins, in the order of the 128-bit numbers, IPv4 as `::ffff:a.b.c.d`."""
    mapped = 0xFFFF << 32
    cuts = {0, mapped, mapped + (1 << 32)}
    for network, _ in _CLASSES:
        base = mapped if network.version == 4 else 0
        cuts |= {base + int(network.network_address), base + int(network.broadcast_address) + 1}
    return [(cut, get_address_class(IPv6Address(cut))) for cut in sorted(cuts) if cut < 1 << 128]


def list_address_classes(network_facts: IPv4Network | IPv6Network) -> frozenset[AddressClass]:
    """Give the classes that addresses of a network have."""
    classes: set[AddressClass] = set()
    for network, kind in _CLASSES:
        if network.version == network_facts.version and network.overlaps(network_facts):
            classes.add(kind)
            if network.prefixlen <= network_facts.prefixlen:
                break
    return frozenset(classes)
