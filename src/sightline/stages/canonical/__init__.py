"""One canonical text per thing: host, page, address, onion and indicator values (`docs/adr/0005-canonical.md`)."""

from .address import Address, AddressClass, address, address_class, address_classes
from .host import Host, authority, host
from .indicator import indicator_value
from .onion import i2p_stems, is_v3, onions
from .page import Page, page

__all__ = [
    "Address",
    "AddressClass",
    "Host",
    "Page",
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
