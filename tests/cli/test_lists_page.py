"""`docs/how-to/lists.md`: its files are of the kinds that it says, and its commands print what stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.stages.lists.readers import detect_reader
from tests.cli.conftest import ROOT, environment

PAGE = (ROOT / "docs" / "how-to" / "lists.md").read_text(encoding="utf-8")
KINDS = {
    "flagged.csv": "csv",
    "plain.txt": "plain",
    "hosts": "hosts",
    "flagged.rpz": "rpz",
    "block.conf": "dnsmasq",
    "unbound.conf": "unbound",
    "filter.txt": "adblock",
    "bundle.json": "stix",
    "event.json": "misp",
    "media.json": "project-vic",
    "digests.txt": "digests",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The page's files, and `sightline` as a command."""
    for name, content in re.findall(r"`([\w.]+)`:\n+```\w*\n(.*?)```\n", PAGE, re.DOTALL):
        (tmp_path / name).write_text(content)
    return with_command(tmp_path)


def with_command(tmp_path: Path) -> Path:
    """The folder, with `sightline` as a command in its `bin`."""
    command = tmp_path / "bin" / "sightline"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sightline "$@"\n')
    command.chmod(0o755)
    return tmp_path


def test_each_kind_on_the_page_is_detected_and_checked(folder: Path) -> None:
    for name, kind in KINDS.items():
        with (folder / name).open("rb") as stream:
            assert detect_reader(stream, name)[0].name == kind
        ran = run(f"sightline lists check {name}", folder)
        assert ran.returncode == (1 if name == "bundle.json" else 0), ran.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
def test_commands_print_what_the_page_says(folder: Path) -> None:
    found = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    assert len(found) == 6
    for block in found:
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            lines = run(command, folder).stdout.splitlines()
            for line in expected.splitlines():
                pattern = ".*".join(map(re.escape, line.split("...")))
                assert any(re.fullmatch(pattern, one) for one in lines), (command, line, lines)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment() | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
