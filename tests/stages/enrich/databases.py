"""MaxMind DBs written for tests, in the shapes of those who publish them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter, SearchTreeNode, TreeWriter
from netaddr import IPNetwork, IPSet


def writer(networks: Mapping[str, Any], kind: str = "Test-City", *, version: int = 6) -> MMDBWriter:
    """A writer with networks in it; later ones lie over earlier ones."""
    made = MMDBWriter(version, kind, ipv4_compatible=version == 6, float_type="f32")
    for network, record in networks.items():
        made.insert_network(IPSet([network]), record)
    return made


def write_database(made: MMDBWriter, path: Path, size: int = 24) -> Path:
    """The database in a file, its records of that many bits."""

    class Sized(TreeWriter):
        def _adjust_record_size(self) -> None:
            super()._adjust_record_size()
            self.record_size = max(size, self.record_size)
            self.data_offset = self.record_size * 2 / 8 * self._node_counter

    Sized(made.tree, made._build_meta(), made.int_type, made.float_type).write(str(path))
    return path


def node(made: MMDBWriter, prefix: str) -> SearchTreeNode:
    """The node of a prefix."""
    network, found = IPNetwork(prefix), made.tree
    for bit in range(network.prefixlen):
        below = found.get_or_create(network.value >> (127 - bit) & 1)
        assert isinstance(below, SearchTreeNode)
        found = below
    return found


def alias(made: MMDBWriter, prefix: str, target: SearchTreeNode) -> None:
    """Let a prefix lead to a node that is in the tree already."""
    network = IPNetwork(prefix)
    above = node(made, f"{network.ip}/{network.prefixlen - 1}")
    above[network.value >> (128 - network.prefixlen) & 1] = target


MAXMIND = {
    "country": {"iso_code": "IN", "names": {"en": "India"}},
    "subdivisions": [{"iso_code": "KL", "names": {"en": "Kerala"}}],
    "city": {"names": {"en": "Thrissur"}},
    "location": {"latitude": 10.5, "longitude": 76.2, "accuracy_radius": 20},
}
DB_IP = {
    "country": {"iso_code": "IN", "names": {"en": "India"}},
    "subdivisions": [{"names": {"en": "Kerala"}}],
    "city": {"names": {"en": "Thrissur (Ayyanthole)"}},
    "location": {"latitude": 10.5, "longitude": 76.2},
}
IPINFO = {
    "country": "IN",
    "region": "Kerala",
    "city": "Thrissur",
    "loc": "10.5,76.2",
    "asn": "AS64500",
    "as_name": "Alpha Broadband",
    "as_type": "isp",
    "vpn": "true",
    "hosting": "",
}
FLAT = {"country_code": "IN", "state1": "Kerala", "state2": "", "city": "Thrissur", "latitude": 10.5, "longitude": 76.2}
