"""Scans and officers' acts that are killed at random moments lose nothing and double nothing (`bench/crash`)."""

from pathlib import Path

import pytest
from bench.crash.rounds import run
from bench.crash.world import World


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("rounds", [10, pytest.param(25, marks=pytest.mark.full)])
def test_a_killed_run_is_whole_after_it_resumes(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, rounds: int
) -> None:
    database = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    tally = run(World.make(tmp_path, database), rounds, seed=7)
    assert tally.wrong == []
    assert tally.killed > rounds
