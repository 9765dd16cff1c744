"""`docs/how-to/tips.md`: its files are of the kinds that it says, its commands print what stands there, its
headings are the code's.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from sightline.stages.tips.kind_detection import choose_kind
from sightline.stages.tips.model import TipOptions
from sightline.stages.tips.table_columns import HEADINGS
from tests.cli.conftest import ROOT
from tests.cli.test_lists_page import run, with_command
from tests.stages.tips.conftest import workbook

PAGE = (ROOT / "docs" / "how-to" / "tips.md").read_text(encoding="utf-8")
KINDS = {
    "report.json": "cybertip-json",
    "report.xml": "cybertip-xml",
    "graph.jsonld": "case-json",
    "referral.csv": "sheet",
    "capture.csv": "p2p",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The page's files, and `sightline` as a command."""
    for name, content in re.findall(r"`([\w.]+)`:\n+```\w*\n(.*?)```\n", PAGE, re.DOTALL):
        (tmp_path / name).write_text(content)
    table = re.search(r"`referral\.xlsx`.*?\n\n(.*?)\n\n", PAGE, re.DOTALL)
    assert table
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]
    times = [(datetime.strptime(row[2], "%d/%m/%Y %H:%M:%S"), "dd/mm/yyyy hh:mm:ss") for row in rows]
    cells = [[row[0], int(row[1]), time, row[3]] for row, time in zip(rows, times, strict=True)]
    (tmp_path / "referral.xlsx").write_bytes(workbook([head, *cells]))
    return with_command(tmp_path)


def test_each_kind_on_the_page_is_detected(folder: Path) -> None:
    for name, kind in KINDS.items():
        assert choose_kind((folder / name).read_bytes(), TipOptions())[0] == kind


def test_commands_print_what_the_page_says(folder: Path) -> None:
    found = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    assert len(found) == 3
    for block in found:
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            ran = run(command, folder)
            lines = (ran.stdout + "\n" + ran.stderr).splitlines()
            for line in expected.splitlines():
                pattern = ".*".join(map(re.escape, line.split("...")))
                assert any(re.fullmatch(pattern, one) for one in lines), (command, line, lines)


def test_the_headings_are_those_of_the_code() -> None:
    stands = PAGE.partition("<!-- headings:begin -->\n")[2].partition("<!-- headings:end -->")[0]
    rows = [
        f"| `{field}` | {', '.join(f'`{part.strip()}`' for part in ones.split(','))} |\n"
        for field, ones in HEADINGS.items()
    ]
    assert stands == "| field | headings |\n|---|---|\n" + "".join(rows)
