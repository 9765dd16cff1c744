"""Read the protocol of a row, by its IANA name or number."""

from __future__ import annotations

import re

_NAMES_OF_PROTOCOLS = {
    "1": "icmp", "2": "igmp", "4": "ipip", "6": "tcp", "17": "udp", "27": "rdp", "41": "ipv6", "47": "gre", "50": "esp",
    "51": "ah",    "58": "icmpv6", "89": "ospf", "103": "pim", "115": "l2tp", "132": "sctp", "136": "udplite",
}  # fmt: skip
_PROTOCOLS = {**_NAMES_OF_PROTOCOLS, **{name: name for name in _NAMES_OF_PROTOCOLS.values()}, "ipv6-icmp": "icmpv6"}


def parse_protocol(text: str) -> str | None:
    """Return the name of a protocol, by IANA name or number: `tcp` for `TCP`, `6` or `TCP(6)`."""
    bare = text.strip().lower()
    if bare.isdigit():
        bare = str(int(bare))
    if bare in _PROTOCOLS:
        return _PROTOCOLS[bare]
    parts = [part for part in re.split(r"[\s()/:-]+", bare) if part and part not in {"ip", "proto", "protocol"}]
    names = {_PROTOCOLS.get(part) for part in parts}
    return names.pop() if len(names) == 1 else None
