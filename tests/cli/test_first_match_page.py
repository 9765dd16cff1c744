"""`docs/tutorials/first_match.md`: its commands, pasted in their order into an empty folder, print
what the page shows.
"""

import re
from pathlib import Path

from tests.cli.conftest import ROOT
from tests.cli.test_lists_page import run, with_command

PAGE = (ROOT / "docs" / "tutorials" / "first_match.md").read_text(encoding="utf-8")
COMMANDS = [
    found
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for found in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


def test_the_page_is_true(tmp_path: Path) -> None:
    folder = with_command(tmp_path)
    assert len(COMMANDS) > 8
    variables = ""
    for command, expected in COMMANDS:
        ran = run(variables + command, folder)
        assert ran.returncode == 0, (command, ran.stderr)
        if re.match(r"\w+=", command):
            variables += f"{command}\n"
        lines = (ran.stdout + ran.stderr).splitlines()
        for line in expected.splitlines():
            pattern = ".*".join(map(re.escape, line.split("...")))
            assert any(re.fullmatch(pattern, one) for one in lines), (command, line, lines)
