"""The unit template for systemd: the documentation shows it, and systemd reads every line of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "demo" / "sightline-watch@.service"


def test_the_documentation_shows_the_unit_template() -> None:
    assert UNIT.read_text() in (ROOT / "docs" / "how-to" / "live.md").read_text()


def test_systemd_reads_the_unit_template(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "sightline-watch@feed.service"
    unit.write_text(UNIT.read_text().replace("/usr/bin/sightline", "/bin/true").replace("User=sightline", "User=root"))
    done = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
