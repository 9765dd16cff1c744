"""Who holds which address when: one line at a time, and the way back from an address to its line."""

import itertools

import polars as pl
import pytest

from sightline.exercise.dice import Dice
from sightline.exercise.networks import NETWORKS, NetworkPlan, compute_address_key, compute_lease_end, find_holder
from sightline.exercise.period import choose_period

WHEN = choose_period(100_000, 1)


def lines(network: int, at_us: int, sessions: int = 100_000) -> pl.DataFrame:
    """Every line of the first area of a network, at an instant, with the address that it holds and a
    port of its own.
    """
    row = NetworkPlan(Dice(1), sessions).table.filter(pl.col("network") == network)
    index = pl.int_range(0, row["held"][0], dtype=pl.Int64, eager=True).alias("index")
    found = index.to_frame().join(row, how="cross").with_columns(area=pl.lit(0), at=pl.lit(at_us))
    port = pl.col("first_port") + pl.col("index") % pl.col("lines_each") * pl.col("ports") + 5
    return found.with_columns(compute_address_key("at").alias("key"), port.alias("port"))


@pytest.mark.parametrize("network", range(len(NETWORKS)), ids=[network.name for network in NETWORKS])
def test_as_many_lines_hold_an_address_as_share_it(network: int) -> None:
    held = lines(network, WHEN.begins_us + 12_345_678)
    assert held.group_by("key").len()["len"].max() == NETWORKS[network].lines_each


@pytest.mark.parametrize("network", range(len(NETWORKS)), ids=[network.name for network in NETWORKS])
def test_the_way_back_finds_the_line_or_nobody(network: int) -> None:
    held = lines(network, WHEN.begins_us + 98_765_432_100).with_columns(find_holder("at", "key", "port").alias("found"))
    one = NETWORKS[network]
    if one.lines_each > 1 and not one.ports:
        assert held["found"].is_null().all()
    else:
        assert held["found"].to_list() == held["index"].to_list()


def test_an_address_goes_to_another_line_when_its_lease_ends() -> None:
    before = lines(0, WHEN.begins_us).with_columns(compute_lease_end("at").alias("ends"))
    ends = before["ends"][0]
    last, first = lines(0, ends - 1), lines(0, ends)
    assert before["key"].to_list() == last["key"].to_list()
    assert not (last["key"] == first["key"]).any()


def test_networks_do_not_overlap() -> None:
    for sessions in (100, 100_000, 10_000_000):
        plan = NetworkPlan(Dice(1), sessions)
        spans = sorted((network.base, plan.end(network)) for network in NETWORKS)
        assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans))
