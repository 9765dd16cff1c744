"""The log of a run: there for every command, structured, and without what people or records wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sightline.cli.run_log import LINE
from tests.cli.conftest import Sightline, SignedList
from tests.cli.test_help import parsers
from tests.cli.unit import IYER, MENON, NAIR, Unit, unit

__all__ = ["unit"]

LOG = '203.0.113.9 - secret-name [05/Jun/2026:12:00:00 +0000] "GET http://flagged.example/ HTTP/1.1" 200 5\n'


def test_every_command_and_verb_takes_the_options_of_the_log() -> None:
    without = [
        parser.prog
        for parser in parsers()
        if not {"-v", "--verbose", "--log-file"} <= parser._option_string_actions.keys()
    ]
    assert not without


@pytest.mark.parametrize("is_first", [True, False])
def test_a_log_has_a_line_for_each_step_and_none_of_the_evidence(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path, is_first: bool
) -> None:
    log, evidence = tmp_path / "run.log", tmp_path / "203.0.113.9 secret-name.log"
    evidence.write_text(LOG)
    words, options = ["match", evidence, *signed_list.words], ["--verbose", "--log-file", log]
    ran = sightline(*options, *words) if is_first else sightline(*words, *options)
    assert ran.code == 0, ran.err
    text = log.read_text()
    lines = text.splitlines()
    assert all(LINE.match(line.encode()) for line in lines), text
    assert 'command="sightline match" options=' in lines[0]
    assert any(
        re.search(r"exhibit read: sha256=[0-9a-f]{64} bytes=\d+ frames=1 records=1 .*hits=1 ", line) for line in lines
    )
    assert "command ended: exit_code=0 seconds=" in lines[-1]
    assert all(line in ran.err for line in lines)
    for secret in ("203.0.113", "secret-name", "flagged", str(tmp_path)):
        assert secret not in text
    assert log.stat().st_mode & 0o077 == 0


def test_a_log_of_a_workspace_names_no_officer_and_no_reason(unit: Unit) -> None:
    unit.begin()
    unit.enrol(MENON, IYER)
    log = unit.folder / "run.log"
    reason = "FIR 12/2026 about 203.0.113.9"
    unit.run("officers", "create-key", "--out", unit.key("ravi"), "--no-passphrase")
    words = ("--name", "Ravi of 203.0.113.9", "--role", "analyst", "--log-file", log)
    unit.done(NAIR, "officers", "add", f"{unit.key('ravi')}.pub", *words)
    unit.done(IYER, "ledger", "show", "--log-file", log)
    refused = unit.sightline(IYER, "leads", "list", "--show-addresses", "--why", reason, "--log-file", log)
    assert refused.code != 0
    text = log.read_text()
    assert "ledger entries: verbs=" in text
    assert "command failed: error=" in text
    for secret in ("203.0.113", "Ravi", "FIR", "Nair", "Iyer", str(unit.folder)):
        assert secret not in text


def test_a_log_is_never_written_into_another_file(sightline: Sightline, tmp_path: Path) -> None:
    evidence = tmp_path / "access.log"
    evidence.write_text(LOG)
    ran = sightline("formats", "list", "--log-file", evidence)
    assert ran.code == 2
    assert "is not a log of Sightline" in ran.err
    assert evidence.read_text() == LOG
    for place, why in ((tmp_path, "Is a directory"), (tmp_path / "none" / "run.log", "No such file")):
        ran = sightline("formats", "list", "--log-file", place)
        assert ran.code == 2
        assert why in ran.err


def test_a_full_disk_loses_the_log_and_not_the_work(sightline: Sightline) -> None:
    ran = sightline("formats", "list", "--log-file", "/dev/full")
    assert ran.code == 0
    assert ran.out
    assert ran.err.count("the log cannot be written") == 1


def test_a_bug_is_logged_by_its_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sightline.cli import completion, main

    def broken(_arguments: object) -> int:
        raise KeyError("secret-name")

    monkeypatch.setattr(completion, "run", broken)
    log = tmp_path / "run.log"
    assert main(["completion", "bash", "--log-file", str(log)]) == 70
    capsys.readouterr()
    assert "ERROR sightline.cli command failed: error=KeyError at=" in log.read_text()
    assert "secret-name" not in log.read_text()
