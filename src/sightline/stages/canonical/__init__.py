"""One canonical text per thing: host, page, address, onion and indicator values (`docs/adr/0005-canonical.md`)."""

from sightline.stages.canonical.address import Address, AddressClass, address_class, address_classes, parse_address
from sightline.stages.canonical.host import Host, parse_authority, parse_host
from sightline.stages.canonical.indicator import indicator_value
from sightline.stages.canonical.onion import find_onions, i2p_stems, is_v3
from sightline.stages.canonical.page import CanonicalPage, build_page

__all__ = [
    "Address",
    "AddressClass",
    "CanonicalPage",
    "Host",
    "address_class",
    "address_classes",
    "build_page",
    "find_onions",
    "i2p_stems",
    "indicator_value",
    "is_v3",
    "parse_address",
    "parse_authority",
    "parse_host",
]
