"""`docs/tutorials/from_tip_to_lead.md`: its commands, typed in their order in one shell, do what stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sightline.casework.people.login import is_in_memory
from tests.cli.conftest import ROOT
from tests.cli.test_workspace_page import Shell, shell

__all__ = ["shell"]

PAGE = (ROOT / "docs" / "tutorials" / "from_tip_to_lead.md").read_text(encoding="utf-8")
COMMANDS = [
    (command, expected.splitlines())
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


@pytest.mark.skipif(not is_in_memory(Path("/dev/shm")), reason="no tmpfs at /dev/shm here")
def test_the_page_is_true(shell: Shell, tmp_path: Path) -> None:
    assert len(COMMANDS) > 20
    (tmp_path / "sightline").symlink_to(ROOT)
    for command, expected in COMMANDS:
        code, output = shell.run(f"{{ {command}\n}} 2>&1")
        # One report of the sample folder is damaged: the import says so, and takes the others.
        is_of_damaged = command.startswith("sightline tips import tips ") and "known" not in output
        assert code == (4 if is_of_damaged else 0), (command, output)
        for line in expected:
            pattern = ".*".join(map(re.escape, line.split("...")))
            pattern = re.sub(r"(\\ )+", " +", pattern)
            assert any(re.fullmatch(pattern, one) for one in output.splitlines()), (command, line, output)
