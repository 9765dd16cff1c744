"""`docs/reference/cli.md` is what the argument parser says; the commands of the tutorial on training are commands."""

import re
import shlex

import pytest
from scripts.cli_reference import PAGE, reference

from sightline.cli import build_parser
from tests.cli.conftest import ROOT

TRAINING = (ROOT / "docs" / "tutorials" / "training.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ sightline ([^|>\n]*)", TRAINING, re.MULTILINE)


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m scripts.cli_reference"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_training_is_one(command: str) -> None:
    words = shlex.split(command)
    assert build_parser(words[0]).parse_args(words).command == words[0]
