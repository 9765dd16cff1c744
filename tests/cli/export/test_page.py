"""`docs/how-to/interchange.md`: its commands print what stands there."""

import re
import shlex
import shutil
import sys
from pathlib import Path

from tests.cli.conftest import ROOT
from tests.cli.export.conftest import DEMO
from tests.cli.test_lists_page import run

PAGE = (ROOT / "docs" / "how-to" / "interchange.md").read_text(encoding="utf-8")


def test_commands_print_what_the_page_says(demo_list: tuple[str, ...], tmp_path: Path) -> None:
    _, flagged, _, key = demo_list
    for given in (flagged, f"{flagged}.minisig", key, str(DEMO / "proxy-squid.log.gz")):
        shutil.copy(given, tmp_path)
    command = tmp_path / "bin" / "sightline"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sightline "$@"\n')
    command.chmod(0o755)
    (block,) = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for words, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
        ran = run(words, tmp_path)
        # Indicators of a bundle that no list row can be (patterns with more than one meaning) are told as rejects.
        assert ran.returncode == (1 if words.startswith("sightline lists check") else 0), ran.stderr
        lines = (ran.stdout + ran.stderr).splitlines()
        for line in expected.splitlines():
            pattern = ".*".join(map(re.escape, line.split("...")))
            assert any(re.fullmatch(pattern, one) for one in lines), (words, line, lines)
