"""One canonical text per thing: host, page, address, onion and indicator values (`docs/adr/0005-canonical.md`)."""

from sightline.stages.canonical.address import Address, AddressClass, address, address_class, address_classes
from sightline.stages.canonical.host import Host, authority, host
from sightline.stages.canonical.indicator import indicator_value
from sightline.stages.canonical.onion import i2p_stems, is_v3, onions
from sightline.stages.canonical.page import CanonicalPage, page

__all__ = [
    "Address",
    "AddressClass",
    "CanonicalPage",
    "Host",
    "address",
    "address_class",
    "address_classes",
    "authority",
    "host",
    "i2p_stems",
    "indicator_value",
    "is_v3",
    "onions",
    "page",
]
