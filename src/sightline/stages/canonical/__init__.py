"""One canonical text per thing: host, page, address, onion and indicator values (`docs/adr/0005-canonical.md`)."""

from sightline.stages.canonical.address import (
    Address,
    AddressClass,
    get_address_class,
    list_address_classes,
    parse_address,
)
from sightline.stages.canonical.host import Host, parse_answer, parse_authority, parse_host
from sightline.stages.canonical.indicator import normalise_indicator_value
from sightline.stages.canonical.onion import find_onions, is_v3, list_i2p_stems
from sightline.stages.canonical.page import CanonicalPage, build_page

__all__ = [
    "Address",
    "AddressClass",
    "CanonicalPage",
    "Host",
    "build_page",
    "find_onions",
    "get_address_class",
    "is_v3",
    "list_address_classes",
    "list_i2p_stems",
    "normalise_indicator_value",
    "parse_address",
    "parse_answer",
    "parse_authority",
    "parse_host",
]
