"""`docs/tutorials/first_workspace.md`: its commands, typed in their order in one shell, do what stands there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sightline.casework.people.login import is_in_memory
from tests.cli.conftest import ROOT, environment
from tests.cli.test_lists_page import with_command

PAGE = (ROOT / "docs" / "tutorials" / "first_workspace.md").read_text(encoding="utf-8")
COMMANDS = [
    (command, expected.splitlines())
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


class Shell:
    """One shell, in which what a command exports stays."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._shell = subprocess.Popen(
            ["bash"], cwd=folder, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=2, text=True
        )

    def run(self, command: str) -> tuple[int, str]:
        assert self._shell.stdin is not None and self._shell.stdout is not None
        self._shell.stdin.write(f"{command}\necho end-of-it $?\n")
        self._shell.stdin.flush()
        output = ""
        for line in self._shell.stdout:
            if line.startswith("end-of-it "):
                return int(line.split()[1]), output
            output += line
        raise AssertionError(f"the shell ended after {output!r}")

    def close(self) -> None:
        self._shell.communicate()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in an empty folder. All keys have one passphrase, which a file says in the place of the person."""
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery\n")
    secret.chmod(0o600)
    folder = tmp_path / "folder"
    folder.mkdir()
    with TemporaryDirectory(dir="/dev/shm") as memory:
        variables = environment() | {
            "HOME": str(tmp_path),
            "PATH": f"{with_command(tmp_path) / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "XDG_RUNTIME_DIR": memory,
            "SIGHTLINE_PASSPHRASE_FILE": str(secret),
        }
        for name in ("SIGHTLINE_WORKSPACE", "SIGHTLINE_KEY", "XDG_CONFIG_HOME"):
            variables.pop(name, None)
        shell = Shell(folder, variables)
        yield shell
        shell.close()


@pytest.mark.skipif(not is_in_memory(Path("/dev/shm")), reason="no tmpfs at /dev/shm here")
def test_the_page_is_true(shell: Shell) -> None:
    assert len(COMMANDS) > 30
    for command, expected in COMMANDS:
        code, result = shell.run(command)
        assert code == 0, (command, result)
        for line in expected:
            pattern = ".*".join(map(re.escape, line.split("...")))
            pattern = re.sub(r"(\\ )+", " +", pattern)
            assert any(re.fullmatch(pattern, one) for one in result.splitlines()), (command, line, result)
