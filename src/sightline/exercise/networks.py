"""The networks of the world, and which line has which address when: a bijection that works in both directions.

An address is a *key*: an IPv4 address as its number; `2001:db8:A:B::/64` as 2^33 + A * 65536 + B.
A network gives each state an *area* of 2^bits addresses. In lease e of an area, line l holds the address
`(l // lines_each * step + e * shift) mod 2^bits`, so no two lines hold one at a time, and who held it can be computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from sightline.exercise.dice import Dice
from sightline.exercise.period import DAY_US
from sightline.exercise.states import STATES

V6 = 1 << 33
STEP = 2_654_435
"""Odd, so that it has an inverse modulo any power of two; under 2^22, so that products stay far below 2^63."""
SHIFT = 40_503
FILLED = 0.9
"""The part of an area's addresses that lines have at a time."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network. `lease_us` is how long a line keeps an address, 0 for ever; `lines_each` how many lines share one.

    `ports` is the size of a port block, 0 for none; the first one begins at `first_port`. `agreement`: how often two
    city data sets name the same state. `statement` is the content of an imported statement: whether addresses are
    shared, or nothing (None).
    """

    name: str
    asn: int
    line: str
    share: float
    base: int
    states: tuple[int, ...]
    agreement: float
    lease_us: int = 0
    lines_each: int = 1
    ports: int = 0
    first_port: int = 0
    statement: bool | None = None


ALL = tuple(range(len(STATES)))


def _make_v4(number: int) -> int:
    return (240 + number) << 24


LINES = (
    Network("Anvara Broadband", 64512, "fixed", 0.34, _make_v4(0), ALL, 0.21, DAY_US, statement=False),
    Network("Kayal Cable", 64513, "fixed", 0.22, _make_v4(1), (0,), 0.99, DAY_US, statement=False),
    Network("Meghdoot Fibre", 64514, "fixed", 0.2, _make_v4(2), (0, 1, 2, 3), 0.69, DAY_US, statement=False),
    Network("Tarang Business", 64515, "business", 0.12, _make_v4(3), ALL, 0.9, statement=False),
    Network("Sagar Fibre", 64516, "fixed", 0.12, V6, (0, 1, 2, 4), 0.69, statement=False),
)
"""Networks whose lines have an address of their own."""
NAT = (
    Network("Jivan Mobile", 64517, "mobile", 0.55, _make_v4(4), ALL, 0.21, DAY_US, 64, statement=True),
    Network("Vayu Mobile", 64518, "mobile", 0.45, _make_v4(5), ALL, 0.4, DAY_US, 64),
)
BLOCKS = (
    Network("Aakash Mobile", 64519, "mobile", 1.0, _make_v4(6), ALL, 0.45, DAY_US, 63, 1000, 1024, statement=True),
)
HOTSPOTS = (Network("Pravah Hotspot", 64520, "fixed", 1.0, _make_v4(7), (0, 1, 2), 0.69, 600_000_000, statement=False),)
"""The network whose addresses move to another line every ten minutes."""
NETWORKS = (*LINES, *NAT, *BLOCKS, *HOTSPOTS)

REUSING_AREA = 5
"""From this area on the first NAT network gives a port to several lines at once, by destination."""
RESALE_EACH, RESALE = 8, 3
"""Of every eight lines of a business one is an operator's: the fourth."""

HOSTING, UNKNOWN, VPN = (198 << 24 | 19 << 16 | third << 8 for third in (0, 64, 128))
"""198.19.0.0/18, 198.19.64.0/18, which no data set contains, and 198.19.128.0/18."""
RANGE_BITS = 14
CRAWLERS, AGENCY = (198 << 24) + (51 << 16) + (100 << 8), (198 << 24) + (51 << 16) + (100 << 8) + 128
"""198.51.100.0/26 and 198.51.100.128/28."""
INSIDE = (100 << 24) + (64 << 16)
HOSTING_NAME, VPN_NAME = "Nimbus Hosting", "Kavach VPN"


@dataclass(frozen=True)
class NetworkPlan:
    """The networks of a world of that size, with their areas."""

    dice: Dice
    sessions: int

    def count_bits(self, network: Network) -> int:
        """Return the bits of an area, which has 2^bits addresses.

        There is a line for every third session of the network, and at least 16.
        """
        lines = self.sessions * network.share / 3 / network.lines_each / len(network.states)
        return max(4, min(20, math.ceil(math.log2(max(1.0, lines / FILLED)))))

    @cached_property
    def table(self) -> pl.DataFrame:
        """Return one row for each network, in the order of NETWORKS, with its arithmetic constants."""
        bits = [self.count_bits(network) for network in NETWORKS]
        size = [1 << some for some in bits]
        return pl.DataFrame(
            {
                "network": list(range(len(NETWORKS))),
                "base": [network.base for network in NETWORKS],
                "size": size,
                "held": [int(some * FILLED) * network.lines_each for some, network in zip(size, NETWORKS, strict=True)],
                "areas": [len(network.states) for network in NETWORKS],
                "lease_us": [network.lease_us for network in NETWORKS],
                "lines_each": [network.lines_each for network in NETWORKS],
                "ports": [network.ports for network in NETWORKS],
                "first_port": [network.first_port for network in NETWORKS],
                "back": [pow(STEP, -1, some) for some in size],
            },
            schema_overrides=dict.fromkeys(("network", "base", "size", "held", "back"), pl.Int64),
        )

    def end(self, network: Network) -> int:
        """Return the key after the last one of a network."""
        return network.base + (len(network.states) << self.count_bits(network))


def compute_address_key(at: str) -> pl.Expr:
    """Return the key of the address that a line (`area`, `index`) has at that time.

    Reads the columns of `NetworkPlan.table`.
    """
    place = (pl.col("index") // pl.col("lines_each") * STEP + _number_lease(at) * SHIFT) % pl.col("size")
    return pl.col("base") + pl.col("area") * pl.col("size") + place


def find_holder(at: str, key: str, port: str, *, first_of_many: bool = False) -> pl.Expr:
    """Return the `index` of the line with the key at that time, from the columns of `NetworkPlan.table` and `area`.

    Null, or the first, if the address is shared and no port distinguishes the lines. It may be a spare address without
    a line.
    """
    place = (pl.col(key) - pl.col("base")) % pl.col("size")
    # The remainder in Polars has the sign of the dividend: the sum keeps it above zero.
    turned = (place - _number_lease(at) * SHIFT) % pl.col("size")
    group = ((turned + pl.col("size")) % pl.col("size") * pl.col("back")) % pl.col("size")
    block = (pl.col(port) - pl.col("first_port")) // pl.col("ports")
    slot = pl.when(pl.col("lines_each") == 1).then(0).when(pl.col("ports") > 0).then(block)
    return group * pl.col("lines_each") + (pl.lit(0) if first_of_many else slot)


def is_resale(index: str) -> pl.Expr:
    """Return whether a line of a business is an operator's."""
    return pl.col(index) % RESALE_EACH == RESALE


def compute_lease_end(at: str) -> pl.Expr:
    """Return when the lease of that time ends, or null if it never does."""
    length = pl.when(pl.col("lease_us") > 0).then(pl.col("lease_us"))
    return (_number_lease(at) + 1) * length - pl.col("area") * 3_600_000_000


def _number_lease(at: str) -> pl.Expr:
    """The number of the lease; areas begin theirs at different hours."""
    length = pl.when(pl.col("lease_us") > 0).then(pl.col("lease_us"))
    return ((pl.col(at) + pl.col("area") * 3_600_000_000) // length).fill_null(0)


def compute_line_number(index: str) -> pl.Expr:
    """Return the number of a line, unique over all networks."""
    return (pl.col("network") * 64 + pl.col("area")) * (1 << 40) + pl.col(index)
