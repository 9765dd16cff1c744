"""What is altered in a record is found and named: every column once, and some of everything else (`bench/tamper`)."""

import pytest
from bench.tamper.alterations import opened
from bench.tamper.tries import run, sweep
from bench.tamper.world import World, make

from sightline.engines.verifying.verify import VerifyRequest, verify_workspace

TRIES = 100


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make(tmp_path_factory.mktemp("tamper"))


def test_every_column_of_every_table_is_held_to_something(world: World) -> None:
    assert sweep(world, seed=3).missed == []


@pytest.mark.parametrize("column", ["inputs_json", "files_json"])
def test_a_generation_whose_own_words_cannot_be_read_is_named(world: World, column: str) -> None:
    with opened(world) as connection:
        (number,) = connection.execute("SELECT max(number) FROM generations").fetchone()
        connection.execute(f"UPDATE generations SET {column} = ? WHERE number = ?", ("{", number))
    report = verify_workspace(world.workspace, VerifyRequest(), lambda *_: None)
    world.workspace.engine.dispose()
    world.restore()
    assert f"generation:{number}" in {one.where for one in report.findings}


def test_single_bytes_cut_tails_and_rolled_back_databases_are_found(world: World) -> None:
    tally = run(world, TRIES, seed=3)
    assert tally.missed == []
    assert min(tally.tries[kind] for kind in ("column", "file", "bundle", "rare")) > 10
