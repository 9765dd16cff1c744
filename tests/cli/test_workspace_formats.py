"""Formats of a workspace at the command line: proposed, approved, shown, detected, withdrawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.unit import DAS, MENON, Unit, unit
from tests.services.test_log_formats import FORMAT, LINES

__all__ = ["unit"]

WHY = "the panel of the seized server"


@pytest.fixture
def files(unit: Unit) -> tuple[Path, Path]:
    unit.begin()
    unit.enrol(MENON, DAS)
    own, log = unit.folder / "mine.toml", unit.folder / "panel.log"
    own.write_text(FORMAT)
    log.write_text(LINES)
    return own, log


def decide(unit: Unit) -> None:
    (asked,) = unit.done(MENON, "approve", "--json").rows
    unit.done(MENON, "approve", asked["approval_id"], "--yes", "--why", "layout compared with the letter")


def test_two_officers_let_a_workspace_use_a_format_and_end_it(unit: Unit, files: tuple[Path, Path]) -> None:
    own, log = files
    assert unit.run("formats", "detect", log).code != 0
    asked = unit.done(DAS, "formats", "propose", own, log, "--why", WHY)
    assert "format:use" in asked.out
    assert unit.run("formats", "detect", log).code != 0
    decide(unit)
    assert unit.run("formats", "detect", log, "--json").rows[0]["format"] == "panel-log"
    assert unit.run("formats", "show", "panel-log").out.startswith("name:           panel-log")
    assert unit.run("formats", "test", "panel-log", log, "--json").rows[0]["host"] == "board.example"
    listed = unit.run("formats", "list", "--json").rows
    assert (listed[0]["name"], listed[0]["workspace"]) == ("panel-log", True)
    assert "of this workspace, approved by two officers" in unit.run("formats", "list").out
    unit.done(DAS, "formats", "withdraw", "panel-log", "--why", "the letter was withdrawn")
    decide(unit)
    assert unit.run("formats", "detect", log).code != 0
    assert not any("workspace" in row for row in unit.run("formats", "list", "--json").rows)


def test_outside_of_a_workspace_only_built_in_formats_are_known(
    unit: Unit, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, log = files
    unit.done(DAS, "formats", "propose", own, log, "--why", WHY)
    decide(unit)
    monkeypatch.delenv("SIGHTLINE_WORKSPACE")
    assert unit.run("formats", "detect", log).code != 0
    assert unit.run("formats", "detect", log, "--workspace", unit.folder / "cyber-ps").out.startswith("panel-log: ")
    monkeypatch.chdir(unit.folder / "cyber-ps")
    assert unit.run("formats", "detect", log).out.startswith("panel-log: ")
    assert unit.run("formats", "list", "--workspace", unit.folder).code == 2


@pytest.mark.parametrize(
    ("text", "lines", "says"),
    [
        (FORMAT.replace('"specification"\n', '"draft"\n'), LINES, "still a draft"),
        (FORMAT, "another log\n", "reads no line"),
        (FORMAT.replace("panel-log", "combined"), LINES, "the name of another format"),
    ],
)
def test_an_invalid_format_cannot_be_proposed(
    unit: Unit, files: tuple[Path, Path], text: str, lines: str, says: str
) -> None:
    own, log = files
    own.write_text(text)
    log.write_text(lines)
    asked = unit.sightline(DAS, "formats", "propose", own, log, "--why", WHY)
    assert (asked.code != 0, says in asked.err) == (True, True)
    assert unit.done(MENON, "approve", "--json").rows == []
