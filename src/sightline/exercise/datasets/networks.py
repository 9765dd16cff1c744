"""What data sets say of networks: number and name as MMDB; kind of line and circle, and who shares, as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl

from sightline.exercise.addresses import cidr, networks, number
from sightline.exercise.datasets.mmdb import Value, mmdb
from sightline.exercise.networks import (
    CRAWLERS,
    HOSTING,
    HOSTING_NAME,
    NETWORKS,
    RANGE_BITS,
    V6,
    VPN,
    VPN_NAME,
    Plan,
)
from sightline.exercise.states import STATES

OTHERS = (
    (HOSTING, RANGE_BITS, 64530, HOSTING_NAME, "hosting"),
    (VPN, RANGE_BITS, 64531, VPN_NAME, ""),
    (CRAWLERS, 6, 64532, "Khoj Search", "business"),
)
"""First key, bits, number, name and line of networks without lines of their own; of the VPN's no data set says more."""


def network_table(plan: Plan) -> pl.DataFrame:
    """One row an area, or one of the others: `first_key`, `last_key`, `asn`, `isp`, `line`, `circle`."""
    rows: list[tuple[int, int, int, str, str, str]] = []
    for place, one in enumerate(NETWORKS):
        size = plan.table["size"][place]
        for area, state in enumerate(one.states):
            first = one.base + area * size
            rows.append((first, first + size - 1, one.asn, one.name, one.line, STATES[state].circle))
    rows += [(first, first + (1 << bits) - 1, asn, name, line, "") for first, bits, asn, name, line in OTHERS]
    return pl.DataFrame(rows, schema=["first_key", "last_key", "asn", "isp", "line", "circle"], orient="row")


def network_csv(table: pl.DataFrame) -> str:
    """The file of kinds of lines."""
    lines = ["cidr,asn,isp,line,circle"]
    for first, last, asn, isp, line, circle in table.iter_rows():
        lines += [f"{cidr(*one)},{asn},{isp},{line},{circle}" for one in networks(first, last)]
    return "\n".join(lines) + "\n"


def network_mmdb(table: pl.DataFrame, built_at_s: int) -> bytes:
    """The file of numbers and names, in the shape of GeoLite2-ASN."""
    return mmdb(_asn_rows(table), "GeoLite2-ASN", built_at_s)


def _asn_rows(table: pl.DataFrame) -> Iterator[tuple[int, int, Value]]:
    for first, last, asn, isp, _, _ in table.iter_rows():
        value = {"autonomous_system_number": asn, "autonomous_system_organization": isp}
        for key, length in networks(first, last):
            low = number(key)
            yield (low & 0xFFFFFFFF, length + 96, value) if key < V6 else (low, length, value)


def nat_table(plan: Plan, middle_us: int) -> pl.DataFrame:
    """What statements say: `first_key`, `last_key`, `shared`, `subscribers`, `ports`, `assignment`, `until_us`.

    Null is not said. Some static addresses have a statement of their own, of the assignment to a customer: the narrower
    one speaks. That of the IPv6 network ends in the middle of the world.
    """
    rows: list[tuple[int, int, bool, int | None, int | None, str | None, int | None]] = []
    for place, one in enumerate(NETWORKS):
        if one.statement is None:
            continue
        subscribers = one.lines_each if one.statement else None
        until = middle_us if one.base >= V6 else None
        rows.append((one.base, plan.end(one) - 1, one.statement, subscribers, one.ports or None, None, until))
        if one.line == "business":
            some = range(one.base, plan.end(one), max(1, plan.table["size"][place] // 4))
            rows += [(key, key, False, None, None, f"CIRCUIT-{key - one.base:07}", None) for key in some]
    keys = {"first_key": pl.Int64, "last_key": pl.Int64}
    said = {"shared": pl.Boolean, "subscribers": pl.Int64, "ports": pl.Int64, "assignment": pl.String}
    return pl.DataFrame(rows, schema=keys | said | {"until_us": pl.Int64}, orient="row")


def nat_csv(table: pl.DataFrame, since: str) -> str:
    """The file of statements; all hold from that instant on, one of them until its own."""
    lines = ["cidr,shared,subscribers,ports,assignment,from,until"]
    for first, last, shared, subscribers, ports, assignment, until_us in table.iter_rows():
        until = f"{datetime.fromtimestamp(until_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}" if until_us else ""
        said = f"{'yes' if shared else 'no'},{subscribers or ''},{ports or ''},{assignment or ''},{since},{until}"
        lines += [f"{cidr(*one)},{said}" for one in networks(first, last)]
    return "\n".join(lines) + "\n"
