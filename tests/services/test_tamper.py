"""What is altered in a record is found and named: every column once, and some of everything else (`bench/tamper`)."""

import os

import pytest
from bench.tamper import alterations, tries
from bench.tamper.alterations import open_database
from bench.tamper.jobs import in_jobs
from bench.tamper.tries import Try, find_missed, run, sweep
from bench.tamper.world import World, make

from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage.schema import APPEND_ONLY, INDEXES, schema_tables

TRIES = 100
ALL_TRIES = 10_000
KINDS_OF_TRIES = ("column", "file", "bundle", "rare", "definition")
UNDER_WAY = ("feed_lags", "intents", "scan_progress", "web_sessions")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make(tmp_path_factory.mktemp("tamper"))


def test_every_column_of_every_table_is_held_to_something(world: World) -> None:
    assert sweep(world, seed=3).missed == []


@pytest.mark.parametrize("column", ["inputs_json", "files_json"])
def test_a_generation_whose_own_words_cannot_be_read_is_named(world: World, column: str) -> None:
    with open_database(world) as connection:
        (number,) = connection.execute("SELECT max(number) FROM generations").fetchone()
        connection.execute(f"UPDATE generations SET {column} = ? WHERE number = ?", ("{", number))
    report = verify_workspace(world.workspace, VerifyRequest(), lambda *_: None)
    world.workspace.engine.dispose()
    world.restore()
    assert f"generation:{number}" in {finding.where for finding in report.findings}


def test_single_bytes_cut_tails_and_rolled_back_databases_are_found(world: World) -> None:
    tally = run(world, TRIES, seed=3)
    assert tally.missed == []
    assert min(tally.tries[kind] for kind in KINDS_OF_TRIES) > 5


def test_an_alteration_that_verify_misses_is_reported_beside_found_ones(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = (("lead_marks", "set_by"), ("lead_notes", "made_by"), ("cases", "number"))
    batch = [Try("column", number, column) for number, column in enumerate(columns)]
    assert find_missed(world, batch) == []
    verify = tries._verify
    monkeypatch.setattr(tries, "_verify", lambda of: [one for one in verify(of) if "lead-mark:" not in one])
    (missed,) = find_missed(world, batch)
    assert missed.startswith("lead_marks.set_by of row ")


@pytest.mark.full
def test_each_of_ten_thousand_alterations_is_found_and_named() -> None:
    tally = in_jobs(ALL_TRIES, seed=1, jobs=min(4, os.cpu_count() or 1))
    assert tally.missed == []
    assert tally.tries.total() >= ALL_TRIES


def test_every_column_without_a_commitment_is_listed_by_name() -> None:
    """A table or column that is left out of the alterations stands here, or this fails."""
    covered = set(alterations.columns())
    left = {(name, column.name) for name, table in schema_tables.items() for column in table.columns} - covered
    under_way = {(name, column.name) for name in UNDER_WAY for column in schema_tables[name].columns}
    assert left == under_way | {("accounts", name) for name in ("failures", "last_step", "locked_until_us")}


def test_every_trigger_index_and_table_is_among_the_definitions(world: World) -> None:
    names = {(kind, name) for kind, name, _, _ in alterations.definitions(world)}
    assert {("table", name) for name in schema_tables} < names
    ends = ("no_delete", "no_update", "no_replace")
    assert {("trigger", f"{table}_{end}") for table in APPEND_ONLY for end in ends} < names
    assert {("index", f"{table}_by_{column}") for table, column in INDEXES} < names
