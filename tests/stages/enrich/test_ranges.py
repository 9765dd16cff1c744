"""Addresses as numbers, held against `ipaddress`; ranges laid flat, held against asking every range of every point."""

import random
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import polars as pl
import pytest

from sightline.errors import DamagedInput
from sightline.stages.canonical.address import get_address_class, parse_address
from sightline.stages.enrich import ranges
from sightline.stages.enrich.address_numbers import MAPPED, number_addresses

Row = tuple[int, int, int | None, int | None, str]
SCHEMA = {"first": pl.UInt128, "last": pl.UInt128, "from_us": pl.Int64, "until_us": pl.Int64, "said": pl.String}


def test_numbers_and_classes_are_those_of_the_strict_reader() -> None:
    chance = random.Random(1)
    texts = [str(IPv4Address(chance.getrandbits(32))) for _ in range(500)]
    texts += [str(IPv6Address(chance.getrandbits(128) >> chance.choice((0, 1, 96)))) for _ in range(300)]
    texts += "::1 :: 10.0.0.1 100.64.0.1 2001:db8::1 ::ffff:192.0.2.1 ::ffff:c000:201 2002::1 3fff::1 fe80::1".split()
    texts += ["1.2.3.4.5", "999.1.1.1", "01.2.3.4", "x:", "", "1.2.3", " 192.0.2.1", "::ffff:300.1.1.1", "१.२.३.४"]
    for text, hi, lo, kind in number_addresses(pl.Series([*texts, None, texts[0]])).iter_rows():
        address = parse_address(text)
        if address is None:
            assert (hi, lo, kind) == (None, None, None), text
        else:
            number = int(address) + (MAPPED if address.version == 4 else 0)
            assert ((hi << 64) + lo, kind) == (number, get_address_class(address).value), text


def table(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def narrowest(rows: list[Row], at: int, time: int | None) -> str | None:
    """Of the rows that hold a point, the narrowest's word, of equal ones the last's."""
    held = [
        (last - first, -place, value)
        for place, (first, last, since, until, value) in enumerate(rows)
        if first <= at <= last
        and (time is None or ((since is None or since <= time) and (until is None or time < until)))
    ]
    return min(held)[2] if held else None


@pytest.mark.parametrize("is_timed", [False, True])
def test_the_narrowest_of_nested_ranges_applies_everywhere(is_timed: bool) -> None:
    chance = random.Random(4)
    for _ in range(60):
        rows: list[Row] = []
        for at in range(chance.randint(1, 14)):
            first = chance.randrange(30)
            since, until = (None, None) if not is_timed else (chance.choice((None, 2, 5)), chance.choice((6, 9, 12)))
            rows.append((first, first + chance.randrange(12), since, until, chance.choice("abcd") + str(at % 3)))
        found: list[Row] = ranges.flatten_ranges(table(rows)).rows()
        for at in range(45):
            for time in range(14) if is_timed else (None,):
                assert narrowest(found, at, time) == narrowest(rows, at, time), (rows, at, time)
                held = [row for row in found if narrowest([row], at, time)]
                assert len(held) <= 1, "laid flat: no two hold one point"


def test_rows_that_name_no_time_are_laid_flat_apart_from_those_that_do() -> None:
    rows: list[Row] = [(0, 9, None, None, "always"), (4, 5, 3, 7, "sometimes")]
    assert ranges.flatten_ranges(table(rows)).rows() == rows


def test_the_whole_space_and_its_last_address_are_ranges_too() -> None:
    last = (1 << 128) - 1
    rows: list[Row] = [(0, last, None, None, "all"), (last, last, None, None, "last"), (0, 0, None, None, "first")]
    assert ranges.flatten_ranges(table(rows)).rows() == [
        (0, 0, None, None, "first"),
        (1, last - 1, None, None, "all"),
        (last, last, None, None, "last"),
    ]


def test_ranges_without_end_over_each_other_are_damage(monkeypatch: Any) -> None:
    monkeypatch.setattr(ranges, "MOST_PIECES", 100)
    with pytest.raises(DamagedInput, match="over each other"):
        ranges.flatten_ranges(table([(at, 1000 - at, None, None, "x") for at in range(200)]))
