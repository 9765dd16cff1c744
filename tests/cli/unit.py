"""A unit at the command line: its commands run in this process, each as one of its officers."""

from __future__ import annotations

import atexit
import json
import shutil
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir, mkdtemp
from typing import Any, TypeVar

import pytest

from sightline.casework.people import login
from sightline.cli import main

NAIR, MENON, RAO, IYER, DAS = "nair", "menon", "rao", "iyer", "das"
PILLAI, KHAN = "pillai", "khan"
STAFF = {
    MENON: ("P. Menon", "supervisor"),
    RAO: ("S. Rao", "investigating-officer"),
    IYER: ("K. Iyer", "auditor"),
    DAS: ("T. Das", "analyst"),
    PILLAI: ("T. Pillai", "station-officer"),
    KHAN: ("Z. Khan", "superintendent"),
}


@dataclass(frozen=True)
class CommandResult:
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, object]]:
        """The JSON objects on standard output."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Unit:
    """A folder with a workspace `cyber-ps` and keys; `sightline` runs a command as an officer."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    enrolled: list[str] = field(default_factory=list)

    def run(self, *words: object) -> CommandResult:
        try:
            code = main([str(word) for word in words])
        except SystemExit as refused:  # argparse ends so when it cannot read a word
            code = int(refused.code or 0)
        captured = self.capsys.readouterr()
        assert "fault in this program" not in captured.err, captured.err
        return CommandResult(code, captured.out, captured.err)

    def sightline(self, who: str, *words: object) -> CommandResult:
        return self.run(*words, "--key", self.key(who))

    def done(self, who: str, *words: object) -> CommandResult:
        """As `sightline`; it must be done."""
        result = self.sightline(who, *words)
        assert result.code == 0, result.err
        return result

    def key(self, who: str) -> Path:
        return self.folder / who

    def begin(self, *more: str) -> None:
        """The workspace, made by the administrator."""
        words = ("--name", "Cyber PS", "--officer", "A. Nair", "--key", self.key(NAIR), "--no-passphrase", *more)
        assert self.run("init", self.folder / "cyber-ps", *words).code == 0

    def enrol(self, *whom: str, second: str = MENON) -> None:
        for who in whom:
            assert self.run("officers", "create-key", "--out", self.key(who), "--no-passphrase").code == 0
            name, role = STAFF[who]
            result = self.done(NAIR, "officers", "add", f"{self.key(who)}.pub", "--name", name, "--role", role)
            if "asked" in result.out:
                self.approve(second)

    def approve(self, who: str, *more: str) -> None:
        """Approve all that waits."""
        for row in self.done(who, "approve", "--json").rows:
            self.done(who, "approve", row["approval_id"], "--yes", "--why", "seen with its papers", *more)

    def agree(self) -> None:
        """Approve all that waits, each by whoever may."""
        for who in (one for one in STAFF if self.key(one).exists()):
            result = self.sightline(who, "approve", "--json")
            for row in result.rows if result.code == 0 else ():
                if row["is_mine"]:
                    self.done(who, "approve", row["approval_id"], "--yes", "--why", "seen with its papers")

    def whole(self, who: str, *words: object) -> CommandResult:
        """What a command writes with whole addresses: for a reason, and by two officers where it is several."""
        opened = (*words, "--show-addresses", "--why", "FIR 12/2026: compared with the log")
        if self.sightline(who, *opened).code:
            self.agree()
        return self.done(who, *opened)

    def journal(self, **of: str) -> list[dict[str, object]]:
        words = [word for name, value in of.items() for word in (f"--{name}", value)]
        return self.done(MENON, "ledger", "show", "--journal", "--json", *words).rows


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Unit]:
    """A unit without a workspace yet; its home and its memory are the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("SIGHTLINE_KEY", "SIGHTLINE_PASSPHRASE_FILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIGHTLINE_WORKSPACE", str(tmp_path / "cyber-ps"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    is_memory_here = login.is_in_memory(Path("/dev/shm"))
    if not is_memory_here:
        # What the machine lacks is not what these tests are about.
        monkeypatch.setattr(login, "IN_MEMORY", {login._find_file_system(Path(gettempdir()))})
    with TemporaryDirectory(dir="/dev/shm" if is_memory_here else None) as memory:
        monkeypatch.setenv("XDG_RUNTIME_DIR", memory)
        yield Unit(tmp_path, capsys)


T = TypeVar("T")
_PREPARED: dict[Hashable, tuple[Path, Any]] = {}


def copy_prepared(unit: Unit, key: Hashable, prepare: Callable[[Unit], T]) -> T:
    """Make the unit as `prepare` leaves it, and return what that returns.

    Its commands run once, in a folder of their own, of which each unit gets a copy. `key` names what is prepared. An
    exhibit lies where it was scanned: in the folder of which there are copies.
    """
    if key not in _PREPARED:
        folder = Path(mkdtemp(prefix="sightline-unit-")).resolve()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SIGHTLINE_WORKSPACE", str(folder / "cyber-ps"))
            patch.chdir(folder)
            _PREPARED[key] = folder, prepare(Unit(folder, unit.capsys))
    folder, made = _PREPARED[key]
    shutil.copytree(folder, unit.folder, dirs_exist_ok=True)
    return made  # type: ignore[no-any-return]
