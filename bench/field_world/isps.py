"""The invented ISPs: technology, addresses, how lines get them, what they state, and how their clerks write."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from random import Random

from bench.field_world.model import Book, Kind, Line, Online

CIRCLES = [
    ("KL", "Kerala", "IN-KL", ["Thrissur", "Ernakulam", "Kollam", "Kannur"]),
    ("TN", "Tamil Nadu", "IN-TN", ["Madurai", "Salem", "Erode", "Thanjavur"]),
    ("MH", "Maharashtra", "IN-MH", ["Pune", "Nashik", "Nagpur", "Satara"]),
    ("RJ", "Rajasthan", "IN-RJ", ["Jaipur", "Udaipur", "Kota", "Ajmer"]),
    ("PB", "Punjab", "IN-PB", ["Ludhiana", "Patiala", "Moga", "Amritsar"]),
]
"""Code, name, ISO 3166-2 and districts of telecom circles."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How an ISP works. `tech` decides how addresses are given; `states` what the unit holds as its statement.

    `layout` names the layouts of its house. `exclusive_word`: what its own rows say of an address that is one line's;
    empty where they say nothing.
    """

    name: str
    asn: int
    kind: Kind
    tech: str
    layout: str
    share: float
    circles: tuple[int, ...]
    has_ipv6: bool = False
    block_base: int = 0
    block_size: int = 0
    states: str = "none"
    nat_logs: str = "unknown"
    zone: str = "Asia/Kolkata"
    date_order: str = "dmy"
    exclusive_word: str = ""
    number: str = "user"


PLANS = [
    Plan("Malabar Fibrenet", 64501, Kind.FIXED, "pppoe-daily", "ipdr-xlsx durations",
         0.17, (0, 1), has_ipv6=True,
         states="unshared", number="user"),
    Plan("Kaveri DSL", 64502, Kind.FIXED, "pppoe-long", "radius-detail radius-csv zone-each",
         0.10, (1, 2), states="unshared"),
    Plan("Godavari Cable", 64503, Kind.FIXED, "dhcp", "dhcp-table dhcpd-leases",
         0.11, (2,), has_ipv6=True, states="unshared",
         number="circuit"),
    Plan("Narmada Broadband", 64504, Kind.FIXED, "blocks", "block-semicolons",
         0.13, (2, 3), block_base=1024,
         block_size=1000, states="blocks", nat_logs="blocks"),
    Plan("Chenab Mobile", 64505, Kind.MOBILE, "connections", "connection-bars connection-xlsx",
         0.14, (0, 4), states="reuses",
         nat_logs="destinations", number="msisdn"),
    Plan("Satpura Mobile", 64506, Kind.MOBILE, "blocks-mobile", "ipdr-12h blocks-xlsx",
         0.10, (3,), has_ipv6=True,
         block_base=2048, block_size=512, states="blocks", nat_logs="blocks", number="msisdn"),
    Plan("Vindhya Leased", 64507, Kind.LEASED, "static", "static-xlsx",
         0.05, (1, 3), states="unshared",
         number="circuit"),
    Plan("Sahyadri Softwire", 64508, Kind.FIXED, "map-e", "map-csv",
         0.06, (2,), has_ipv6=True, states="shared",
         nat_logs="blocks"),
    Plan("Nilgiri Net", 64509, Kind.FIXED, "blocks-inside", "two-steps syslog-steps",
         0.07, (1,), block_base=1024, block_size=504,
         states="shared", nat_logs="blocks"),
    Plan("Pamba Online", 64510, Kind.FIXED, "pppoe-long", "ipdr-type two-windows",
         0.07, (0,), states="none",
         exclusive_word="Dedicated public IP"),
]  # fmt: skip


@dataclass(slots=True)
class Area:
    """An ISP's part in one telecom circle: its public IPv4 addresses and its IPv6 prefix (/40)."""

    circle: int
    first: int
    count: int
    prefix: IPv6Network

    def ip(self, index: int) -> str:
        """The text of an address of the area."""
        return str(IPv4Address(self.first + index % self.count))

    def delegated(self, index: int, length: int) -> str:
        """The text of a prefix of `length` of the area."""
        base = int(self.prefix.network_address) + (index << (128 - length))
        return f"{IPv6Address(base)}/{length}"


@dataclass(slots=True)
class Isp:
    """An ISP of a world, with all that its systems recorded."""

    plan: Plan
    areas: list[Area]
    lines: list[Line] = field(default_factory=list)
    book: Book = field(default_factory=Book)
    access: Book = field(default_factory=Book)
    online: dict[str, Online] = field(default_factory=dict)
    online_v6: dict[str, Online] = field(default_factory=dict)


FIRST_NAMES = "Anil Bindu Chitra Deepa Elias Farida Gopal Hari Indira Jaya Kiran Latha Manoj Nisha Omana Prem".split()
LAST_NAMES = "Varkey Pillai Menoth Kurup Thampi Nambiar Gowda Shetty Patil Rathore Gill Sandhu Joshi Kale".split()


def make_line(dice: Random, plan: Plan, circle: int, index: int) -> Line:
    """Draw a line of an ISP. Numbers begin with 555, which is given to nobody."""
    _, _, state, districts = CIRCLES[circle]
    word = "".join(part[0] for part in plan.name.lower().split())
    msisdn = f"9199{plan.asn % 100:02d}{index:06d}"
    number = {
        "msisdn": msisdn,
        "user": f"{word}{plan.asn % 100:02d}_{100_000 + index * 7}",
        "circuit": f"{word.upper()}/{CIRCLES[circle][0]}/{700_000 + index * 3}",
    }[plan.number]
    return Line(
        line_id=f"{plan.asn}-{index}",
        isp=plan.name,
        circle=circle,
        number=number,
        contact=f"9198{plan.asn % 100:02d}{500_000 + index // 2:06d}",
        name=f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}",
        address=f"{dice.randint(1, 900)} {dice.choice(LAST_NAMES)} Road, Ward {dice.randint(1, 40)}",
        state=state,
        district=dice.choice(districts),
        kind=plan.kind,
        imsi=f"40400{plan.asn % 100:02d}{index:08d}" if plan.kind is Kind.MOBILE else "",
        imei=f"3500000{plan.asn % 100:02d}{index:06d}" if plan.kind is Kind.MOBILE else "",
    )
