"""Scans and officers' acts that are killed at random moments lose nothing and double nothing (`bench/crash`)."""

from pathlib import Path

import pytest
from bench.crash.rounds import run
from bench.crash.world import World

ROUNDS = 25


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_killed_is_whole_once_it_went_on(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    database = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    tally = run(World.make(tmp_path, database), ROUNDS, seed=7)
    assert tally.wrong == []
    assert tally.kills.total() - tally.kills["came too late"] > ROUNDS
