"""Generate data sets of networks: number and name as MMDB; kind of line, circle, and sharing as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl

from sightline.exercise.addresses import cover_keys, format_network, number_key
from sightline.exercise.datasets.mmdb import Value, write_mmdb
from sightline.exercise.networks import (
    CRAWLERS,
    HOSTING,
    HOSTING_NAME,
    NETWORKS,
    RANGE_BITS,
    RESALE,
    RESALE_EACH,
    REUSING_AREA,
    STEP,
    V6,
    VPN,
    VPN_NAME,
    Network,
    NetworkPlan,
)
from sightline.exercise.shared_ports import BY_CONNECTION
from sightline.exercise.states import STATES

OTHERS = (
    (HOSTING, RANGE_BITS, 64530, HOSTING_NAME, "hosting"),
    (VPN, RANGE_BITS, 64531, VPN_NAME, ""),
    (CRAWLERS, 6, 64532, "Khoj Search", "business"),
)
"""First key, bits, number, name and line of networks without lines of their own. No data set has more about the VPN's.
"""


def build_network_table(plan: NetworkPlan) -> pl.DataFrame:
    """Return one row for each area, or other network: `first_key`, `last_key`, `asn`, `isp`, `line`, `circle`."""
    rows: list[tuple[int, int, int, str, str, str]] = []
    for place, network in enumerate(NETWORKS):
        size = plan.table["size"][place]
        for area, state in enumerate(network.states):
            first = network.base + area * size
            rows.append((first, first + size - 1, network.asn, network.name, network.line, STATES[state].circle))
    rows += [(first, first + (1 << bits) - 1, asn, name, line, "") for first, bits, asn, name, line in OTHERS]
    return pl.DataFrame(rows, schema=["first_key", "last_key", "asn", "isp", "line", "circle"], orient="row")


def build_network_csv(table: pl.DataFrame) -> str:
    """Return the file of kinds of lines."""
    lines = ["cidr,asn,isp,line,circle"]
    for first, last, asn, isp, line, circle in table.iter_rows():
        lines += [f"{format_network(*network)},{asn},{isp},{line},{circle}" for network in cover_keys(first, last)]
    return "\n".join(lines) + "\n"


def build_network_mmdb(table: pl.DataFrame, built_at_s: int) -> bytes:
    """Return the file of numbers and names, in the form of GeoLite2-ASN."""
    return write_mmdb(_build_asn_rows(table), "GeoLite2-ASN", built_at_s)


def _build_asn_rows(table: pl.DataFrame) -> Iterator[tuple[int, int, Value]]:
    for first, last, asn, isp, _, _ in table.iter_rows():
        value = {"autonomous_system_number": asn, "autonomous_system_organization": isp}
        for key, length in cover_keys(first, last):
            low = number_key(key)
            yield (low & 0xFFFFFFFF, length + 96, value) if key < V6 else (low, length, value)


NETWORK_COLUMNS: dict[str, type[pl.DataType]] = {
    "first_key": pl.Int64,
    "last_key": pl.Int64,
    "shared": pl.Boolean,
    "subscribers": pl.Int64,
    "ports": pl.Int64,
    "block_base": pl.Int64,
    "reuses_ports": pl.Boolean,
    "is_operator": pl.Boolean,
    "assignment": pl.String,
    "until_us": pl.Int64,
}
"""The columns of a statement. Null is no statement."""


def build_nat_table(plan: NetworkPlan, middle_us: int) -> pl.DataFrame:
    """Return the statements: the columns of NETWORK_COLUMNS.

    Some static addresses have a statement of their own, about the assignment to a customer, or that the customer is an
    operator: the narrower one applies. That of the IPv6 network ends in the middle of the world.
    """
    rows: list[dict[str, object]] = []
    for place, network in enumerate(NETWORKS):
        if network.statement is None:
            continue
        columns: dict[str, object] = {"shared": network.statement}
        columns["subscribers"] = network.lines_each if network.statement else None
        columns |= {"ports": network.ports or None, "block_base": network.first_port or None}
        columns["until_us"] = middle_us if network.base >= V6 else None
        size = plan.table["size"][place]
        ends = plan.end(network)
        if place == BY_CONNECTION:
            first = network.base + REUSING_AREA * size
            rows.append({"first_key": first, "last_key": ends - 1} | columns | {"reuses_ports": True})
            ends = first
        rows.append({"first_key": network.base, "last_key": ends - 1} | columns)
        if network.line == "business":
            rows += _state_customers(network, size, plan.table["held"][place])
    return pl.DataFrame(rows, schema=NETWORK_COLUMNS)


def _state_customers(network: Network, size: int, line_count: int) -> Iterator[dict[str, object]]:
    """Statements of single static addresses: of every other operator, and of some assignments."""
    lines = range(RESALE, line_count, RESALE_EACH * 2)
    areas = range(len(network.states))
    operators = {network.base + area * size + line * STEP % size for area in areas for line in lines}
    for key in sorted(operators):
        yield {"first_key": key, "last_key": key, "is_operator": True, "shared": True}
    for key in range(network.base, network.base + len(network.states) * size, max(1, size // 4)):
        if key not in operators:
            assignment = f"CIRCUIT-{key - network.base:07}"
            yield {"first_key": key, "last_key": key, "shared": False, "assignment": assignment}


def build_nat_csv(table: pl.DataFrame, since: str) -> str:
    """Return the file of statements. All are valid from that instant on, one of them until its own end."""
    lines = ["cidr,shared,subscribers,ports,block_base,reuses_ports,operator,assignment,from,until"]
    for row in table.iter_rows(named=True):
        until_us = row["until_us"]
        until = f"{datetime.fromtimestamp(until_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}" if until_us else ""
        # A statement of an operator's address already implies sharing.
        shared = "" if row["is_operator"] else _format_yes_or_no(row["shared"])
        cells = [shared, row["subscribers"], row["ports"], row["block_base"], _format_yes_or_no(row["reuses_ports"])]
        cells += [_format_yes_or_no(row["is_operator"]), row["assignment"], since, until]
        line = ",".join("" if cell is None else str(cell) for cell in cells)
        lines += [f"{format_network(*network)},{line}" for network in cover_keys(row["first_key"], row["last_key"])]
    return "\n".join(lines) + "\n"


def _format_yes_or_no(is_stated: bool | None) -> str:
    return "" if is_stated is None else "yes" if is_stated else "no"
