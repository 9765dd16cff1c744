"""Parse the ranges of trusted proxies from the texts that officers enter."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from sightline.errors import UsageError
from sightline.stages.canonical.address import parse_address
from sightline.stages.scan.options import AddressRange

FORMS = "198.51.100.7, 198.51.100.0/28 or 198.51.100.7-198.51.100.9"


def parse_proxy_ranges(texts: Iterable[str], what: str = "--trusted-proxy") -> tuple[AddressRange, ...]:
    """Return the first and last address of each text: an address, a CIDR, or `first-last`.

    Raises UsageError, naming `what`.
    """
    return tuple(_parse_range(text.strip(), what) for text in texts)


def _parse_range(text: str, what: str) -> AddressRange:
    first, dash, last = text.partition("-")
    if "/" in text and not dash:
        try:
            network = ip_network(text)
        except ValueError as error:
            raise UsageError(f"{what} {text}: {error}", hint=FORMS) from None
        return str(network.network_address), str(network.broadcast_address)
    begins, ends = parse_address(first), parse_address(last if dash else first)
    if begins is None or ends is None or begins.version != ends.version or int(begins) > int(ends):
        raise UsageError(f"{what} {text}: no address and no range", hint=FORMS)
    return str(begins), str(ends)
