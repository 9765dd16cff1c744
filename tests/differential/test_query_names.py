"""Kernel and oracle take what a DNS query asks for as a name, and never as an address."""

import json
from pathlib import Path

from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.scan.options import ReadOptions
from tests.differential.sides import Case, assert_sides_agree

NETWORKS = ("203.0.113.0/24", "2001:db8::/32")
LISTS = (
    (*(f"cidr,{network},near,,,2026-04-01T00:00:00Z,," for network in NETWORKS), "domain,flagged.example,near,,,,,"),
)
UTC = ReadOptions(timezone=((0, 0),))


def list_hosts(folder: Path, name: str, log: str) -> list[str]:
    """Return the hosts of the hits in a log, of every address and one domain."""
    case = Case((log.encode(),), load_builtin_formats()[name].program, LISTS, UTC)
    hits = assert_sides_agree(case, folder).hits
    return [json.loads(hit if isinstance(hit, bytes | str) else str(hit))["host"] for hit in hits]


def test_a_query_for_digits_meets_no_address(tmp_path: Path) -> None:
    names = (
        "7",
        "a.b.7",
        "203.0.113.9",
        "203.0.113.9.",
        "2001:db8::9",
        "3405803785",
        "203.0.29001",
        "a%2Eflagged.example",
        "www.flagged.example",
    )
    log = "".join(
        f"31-Jul-2026 12:51:00.001 queries: info: client @0x7f1a 192.0.2.7#51054 ({name}): query: {name} IN A + (::1)\n"
        for name in names
    )
    assert list_hosts(tmp_path, "bind", log) == ["www.flagged.example"]


def test_an_address_for_the_name_that_tls_says_meets_it(tmp_path: Path) -> None:
    event = {"timestamp": "2026-07-31T12:51:00.001+0000", "src_ip": "192.0.2.7", "src_port": 51054}
    event |= {"dest_ip": "203.0.113.9", "dest_port": 443}
    log = json.dumps(event | {"event_type": "tls", "tls": {"sni": "203.0.113.10"}}) + "\n"
    log += json.dumps(event | {"event_type": "dns", "dns": {"type": "query", "rrname": "203.0.113.10", "rrtype": "A"}})
    found = list_hosts(tmp_path, "suricata-eve", log + "\n")
    assert found and set(found) == {"203.0.113.10"}
