"""What is altered in a record is found and named: every column once, and some of everything else (`bench/tamper`)."""

import pytest
from bench.tamper.tries import run, sweep
from bench.tamper.world import World, make

TRIES = 200


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make(tmp_path_factory.mktemp("tamper"))


def test_every_column_of_every_table_is_held_to_something(world: World) -> None:
    assert sweep(world, seed=3).missed == []


def test_single_bytes_cut_tails_and_rolled_back_databases_are_found(world: World) -> None:
    tally = run(world, TRIES, seed=3)
    assert tally.missed == []
    assert min(tally.tries[kind] for kind in ("column", "file", "bundle", "rare")) > 10
