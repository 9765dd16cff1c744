"""Every `sightline` command of README.md and docs/ is one that the argument parser takes."""

import re
import shlex
from itertools import takewhile
from pathlib import Path

import pytest

from sightline.cli import build_parser
from tests.cli.conftest import ROOT

PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]


def commands(page: Path) -> list[list[str]]:
    """The words of each command of a page, up to a pipe or another command; `$leads` holds options of leads."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```(?:console|sh)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in re.findall(r"^(?:\w*\$ )?sightline (.*)$", block, re.MULTILINE)]
    lines = [re.sub(r"(?<=\s)\$leads\b", "--lead 1", line) for line in lines]
    split = [
        shlex.split(re.sub(r"\$\(.*?\)", "1", line.partition("; echo")[0]), comments=True)
        for line in lines
        if "…" not in line
    ]
    return [list(takewhile(lambda word: word not in {"|", ">", "&&"}, words)) for words in split]


FOUND = [
    pytest.param(words, id=f"{page.stem}-{number}-{words[0]}")
    for page in sorted(PAGES)
    for number, words in enumerate(commands(page))
]


@pytest.mark.parametrize("words", FOUND)
def test_a_command_of_a_page_is_one(words: list[str]) -> None:
    assert build_parser(words[0]).parse_args(words).command
