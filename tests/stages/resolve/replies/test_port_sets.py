"""Rows of several ranges of ports, of a PSID, and of a static prefix."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.stages.resolve.replies.port_sets import map_ranges
from tests.stages.resolve.replies.conftest import of_bytes

TIMES = "05/03/2026 17:00:00,05/03/2026 19:00:00"


def test_a_cell_may_have_several_ranges(tmp_path: Path) -> None:
    text = f"User ID,Public IP,Port Range,Start Time,End Time\na-1,203.0.113.7,1088-1091; 40000-40003,{TIMES}\n"
    assert of_bytes(tmp_path, text).rows("row", "port_from", "port_to", "number") == [
        (2, 1088, 1091, "a-1"),
        (2, 40000, 40003, "a-1"),
    ]
    bad = text.replace("40000-40003", "40000-x")
    assert of_bytes(tmp_path, bad).rows("port_from", "number") == [(None, None)]


def test_a_psid_has_a_range_for_each_value_of_its_offset() -> None:
    found = map_ranges("16", "6", "8")
    assert len(found) == 63
    assert found[0] == (1088, 1091)
    assert any(low <= 40000 <= high for low, high in found)
    assert map_ranges("0x34", "0", "8") == ((13312, 13567),)
    # RFC 7597, appendix A, example 1.
    assert map_ranges("0x34", "6", "8")[0] == (1232, 1235)
    assert map_ranges("256", "6", "8") == map_ranges("x", "6", "8") == map_ranges("1", "10", "8") == ()


def test_a_table_of_psids_is_a_table_of_ports(tmp_path: Path) -> None:
    head = "User ID,Public IP,PSID,PSID Offset,PSID Length,Start Time,End Time"
    reply = of_bytes(tmp_path, f"{head}\na-1,203.0.113.7,16,6,8,{TIMES}\na-2,203.0.113.7,999,6,8,{TIMES}\n")
    ours = reply.assigned.filter(reply.assigned["number"] == "a-1")
    assert (ours.height, ours["port_from"][0]) == (63, 1088)
    assert reply.codes == [(3, "bad-port")]


@pytest.mark.parametrize(
    ("prefix", "lasts"),
    [("203.0.113.8/29", range(8, 16)), ("203.0.113.10/29", range(10, 11))],
    ids=["prefix", "address"],
)
def test_a_static_prefix_is_each_of_its_addresses(tmp_path: Path, prefix: str, lasts: range) -> None:
    """With bits behind its length it is the address of a device: that one alone."""
    text = f"User ID,IP Address,IP Type,Start Time,End Time\na-1,{prefix},Static,01/01/2020 00:00:00,\n"
    reply = of_bytes(tmp_path, text)
    assert reply.rows("ip") == [(f"203.0.113.{last}",) for last in lasts]
    assert reply.assigned["is_static"].all()


@pytest.mark.parametrize("kind", ["", "Dynamic"])
def test_a_prefix_that_is_not_static_is_a_pool_and_in_doubt(tmp_path: Path, kind: str) -> None:
    head = "User ID,IP Address,IP Type,Start Time,End Time"
    reply = of_bytes(tmp_path, f"{head}\na-1,203.0.113.8/30,{kind},{TIMES}\na-2,203.0.113.7/32,{kind},{TIMES}\n")
    assert reply.rows("ip", "doubted_by") == [
        *((f"203.0.113.{last}", "IP Address") for last in range(8, 12)),
        ("203.0.113.7", None),
    ]


@pytest.mark.parametrize("heading", ["IPv6 Prefix", "Delegated IPv6 Prefix", "Delegated Prefix"])
def test_a_column_of_prefixes_has_addresses_beside_those_of_another(tmp_path: Path, heading: str) -> None:
    prefix = "2001:db8:b000:12::/64"
    alone = of_bytes(tmp_path, f"User ID,{heading},Start Time,End Time\na-1,{prefix},{TIMES}\n")
    assert alone.rows("ip", "number") == [(prefix, "a-1")]
    both = of_bytes(tmp_path, f"User ID,Public IP,{heading},Start Time,End Time\na-1,203.0.113.7,{prefix},{TIMES}\n")
    assert both.rows("ip", "number") == [("203.0.113.7", "a-1"), (prefix, "a-1")]
