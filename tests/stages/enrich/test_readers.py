"""Each format is told by its content, the wrong kind is refused with what it is, and rubbish is never a traceback."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from sightline.errors import DamagedInput, Refused, SightlineError, UnknownFormat, UsageError
from sightline.stages.enrich import readers
from tests.stages.enrich.test_relays import TESTED, exit_list
from tests.stages.enrich.world import World, enrich_rows, read

BOUNDARY = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"code": "IN-KL"},
            "geometry": {"type": "Polygon", "coordinates": [[[76, 9], [77, 9], [77, 10], [76, 9]]]},
        }
    ],
}
CRAWLERS = [{"pattern": "Examplebot\\/", "url": "https://bot.example", "instances": []}, {"pattern": "[a-z]+spider"}]
GOOGLE_SHAPE = {
    "creationTime": "2026-06-01T00:00:00",
    "prefixes": [{"ipv6Prefix": "2001:db8:4::/64"}, {"ipv4Prefix": "192.0.2.64/27"}],
}
ONIONOO = {
    "version": "8.0",
    "relays_published": "2026-06-05 12:00:00",
    "relays": [{"or_addresses": ["192.0.2.66:9001"], "flags": ["Exit"], "running": True}],
}
SAMPLES = {
    "exit_list": (exit_list("2026-06-05 12:00:00", TESTED), "relay"),
    "onionoo": (json.dumps(ONIONOO), "relay"),
    "boundaries": (json.dumps(BOUNDARY), "boundary"),
    "agent_patterns": (json.dumps(CRAWLERS), "agent"),
    "lists": (json.dumps(GOOGLE_SHAPE), "agent"),
    "lists (lines)": ("# ranges\n192.0.2.0/24 # one\n2001:db8::1\n198.51.100.1 - 198.51.100.9\n", "relay"),
    "lists (misp)": (
        json.dumps({"description": "VPN", "list": ["192.0.2.0/24"], "name": "vpn ranges", "version": 1}, indent=2),
        "relay",
    ),
    "table": ("network,asn,isp,line\n192.0.2.0/24,AS64500,Alpha,fixed\n", "network"),
    "table (headerless)": (
        '192.0.2.0,192.0.2.255,64500,"Alpha, Ltd."\n2001:db8::,2001:db8::ffff,64501,Beta\n',
        "network",
    ),
    "table (nat)": ("\ufeffaddress;x,shared\n", "nat"),
}


@pytest.mark.parametrize("sample", [name for name in SAMPLES if name != "table (nat)"])
def test_a_format_is_detected_by_its_content_whatever_its_name(tmp_path: Path, sample: str) -> None:
    content, kind = SAMPLES[sample]
    path = tmp_path / "vpn-download"
    path.write_text(content)
    assert readers.choose_reader(path).__name__.endswith(f".{sample.split(' ', maxsplit=1)[0]}")
    assert read(path, kind).ranges.height >= 1
    wrong = "boundary" if kind != "boundary" else "city"
    with pytest.raises(UsageError, match=f"not of {wrong}") as refused:
        read(path, wrong)
    assert refused.value.hint and refused.value.hint.startswith("--kind ")


@pytest.mark.parametrize("content", ["a text\nof lines\n", "\x7fELF\0\0\0", '{"some": "json"}', "name,colour\nx,1\n"])
def test_an_unknown_data_set_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "file").write_text(content)
    with pytest.raises(UnknownFormat, match="not a data set in a known format"):
        read(tmp_path / "file", "city")


@pytest.mark.parametrize(
    "content", ["", "\n \n", '{"prefixes": [', '{"type": "FeatureCollection", "features": []}', '[{"pattern": "("}]']
)
def test_an_empty_or_truncated_data_set_is_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / "vpn").write_text(content)
    kind = "boundary" if "Feature" in content else "agent"
    with pytest.raises(DamagedInput):
        read(tmp_path / "vpn", kind)


def test_a_packed_file_that_breaks_off_is_damaged(tmp_path: Path) -> None:
    import gzip
    import lzma

    for pack, name in ((gzip.compress, "a.gz"), (lzma.compress, "a.xz")):
        raw = pack(exit_list("2026-06-05 12:00:00", *[(f"192.0.2.{at}", TESTED[1]) for at in range(250)]).encode())
        (tmp_path / name).write_bytes(raw[: len(raw) // 2])
        with pytest.raises(DamagedInput, match=name):
            read(tmp_path / name, "relay")


def test_lists_of_relays_that_no_name_tells_are_refused(tmp_path: Path) -> None:
    (tmp_path / "addresses.txt").write_text("192.0.2.1\n")
    with pytest.raises(UsageError, match="does not say of which relays") as refused:
        read(tmp_path / "addresses.txt", "relay")
    assert "--name" in str(refused.value.hint)
    assert read(tmp_path / "addresses.txt", "relay", name="Tor bulk list").ranges["relay"].to_list() == ["tor"]


def test_lines_and_rows_that_name_no_addresses_are_counted(tmp_path: Path) -> None:
    (tmp_path / "vpn.txt").write_bytes(
        b"192.0.2.1\nno address\n300.1.1.1\n192.0.2.9-192.0.2.1\n\xff\xfe\n192.0.2.0/24\n"
    )
    found = read(tmp_path / "vpn.txt", "relay")
    assert dict(found.rejects) == {"bad-address": 2, "bad-range": 1, "not-utf8": 1}
    (tmp_path / "a.csv").write_bytes(b'cidr,isp\n192.0.2.0/24,Alpha\n192.0.2.0/25,"Beta\n')
    assert dict(read(tmp_path / "a.csv", "network").rejects) == {}


def test_shapes_that_are_none_are_counted(tmp_path: Path) -> None:
    ring = [[76, 9], [77, 9], [77, 10], [76, 9]]
    bad: list[Any] = [
        None,
        {},
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": [[[1, 2], [1, 2]]]},
    ]
    bad += [
        {"type": "Polygon", "coordinates": [[*ring, at]]} for at in ([181, 9], ["76", 9], [True, 9], [float("nan"), 9])
    ]
    shapes = [*bad, {"type": "Polygon", "coordinates": [ring]}]
    features = [{"type": "Feature", "properties": {"iso": "IN-KL"}, "geometry": shape} for shape in shapes]
    features += [{"type": "Feature", "properties": None}, {"type": "Feature", "properties": {"iso": "Kerala"}}]
    (tmp_path / "b.json").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = read(tmp_path / "b.json", "boundary")
    assert dict(found.rejects) == {"bad-geometry": len(bad), "missing-field": 1, "unknown-code": 1}
    assert found.ranges.height == len(ring)


def test_crawlers_are_recognised_by_agent_and_by_published_range(world: World) -> None:
    import polars as pl

    from sightline.stages.enrich.crawlers import match_agents
    from sightline.stages.enrich.model import sort_datasets

    found = world.add(
        "agent",
        "patterns",
        "2026-06-01",
        json.dumps([*CRAWLERS, {"pattern": "(?<!x)bot"}, {"pattern": ""}, {"pattern": ".*"}]),
    )
    assert dict(found.rejects) == {"bad-pattern": 2, "missing-field": 1}
    world.add("agent", "Examplebot", "2026-06-01", json.dumps(GOOGLE_SHAPE))
    texts = pl.Series(["Mozilla/5.0", "Examplebot/2.1", None, "tinyspider", "examplebot/2", "Examplebot/2.1"])
    assert match_agents(texts, sort_datasets(world.sets)).rows() == [
        ("Examplebot/2.1", "Examplebot", 1),
        ("tinyspider", "spider", 1),
    ]
    asked = world.ask(
        ("192.0.2.70", "2026-06-20"),
        ("2001:db8:4::1", "2026-06-20"),
        ("192.0.2.1", "2026-06-20"),
        ("192.0.2.70", "2026-05-20"),
    )
    assert enrich_rows(asked, "crawler", "agency", "agent_dataset") == [
        ("Examplebot", None, 0),
        ("Examplebot", None, 0),
        (None, None, None),
        (None, None, None),
    ]


def test_the_newest_patterns_speak_and_many_are_tried_as_one_by_one(world: World) -> None:
    import polars as pl

    from sightline.stages.enrich.crawlers import match_agents
    from sightline.stages.enrich.model import sort_datasets

    world.add(
        "agent",
        "patterns",
        "2026-01-01",
        json.dumps([{"pattern": "bot7", "name": "old"}, {"pattern": "gone", "name": "gone"}]),
    )
    world.add(
        "agent", "patterns", "2026-06-01", json.dumps([{"pattern": f"bot{at}$", "name": f"B{at}"} for at in range(200)])
    )
    agents = match_agents(pl.Series([f"a bot{at}" for at in range(250)] + ["gone"]), sort_datasets(world.sets))
    assert agents.rows() == [*((f"a bot{at}", f"B{at}", 1) for at in range(200)), ("gone", "gone", 0)]


def test_an_agencys_own_addresses_need_a_signature(world: World) -> None:
    content = "cidr,agency\n192.0.2.0/28,yes\n"
    with pytest.raises(Refused, match="no enrolled issuer signed it"):
        world.add("agent", "own", "2026-06-01", content)
    world.add("agent", "own", "2026-06-01", content, agency="CELL-7")
    world.add("agent", "lines", "2026-06-01", "198.51.100.1\n", agency="CELL-7", file="own.txt")
    asked = world.ask(("192.0.2.1", "2026-06-02"), ("198.51.100.1", "2026-06-02"))
    assert enrich_rows(asked, "agency", "crawler") == [("CELL-7", None), ("CELL-7", None)]


def test_no_random_flip_of_any_text_is_a_traceback(tmp_path: Path) -> None:
    """A byte changed, taken away or doubled, or the end cut off: something is read, or it is said what is wrong."""
    chance, path, turns = random.Random(3), tmp_path / "vpn", 0
    for content, kind in SAMPLES.values():
        sound = content.encode()
        for _ in range(150):
            raw = bytearray(sound)
            for _ in range(chance.randint(1, 8)):
                at = chance.randrange(len(raw))
                raw[at : at + chance.randint(0, 2)] = chance.choice(
                    (b"", b"\xff", b"\0", b'"', b"\n", b",", b"9", b"{", raw[at : at + 9])
                )
            path.write_bytes(raw[: chance.randrange(1, len(raw) + 1)] if chance.random() < 0.2 else raw)
            try:
                found = read(path, kind)
            except SightlineError as why:
                assert why.hint, why
            else:
                assert found.ranges.height and all(count > 0 for count in found.rejects.values())
            turns += 1
    assert turns == 150 * len(SAMPLES)
