"""The channels that record visits: each a source with its declarations and one kind of log, as a unit would hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sightline.exercise.sites import SERVERS


@dataclass(frozen=True, slots=True)
class Channel:
    """A source and its log. Declared values are the unit's statements; `true_*` is the real behaviour of its clock.

    `mapped`: whether its server writes IPv4 as IPv6 (`::ffff:192.0.2.1`), as one does that listens on both at once.
    `share`: of sessions without a log fault; each log fault has a channel of its own, with the fault's name. `drift_s`:
    its clock's offset at two instants (`clocks`) of comparison; between them it drifts evenly. `server`: the position
    of the only site on a seized server, whose whole log counts.
    """

    name: str
    kind: str
    format: str
    share: float
    files: int = 1
    packed: bool = False
    server: int | None = None
    use: str = "leads"
    zone: str | None = None
    zone_basis: str | None = None
    offset_s: float = 0.0
    uncertainty_s: int = 900
    measured: str | None = None
    date_order: Literal["dmy"] | None = None
    true_zone: str = "UTC"
    true_offset_s: float = 0.0
    fault: str | None = None
    mapped: bool = False
    trusted_hops: int = 0
    drift_s: tuple[float, float] | None = None

    @property
    def all_hits_of(self) -> str | None:
        """Return the indicator whose visits the whole log is."""
        return None if self.server is None else f"{SERVERS[self.server]}.example"


TWICE = "compared with NTP at both visits, S. Rao"
TWICE_UNCERTAINTY_S = 2
"""The drift of a clock, as it was compared."""
NTP = "compared with NTP at the seizure, 8.4.2026, S. Rao"
LETTER = "letter of the operator of 9.4.2026: local time of the zone"

CHANNELS = (
    Channel(
        "board",
        "seized-server",
        "combined",
        0.25,
        files=3,
        packed=True,
        server=0,
        offset_s=42.0,
        uncertainty_s=2,
        measured=NTP,
        true_zone="Asia/Kolkata",
        true_offset_s=42.0,
    ),
    Channel("forum", "seized-server", "combined-port", 0.16, files=2, packed=True, server=1),
    Channel("gallery", "seized-server", "caddy", 0.13, server=2, uncertainty_s=1, measured=NTP),
    Channel(
        "chat",
        "seized-server",
        "haproxy",
        0.1,
        packed=True,
        server=3,
        mapped=True,
        zone="Asia/Kolkata",
        zone_basis=LETTER,
        true_zone="Asia/Kolkata",
    ),
    Channel("proxy", "proxy", "squid", 0.15, files=2, packed=True),
    Channel("resolver", "resolver", "bind", 0.08, zone="Asia/Kolkata", zone_basis=LETTER, true_zone="Asia/Kolkata"),
    Channel("cafe", "resolver", "dnsmasq", 0.02, zone="Asia/Kolkata", true_zone="Asia/Kolkata"),
    Channel("flows", "isp", "zeek-conn", 0.05, packed=True),
    Channel("sensor", "isp", "zeek-http", 0.06, uncertainty_s=1, measured=NTP),
    Channel("block-page", "block-page", "vhost-combined", 0, use="statistics", fault="statistics"),
    Channel("undeclared", "seized-server", "haproxy", 0, server=4, zone="Asia/Kolkata", fault="zone-undeclared"),
    Channel(
        "wrong-zone",
        "seized-server",
        "haproxy",
        0,
        server=5,
        zone="Asia/Kolkata",
        zone_basis=LETTER,
        fault="zone-wrong",
    ),
    Channel(
        "panel",
        "seized-server",
        "formats/panel.toml",
        0,
        server=12,
        zone="Asia/Kolkata",
        zone_basis=LETTER,
        date_order="dmy",
        true_zone="Asia/Kolkata",
        fault="day-month",
    ),
    Channel("behind", "seized-server", "combined", 0, server=13, trusted_hops=1, fault="forwarded"),
    Channel(
        "slow-clock",
        "seized-server",
        "combined-port",
        0,
        server=6,
        offset_s=-4380.0,
        uncertainty_s=5,
        measured=NTP,
        true_offset_s=-4380.0,
        fault="clock-offset",
    ),
    Channel("drifting", "seized-server", "combined-port", 0, server=14, drift_s=(-30.0, 210.0), fault="clock-drift"),
    Channel("uploads", "seized-server", "caddy", 0, server=15, uncertainty_s=1, measured=NTP, fault="log-end"),
    Channel("odd-clock", "seized-server", "combined-port", 0, server=7, true_offset_s=5400.0, fault="clock-wrong"),
    Channel("backwards", "seized-server", "combined-port", 0, server=8, fault="clock-backwards"),
    Channel(
        "summer",
        "seized-server",
        "haproxy",
        0,
        server=9,
        zone="Australia/Sydney",
        zone_basis=LETTER,
        uncertainty_s=5,
        measured=NTP,
        true_zone="Australia/Sydney",
        fault="dst",
    ),
    Channel("replayed", "seized-server", "combined-port", 0, server=10, fault="replayed"),
    Channel("copied", "seized-server", "combined-port", 0, server=10, fault="copied"),
    Channel("truncated", "seized-server", "combined-port", 0, server=10, files=2, packed=True, fault="truncated"),
    Channel("poisoned", "seized-server", "combined-port", 0, server=11, fault="poisoned"),
)
"""A channel's position is its number in every table."""

PANEL = "formats/panel.toml"
"""The one format that is not built in: it is part of the world, as a unit's own format."""
WITHOUT_PORT = frozenset({"combined", "squid", "dnsmasq", "vhost-combined"})
WITH_HEADERS = frozenset({"caddy"})
"""Formats whose raw frame holds the headers of a request."""
