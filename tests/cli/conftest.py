"""A signed list, its key, and the command as a user runs it."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.loaded_command import MOST_S, LoadedCommand

ROOT = Path(__file__).parent.parent.parent
LIST = """kind,value,category,valid_from,valid_until,listed_on,opinion,reference
domain,flagged.example,test,,,,,
url-prefix,http://board.example/rooms,test,,,,,
ip,192.0.2.80,test,,,,,
domain,early.example,test,2026-06-05,2026-06-06,,,
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: bytes
    err: str


Sightline = Callable[..., Ran]


@pytest.fixture(scope="session")
def sightline() -> Sightline:
    """Runs the command and gives what came of it; fails if a traceback reached the user."""
    loaded = LoadedCommand(environment())

    def run(*words: object, stdin: bytes | None = None, cwd: Path | None = None, prefix: Sequence[str] = ()) -> Ran:
        given = list(map(str, words))
        if not prefix and loaded.serves(environment()):
            code, out, error_text = loaded.run(given, stdin=stdin, cwd=cwd, environment=environment())
        else:
            command = [*prefix, sys.executable, "-m", "sightline", *given]
            done = subprocess.run(
                command, input=stdin, capture_output=True, cwd=cwd, env=environment(), timeout=MOST_S, check=False
            )
            code, out, error_text = done.returncode, done.stdout, done.stderr
        err = error_text.decode(errors="replace")
        assert "Traceback" not in err, err
        assert "fault in this program" not in err, err
        return Ran(code, out, err)

    return run


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "RUST_BACKTRACE": "0"}


@dataclass(frozen=True)
class SignedList:
    path: Path
    key: Path
    pub: Path

    @property
    def words(self) -> tuple[str, ...]:
        return ("--list", str(self.path), "--trust", str(self.pub))


@pytest.fixture(scope="session")
def signed_list(tmp_path_factory: pytest.TempPathFactory, sightline: Sightline) -> SignedList:
    """A list of four indicators, signed by AGENCY."""
    folder = tmp_path_factory.mktemp("list")
    path = folder / "flagged.csv"
    path.write_text(LIST)
    assert sightline("lists", "create-key", "--issuer", "AGENCY", "--out", folder).code == 0
    key = folder / "AGENCY.key"
    assert (
        sightline("lists", "sign", path, "--key", key, "--valid-until", "2099-01-01", "--use", "statistics").code == 0
    )
    return SignedList(path, key, folder / "AGENCY.pub")
