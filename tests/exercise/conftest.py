"""One small world, made once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sightline.exercise import manifest
from sightline.exercise.world import create_world
from sightline.model.progress import ignore_progress

SESSIONS, SEED = 1500, 7


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a world with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> manifest.World:
    return create_world(tmp_path_factory.mktemp("exercise") / "world", SESSIONS, SEED, {}, ignore_progress)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., manifest.World]:
    """Makes a world beside."""

    def made(name: str, sessions: int = 200, seed: int = 1, **faults: float) -> manifest.World:
        some = {fault.replace("_", "-"): share for fault, share in faults.items()}
        return create_world(tmp_path / name, sessions, seed, some, ignore_progress)

    return made
