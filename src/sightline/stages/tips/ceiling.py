"""Decide how far a tip's evidence carries (`docs/adr/0010-tips.md`).

The ceiling of a session, with every rule that applies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from sightline.model import Ceiling, TimeBasis
from sightline.stages.canonical.address import AddressClass, get_address_class
from sightline.stages.tips.model import TipEvent


class CeilingRule(StrEnum):
    """A rule that sets a ceiling. The first rule in this order that applies is used."""

    POSSIBLE_PROXY = "possible-proxy"
    ZONE_UNDECLARED = "zone-undeclared"
    PEER_TO_PEER = "peer-to-peer"
    INSIDE_ADDRESS = "inside-address"
    ADDRESS_OF_NOBODY = "address-of-nobody"
    NO_SOURCE_PORT = "no-source-port"
    PORT_AND_TIME = "port-and-time"


@dataclass(frozen=True, slots=True)
class CeilingReason:
    """A rule that applies, the ceiling that it sets, and its meaning in plain words."""

    rule: CeilingRule
    ceiling: Ceiling
    text: str


_REASONS = {
    CeilingRule.POSSIBLE_PROXY: (Ceiling.RELAY, "the report itself says that the address may be a proxy's"),
    CeilingRule.ZONE_UNDECLARED: (Ceiling.TIME_UNPROVEN, "no zone stands in the record, and none was declared"),
    CeilingRule.PEER_TO_PEER: (Ceiling.CONNECTION_ONLY, "a peer was seen; that it sent anything is not stated"),
    CeilingRule.INSIDE_ADDRESS: (Ceiling.SHARED, "an address from within a network, never a line of its own"),
    CeilingRule.ADDRESS_OF_NOBODY: (Ceiling.SHARED, "an address of a range that is given to no line"),
    CeilingRule.NO_SOURCE_PORT: (Ceiling.SHARED, "no source port: one of many may have had the address, N unknown"),
    CeilingRule.PORT_AND_TIME: (Ceiling.SUBSCRIBER, "a source port and a proven time: one line, if the ISP confirms"),
}
_INSIDE = frozenset({AddressClass.PRIVATE, AddressClass.SHARED})


def list_reasons(events: Sequence[TipEvent], *, exercise: bool) -> tuple[CeilingReason, ...]:
    """Return the rules that apply to a session, first the one that sets its ceiling.

    `exercise`: documentation addresses count as public ones.
    """
    first = events[0]
    kind = get_address_class(ip_address(first.source_ip))
    is_public = kind is AddressClass.PUBLIC or (exercise and kind is AddressClass.DOCUMENTATION)
    holding = {
        CeilingRule.POSSIBLE_PROXY: any(event.is_possible_proxy for event in events),
        CeilingRule.ZONE_UNDECLARED: any(event.time.basis is TimeBasis.NONE for event in events),
        CeilingRule.PEER_TO_PEER: any(event.is_peer_to_peer and not _has_received(event) for event in events),
        CeilingRule.INSIDE_ADDRESS: kind in _INSIDE,
        CeilingRule.ADDRESS_OF_NOBODY: not is_public and kind not in _INSIDE,
        CeilingRule.NO_SOURCE_PORT: first.source_port is None,
    }
    ceiling_rules = [rule for rule in CeilingRule if holding.get(rule)] or [CeilingRule.PORT_AND_TIME]
    return tuple(CeilingReason(rule, *_REASONS[rule]) for rule in ceiling_rules)


def _has_received(event: TipEvent) -> bool:
    """Return whether the capture states that bytes of a named file came from that very peer."""
    return bool(event.received_bytes) and bool(event.digests)
