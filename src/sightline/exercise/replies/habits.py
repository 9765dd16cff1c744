"""The reply style of each ISP: its layout and zone, and whether it repeats the notice's row ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sightline.errors import UsageError
from sightline.exercise.networks import NETWORKS

IST, ABROAD = "Asia/Kolkata", "Australia/Sydney"


@dataclass(frozen=True, slots=True)
class Habit:
    """An ISP's habits when it answers. `variant` distinguishes headers of the same layout."""

    layout: str
    variant: str = ""
    zone: str = IST
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    repeats: bool = False
    is_abroad: bool = False


HABITS = {
    "Anvara Broadband": Habit("ipdr-2013", "circular", date_order="dmy"),
    "Kayal Cable": Habit("radius-detail"),
    "Meghdoot Fibre": Habit("dhcp-leases", date_order="ymd"),
    "Tarang Business": Habit("ipdr-2013", "circular", date_order="dmy", repeats=True),
    "Sagar Fibre": Habit("ipdr-2013", "vendor", zone="UTC", date_order="ymd", repeats=True),
    "Jivan Mobile": Habit("ipdr-2021", "circular", date_order="dmy"),
    "Vayu Mobile": Habit("nat-blocks", "vendor", date_order="ymd", repeats=True),
    "Aakash Mobile": Habit("nat-blocks", "circular", date_order="dmy"),
    "Pravah Hotspot": Habit("radius-csv", date_order="ymd", is_abroad=True),
}
"""`is_abroad`: its server is in a zone where summer time ends, so that every reply has the fault `reply-dst`."""


def find_network(licensee: str) -> int:
    """Return the position of a licensee's network. Raises UsageError for one outside the world."""
    names = [network.name for network in NETWORKS]
    if licensee not in names:
        raise UsageError(f"there is no ISP {licensee!r} in the world", hint=f"one of {', '.join(names)}")
    return names.index(licensee)
