"""`sightline watch` as a process: it follows a log, ends on SIGTERM with all registered, and shows its status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.storage import generations
from sightline.storage.rows import FeedPart, Generation
from sightline.workspace import keys
from tests.cli.unit import Unit
from tests.office import combined_log
from tests.services.live.unit import LiveOffice
from tests.waits import HUNG_S, wait_until


@pytest.fixture
def live(tmp_path: Path) -> LiveOffice:
    return LiveOffice.found(tmp_path)


def words(live: LiveOffice, folder: Path) -> list[str]:
    """The options that say who acts and where."""
    key = folder / "io.key"
    if not key.exists():
        keys.write_private(key, live.office.io.signer.private, None)
    return ["--workspace", str(live.office.workspace.folder), "--key", str(key)]


def test_a_log_is_followed_until_sigterm(live: LiveOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = combined_log(60, hits_every=5).splitlines(keepends=True)
    live.log.write_text("".join(lines[:30]))
    (flags,) = live.request.scan.lists
    command = ["watch", str(live.log), "--source", "feed", "--authority", "s.69B 4/2026", "--list", str(flags)]
    officer_session = words(live, tmp_path)
    python = [sys.executable, "-m", "sightline", *command, "--no-leads", *officer_session]
    with subprocess.Popen(python, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        wait_until(lambda: _lines(live) == 30)
        with live.log.open("a") as stream:
            stream.write("".join(lines[30:]))
        wait_until(lambda: _lines(live) == 60)
        process.send_signal(signal.SIGTERM)
        _, error_text = process.communicate(timeout=HUNG_S)
    assert process.returncode == 0, error_text
    assert "60 lines" in error_text.splitlines()[-1] and "12 hits, 0 rejects" in error_text
    live.require_whole("".join(lines))
    unit = Unit(tmp_path, capsys)
    (feed,) = [json.loads(line) for line in unit.run("watch", "--status", "--json", *officer_session).out.splitlines()]
    assert (feed["lines"], feed["hits"], feed["lag_bytes"], feed["breaks"]) == (60, 12, 0, [])
    status = unit.run("watch", "--status", *officer_session)
    assert status.code == 0 and str(live.log) in status.out and "GAP" not in status.out


def test_two_watches_at_once_register_all_and_the_leads_have_the_hits_of_both(live: LiveOffice, tmp_path: Path) -> None:
    (flags,) = live.request.scan.lists
    under = ["--source", "feed", "--authority", "s.69B 4/2026", "--list", str(flags), "--part-size", "4K"]
    logs = [live.log, live.log.with_name("other.log")]
    texts = [combined_log(60, start=number * 1000, hits_every=5) for number in range(2)]
    officer_session = words(live, tmp_path)
    running = []
    for log, text in zip(logs, texts, strict=True):
        log.write_text(text)
        running.append(
            subprocess.Popen([sys.executable, "-m", "sightline", "watch", str(log), *under, *officer_session])
        )
    wait_until(lambda: _all_lines(live) == 120)
    for process in running:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(timeout=HUNG_S) for process in running] == [0, 0]
    with live.office.workspace.read() as tables:
        made = tables[Generation].find_last("number")
        runs = {part.run_id for part in tables[FeedPart].select()}
    assert made is not None and generations.list_generation_runs(made) == runs


def _all_lines(live: LiveOffice) -> int:
    with live.office.workspace.read() as tables:
        return sum(part.lines for part in tables[FeedPart].select())


def _lines(live: LiveOffice) -> int:
    try:
        return sum(part.lines for part in live.parts())
    except ValueError:
        return 0


def test_wrong_use_is_reported_before_anything_is_read(
    live: LiveOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unit, officer_session = Unit(tmp_path, capsys), words(live, tmp_path)
    under = ("--source", "feed", "--authority", "s.69B 4/2026")
    for given, hint in (
        (("watch",), "--source is missing"),
        (("watch", *under), "no input is given"),
        (("watch", live.log, live.log, *under), "given twice"),
        (("watch", tmp_path / "absent" / "access.log", *under), "no such folder"),
        (("watch", live.log, "--part-size", "1K", *under), "from 4K to 256M"),
        (("watch", live.log, "--pause", "0", *under), "from 0.01 to 60 seconds"),
    ):
        refused = unit.run(*given, *officer_session)
        assert refused.code == 2 and hint in refused.err, refused.err
