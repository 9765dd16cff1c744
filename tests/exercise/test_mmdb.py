"""Databases of the world, read back by a reader that shares no line with the writer."""

import ipaddress
import itertools
from pathlib import Path

import polars as pl

from sightline.exercise import manifest
from sightline.exercise.addresses import cover_keys, format_network, number_key
from sightline.exercise.datasets.mmdb import Value, write_mmdb
from sightline.exercise.states import STATES
from tests.exercise.mmdb_reader import Reader


def test_every_kind_of_value_and_size_comes_back() -> None:
    values: dict[str, Value] = {
        "short": "x",
        "29": "y" * 29,
        "long": "ü" * 400,
        "float": -12.5,
        "zero": 0,
        "large": 2**31,
        "many": ["a", {"b": "c"}],
        "wide": {f"key{number}": number for number in range(40)},
    }
    rows: list[tuple[int, int, Value]] = [(0x01020300, 120, values), (0x20010DB8 << 96, 32, {"six": "yes"})]
    reader = Reader(write_mmdb(rows, "Kind", 1_770_000_000))
    assert reader.metadata["database_type"] == "Kind"
    assert reader.metadata["build_epoch"] == 1_770_000_000
    assert reader.get("1.2.3.255") == values
    assert reader.get("1.2.4.0") is None
    assert reader.get("2001:db8:ffff::1") == {"six": "yes"}


def test_networks_cover_a_range_and_nothing_else() -> None:
    first, last = (240 << 24) + 5, (240 << 24) + 1030
    found = [ipaddress.ip_network(format_network(*network)) for network in cover_keys(first, last)]
    assert sum(one.num_addresses for one in found) == last - first + 1
    assert int(found[0][0]) == first
    assert all(int(one[-1]) + 1 == int(other[0]) for one, other in itertools.pairwise(found))


def test_the_city_data_sets_agree_with_the_answers_of_the_oracle(world: manifest.World) -> None:
    for name in ("city-first", "city-second"):
        reader = Reader((world.folder / "datasets" / f"{name}.mmdb").read_bytes())
        answers = pl.read_parquet(world.folder / "answers" / "told" / f"{name}.parquet")
        if name == "city-first":
            answers = answers.filter(pl.col("since_us").is_null())
        for row in answers.iter_rows(named=True):
            value = reader.get(str(_text(row["last_key"])))
            state = value.get("region") or value.get("subdivisions", [{}])[0].get("names", {}).get("en")
            assert state == (None if row["state"] is None else STATES[row["state"]].name)
            assert value.get("location", {}).get("accuracy_radius") == (
                1000 if row["state"] is None and name == "city-first" else row["radius_km"]
            )


def _text(key: int) -> ipaddress.IPv6Address | ipaddress.IPv4Address:
    whole = ipaddress.IPv6Address(number_key(key))
    return whole.ipv4_mapped or whole


def test_the_two_disagree_as_real_ones_do(world: manifest.World, tmp_path: Path) -> None:
    first, second = (
        pl.read_parquet(world.folder / "answers" / "told" / f"{name}.parquet") for name in ("city-first", "city-second")
    )
    both = first.filter(pl.col("since_us").is_null()).join(second, on="first_key").filter(pl.col("state").is_not_null())
    shares = (
        both.with_columns(isp=pl.col("first_key") // (1 << 24))
        .group_by("isp")
        .agg((pl.col("state") == pl.col("state_right")).mean().alias("agree"))
    )
    agree = dict(shares.iter_rows())
    assert 0.12 < agree[240] < 0.32, "BSNL's fixed lines: 21 %"
    assert agree[241] > 0.9, "a cable operator of one state: 99 %"
    assert 0.5 < agree[242] < 0.85, "69 %"
