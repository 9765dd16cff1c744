"""MAP-E and MAP-T: a customer's prefix and a rule give an address and ports (RFC 7597, 5.1 and 5.2, appendix A)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.errors import UnknownFormat
from sightline.stages.resolve.replies.port_sets import map_address, map_ranges
from tests.stages.resolve.replies.conftest import of_bytes

TIMES = "05/03/2026 17:00:00,05/03/2026 19:00:00"


def test_the_example_of_the_standard() -> None:
    ip, ranges = map_address("2001:db8:12:3400::/56", "2001:db8::/40", "192.0.2.0/24", "16", "6")
    assert (ip, ranges[:2], ranges[-1], len(ranges)) == (
        "192.0.2.18",
        ((1232, 1235), (2256, 2259)),
        (64720, 64723),
        63,
    )
    assert ranges == map_ranges("0x34", "6", "8")


def test_a_whole_address_and_what_is_none() -> None:
    assert map_address("2001:db8:12::/48", "2001:db8::/40", "192.0.2.0/24", "8", "6") == ("192.0.2.18", ((1, 65535),))
    for wrong in (
        ("2001:db9::/56", "2001:db8::/40", "192.0.2.0/24", "16", "6"),
        ("2001:db8::/48", "2001:db8::/40", "192.0.2.0/24", "16", "6"),
        ("2001:db8::/56", "2001:db8::/40", "192.0.2.0/24", "4", "6"),
        ("2001:db8::/56", "2001:db8::/40", "192.0.2.0/24", "x", "6"),
        ("no prefix", "2001:db8::/40", "192.0.2.0/24", "16", "6"),
    ):
        assert map_address(*wrong) == ("?", ()), wrong
    assert map_address("2001:db8:12:3400::/56", "2001:db8::/40", "192.0.2.0/24", "16", "99")[1] == ()


def test_customers_without_the_same_prefix_never_share_a_port() -> None:
    known: dict[int, str] = {}
    for psid in range(256):
        ip, ranges = map_address(f"2001:db8:12:{psid:02x}00::/56", "2001:db8::/40", "192.0.2.0/24", "16", "6")
        assert ip == "192.0.2.18"
        for first, last in ranges:
            for port in range(first, last + 1):
                assert known.setdefault(port, str(psid)) == str(psid)
    assert (min(known), max(known), len(known)) == (1024, 65535, 64512)


def test_a_rule_above_a_table_is_of_all_of_its_rows(tmp_path: Path) -> None:
    rule = "Rule IPv6 Prefix,2001:db8::/40\nRule IPv4 Prefix: 192.0.2.0/24\nEA Bits Length = 16\n"
    rows = f"User ID,End User IPv6 Prefix,Start Time,End Time\nalpha-77,2001:db8:12:3400::/56,{TIMES}\n"
    reply = of_bytes(tmp_path, rule + rows)
    assert reply.rows("ip", "port_from", "number", "doubted_by")[:2] == [
        ("2001:db8:12:3400::/56", None, "alpha-77", None),
        ("192.0.2.18", 1232, "alpha-77", None),
    ]
    assert reply.assigned.height == 64
    with pytest.raises(UnknownFormat, match="more than one rule"):
        of_bytes(tmp_path, rule + "Rule IPv6 Prefix,2001:db8:100::/40\n" + rows)


def test_a_prefix_that_is_not_within_its_rule_gives_no_ports(tmp_path: Path) -> None:
    head = "User ID,End User IPv6 Prefix,Rule IPv6 Prefix,Rule IPv4 Prefix,EA Bits,PSID Offset,Start Time,End Time\n"
    reply = of_bytes(tmp_path, f"{head}alpha-77,2001:db9::/56,2001:db8::/40,192.0.2.0/24,16,6,{TIMES}\n")
    assert [number for ip, number in reply.rows("ip", "number") if ip != "2001:db9::/56"] == [None]
    assert reply.codes == [(2, "bad-address")]
