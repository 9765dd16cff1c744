"""MaxMind DBs: every shape that is published, the tree held against the reference reader, and damage of all kinds."""

import bz2
import gzip
import lzma
import random
import tarfile
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import maxminddb
import polars as pl
import pytest

from sightline.errors import DamagedInput, SightlineError, UsageError
from sightline.stages.enrich.address_numbers import MAPPED
from sightline.stages.enrich.mmdb.database import MARKER, open_database
from sightline.stages.enrich.mmdb.values import BadValue, Values
from tests.stages.enrich import databases
from tests.stages.enrich.world import World, enrich_rows, read

THEN = "2026-06-20"
CITY = ("country", "state", "district", "latitude", "longitude", "radius_km")


def read_rows(path: Path, kind: str) -> list[dict[str, Any]]:
    found = read(path, kind)
    assert found.records is not None
    return found.ranges.select(found.records[found.ranges["record"]].to_struct().alias("r"))["r"].to_list()


@pytest.mark.parametrize(
    ("record", "radius"),
    [(databases.MAXMIND, 20.0), (databases.DB_IP, None), (databases.IPINFO, None), (databases.FLAT, None)],
)
def test_places_of_each_maker_say_the_same(tmp_path: Path, record: dict[str, Any], radius: float | None) -> None:
    path = databases.write_database(databases.writer({"192.0.2.0/24": record}), tmp_path / "city.mmdb")
    (row,) = read_rows(path, "city")
    assert tuple(row[name] for name in CITY[:3]) == ("IN", "IN-KL", "Thrissur")
    assert row["latitude"] == pytest.approx(10.5) and row["longitude"] == pytest.approx(76.2, rel=1e-6)
    assert row["radius_km"] == radius


@pytest.mark.parametrize(
    ("record", "asn", "isp", "line"),
    [
        ({"autonomous_system_number": 64500, "autonomous_system_organization": "Alpha"}, 64500, "Alpha", None),
        ({"isp": "Alpha", "autonomous_system_number": 64500, "mobile_country_code": "404"}, 64500, "Alpha", "mobile"),
        ({"connection_type": "Cellular"}, None, None, "mobile"),
        ({"connection_type": "Cable/DSL"}, None, None, "fixed"),
        ({"connection_type": "Corporate"}, None, None, "business"),
        (databases.IPINFO, 64500, "Alpha Broadband", None),
        ({"asn": {"asn": "AS64500", "name": "Alpha", "type": "hosting"}}, 64500, "Alpha", "hosting"),
    ],
)
def test_networks_of_each_maker(tmp_path: Path, record: dict[str, Any], asn: int, isp: str, line: str) -> None:
    path = databases.write_database(databases.writer({"192.0.2.0/24": record}, "ASN"), tmp_path / "asn.mmdb")
    assert read_rows(path, "network") == [{"asn": asn, "isp": isp, "line": line, "circle": None}]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"is_anonymous": True, "is_tor_exit_node": True, "is_hosting_provider": True}, "tor"),
        ({"is_anonymous": True, "is_anonymous_vpn": True}, "vpn"),
        ({"is_anonymous": True, "is_public_proxy": True}, "proxy"),
        ({"is_hosting_provider": True}, "hosting"),
        ({"is_anonymous": True}, "proxy"),
        (databases.IPINFO, "vpn"),
        ({"privacy": {"tor": True, "vpn": False}}, "tor"),
    ],
)
def test_relays_of_each_maker(world: World, record: dict[str, Any], kind: str) -> None:
    path = databases.write_database(
        databases.writer({"192.0.2.0/24": record}, "Anonymous-IP"), world.folder / "anonymous.mmdb"
    )
    world.take("relay", "anonymous", "2026-06-01", path)
    assert enrich_rows(world.ask(("192.0.2.1", THEN), ("198.51.100.1", THEN)), "relay", "relay_kind") == [
        ("yes", kind),
        ("unknown", None),
    ]


@pytest.mark.parametrize(("size", "version"), [(24, 4), (28, 6), (32, 6)])
def test_the_tree_is_the_one_that_the_reference_reader_sees(tmp_path: Path, size: int, version: int) -> None:
    """Random nested networks; asked are their edges and the addresses beside them."""
    chance = random.Random(size)
    networks: dict[str, Any] = {}
    for at in range(300):
        wide = chance.random() < 0.6 or version == 4
        bits, below = (32, 8) if wide else (128, 24)
        base = int(ip_address("198.18.0.0" if wide else "2001:db8::")) | chance.getrandbits(16 if wide else 96)
        networks[str(ip_network((base, chance.randint(below, bits)), strict=False))] = {
            "country_code": "IN",
            "city": f"C{at}",
        }
    ordered = dict(sorted(networks.items(), key=lambda one: ip_network(one[0]).prefixlen))
    made = databases.writer(ordered, version=version)
    if version == 6:
        databases.alias(made, "2002::/16", databases.node(made, "::/96"))
    path = databases.write_database(made, tmp_path / "city.mmdb", size)
    with maxminddb.open_database(path) as reference:
        found = open_database(path).list_networks()
        firsts, lasts, offsets = found["first"].to_list(), found["last"].to_list(), found["offset"].to_list()
        values = open_database(path).values
        assert all(last < first for last, first in zip(lasts, firsts[1:], strict=False))
        edges = {edge for network in networks for edge in _edges(network)}
        for number, text in sorted(edges):
            if version == 4 and ":" in text:
                continue
            mine = next((at for at in range(len(firsts)) if firsts[at] <= number <= lasts[at]), None)
            assert (None if mine is None else values.decode_at(offsets[mine])) == reference.get(text), text
        assert not [first for first in firsts if first >> 112 == 0x2002], "the alias is left out"


def _edges(network: str) -> list[tuple[int, str]]:
    found = ip_network(network)
    base = MAPPED if found.version == 4 else 0
    kind = type(found.network_address)
    ends = (int(found.network_address), int(found.broadcast_address))
    return [(base + at, str(kind(at))) for end in ends for at in (end - 1, end, end + 1)]


def test_a_database_of_another_kind_is_refused_with_what_it_is(tmp_path: Path) -> None:
    made = databases.writer({"192.0.2.0/24": {"autonomous_system_number": 64500}}, "GeoLite2-ASN")
    path = databases.write_database(made, tmp_path / "asn.mmdb")
    with pytest.raises(UsageError, match=r"GeoLite2-ASN.*tells nothing of kind city: it tells of network") as refused:
        read(path, "city")
    assert refused.value.hint == "--kind network"
    with pytest.raises(UsageError, match="is mmdb: it tells of city, network, relay, not of nat"):
        read(path, "nat")


def test_impossible_codes_and_points_are_counted_and_the_rest_is_stored(tmp_path: Path) -> None:
    records = {
        "192.0.2.0/26": databases.MAXMIND | {"subdivisions": [{"iso_code": "ZZ"}]},
        "192.0.2.64/26": databases.MAXMIND | {"country": {"iso_code": "QQ"}},
        "192.0.2.128/26": databases.MAXMIND | {"location": {"latitude": 910.5, "longitude": 76.2}},
        "192.0.2.192/26": databases.FLAT | {"latitude": "north"},
        "198.51.100.0/26": databases.FLAT | {"state1": "Atlantis"},
        "198.51.100.64/26": ["no", "map"],
    }
    path = databases.write_database(databases.writer(records), tmp_path / "city.mmdb")
    found = read(path, "city")
    assert dict(found.rejects) == {
        "unknown-code": 2,
        "bad-point": 1,
        "bad-number": 1,
        "unknown-state": 1,
        "bad-record": 1,
    }
    assert found.ranges.height == 4, "two that say the same side by side are one"


def whole_database(tmp_path: Path) -> bytes:
    networks = {f"198.18.{at}.0/24": databases.MAXMIND | {"postal": {"code": str(at)}} for at in range(40)}
    return databases.write_database(databases.writer(networks, version=4), tmp_path / "whole.mmdb").read_bytes()


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (lambda raw: raw[: len(raw) // 2], "no metadata"),
        (lambda raw: raw[:100].replace(MARKER, b"") * 20, "no metadata"),
        (lambda raw: raw[raw.rfind(MARKER) - 20 :], "more nodes than the file holds"),
        (lambda raw: raw.replace(b"record_size\xa1\x18", b"record_size\xa1\x19"), r"nodes of 25 bits"),
    ],
)
def test_a_damaged_database_is_named_as_such(tmp_path: Path, harm: Any, what: str) -> None:
    path = tmp_path / "city.mmdb"
    path.write_bytes(harm(whole_database(tmp_path)))
    with pytest.raises(DamagedInput, match=what):
        read(path, "city")


def test_a_tree_that_runs_in_circles_or_points_out_of_the_file_is_damaged(tmp_path: Path) -> None:
    sound = whole_database(tmp_path)
    for begin, what in (
        (b"\0\0\0", r"runs in circles|deeper than an address"),
        (b"\xff\xff\xff", "points out of its data"),
    ):
        (tmp_path / "harmed.mmdb").write_bytes(sound[:3] + begin + sound[6:])
        with pytest.raises(DamagedInput, match=what):
            read(tmp_path / "harmed.mmdb", "city")
    for at in range(8):
        (tmp_path / "harmed.mmdb").write_bytes(sound[: 6 * at] + b"\0\0\0\0\0\0" + sound[6 * at + 6 :])
        with pytest.raises(DamagedInput, match=r"runs in circles|deeper than an address"):
            read(tmp_path / "harmed.mmdb", "city")


def test_a_tree_whose_equal_parts_are_stored_once_is_read(tmp_path: Path) -> None:
    """Each of the first eight nodes leads to the next one twice, so that nine nodes hold 256 networks."""
    made = databases.writer({"0.0.0.0/9": databases.MAXMIND}, version=4)
    node: Any = made.tree
    for _ in range(8):
        node[1] = node[0]
        node = node[0]
    path = databases.write_database(made, tmp_path / "city.mmdb")

    ranges = read(path, "city").ranges

    with maxminddb.open_database(path) as reference:
        assert reference.get("200.0.0.1") == databases.MAXMIND
        assert reference.get("200.128.0.1") is None
    assert ranges["first"].to_list() == [MAPPED + (at << 24) for at in range(256)]
    assert ranges["last"][0] == MAPPED + (1 << 23) - 1


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress])
def test_a_packed_database_is_read_as_the_plain_one(tmp_path: Path, pack: Any) -> None:
    plain, packed = tmp_path / "city.mmdb", tmp_path / "packed.mmdb.gz"
    plain.write_bytes(whole_database(tmp_path))
    packed.write_bytes(pack(plain.read_bytes()))

    assert read_rows(packed, "city") == read_rows(plain, "city")
    packed.write_bytes(packed.read_bytes()[:-40])
    with pytest.raises(DamagedInput):
        read(packed, "city")


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w"])
def test_a_database_in_a_tar_is_read_beside_its_licence(tmp_path: Path, mode: str) -> None:
    plain, packed = tmp_path / "city.mmdb", tmp_path / f"City_20260601.tar{mode[1:].replace(':', '.')}"
    plain.write_bytes(whole_database(tmp_path))
    (tmp_path / "LICENSE.txt").write_text("a licence")

    def pack(*names: str) -> None:
        with tarfile.open(packed, mode) as archive:  # type: ignore[call-overload]
            for name in names:
                archive.add(tmp_path / name.rpartition("/")[2], f"City_20260601/{name}")

    pack("COPYRIGHT/LICENSE.txt", "city.mmdb")
    assert read_rows(packed, "city") == read_rows(plain, "city")
    (tmp_path / "more.mmdb").write_bytes(plain.read_bytes())
    pack("city.mmdb", "more.mmdb")
    with pytest.raises(DamagedInput, match="several databases"):
        read(packed, "city")
    pack("LICENSE.txt")
    with pytest.raises(SightlineError):
        read(packed, "city")
    pack("city.mmdb")
    packed.write_bytes(packed.read_bytes()[:600])  # inside the database, also of a tar that is not compressed
    with pytest.raises(DamagedInput):
        read(packed, "city")


def test_a_description_that_is_not_utf_8_damages_nothing(tmp_path: Path) -> None:
    raw, path = whole_database(tmp_path), tmp_path / "city.mmdb"
    path.write_bytes(raw.replace(b"Test-City", b"Test-C\xe9ty"))

    assert read_rows(path, "city")


def test_no_random_flip_does_more_than_be_named(tmp_path: Path) -> None:
    """Flips anywhere, and where they hurt most: metadata and data."""
    sound, chance, path = whole_database(tmp_path), random.Random(7), tmp_path / "flipped.mmdb"
    for _ in range(250):
        raw = bytearray(sound)
        for _ in range(chance.randint(1, 6)):
            begin = chance.choice((0, raw.rfind(MARKER), len(raw) * 3 // 4))
            raw[chance.randrange(max(begin, 0), len(raw))] = chance.getrandbits(8)
        path.write_bytes(raw if chance.random() < 0.8 else raw[: chance.randrange(1, len(raw))])
        try:
            found = read(path, "city")
        except SightlineError as why:
            assert why.hint
        else:
            assert found.ranges.select((pl.col("first") <= pl.col("last")).all()).item()


def test_no_random_bytes_are_more_than_a_bad_value() -> None:
    """Values of flipped and of wholly random data: a value or BadValue, within bounds of depth and number."""
    chance, bad = random.Random(9), 0
    sound = bytes.fromhex("e24469736f5f42494e4763697479 4854687269737375722001 e1 4161 2000".replace(" ", ""))
    for turn in range(6000):
        raw = bytearray(sound if turn % 2 else chance.randbytes(60))
        for _ in range(3):
            raw[chance.randrange(len(raw))] = chance.getrandbits(8)
        try:
            Values(memoryview(bytes(raw))).decode_at(chance.randrange(len(raw)))
        except BadValue as why:
            bad += bool(str(why))
    assert bad > 1000
