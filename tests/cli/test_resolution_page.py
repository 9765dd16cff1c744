"""`docs/how-to/resolution.md`: every command of it is one, and it names every verdict."""

from __future__ import annotations

import re
import shlex

import pytest

from sightline.cli import parser
from sightline.model import ResolutionVerdict
from tests.cli.conftest import ROOT

PAGE = (ROOT / "docs" / "how-to" / "resolution.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ sightline ((?:notices|resolve).*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_one(command: str) -> None:
    words = shlex.split(command)
    assert parser(words[0]).parse_args(words).command == words[0]


def test_every_verdict_and_every_verb_of_replies_is_on_the_page() -> None:
    assert set(re.findall(r"^\| `([a-z]+)` \|", PAGE, re.MULTILINE)) >= set(ResolutionVerdict)
    verbs = {command.split()[1] for command in COMMANDS if " " in command and not command.split()[1].startswith("-")}
    assert {
        "import-reply",
        "list-replies",
        "withdraw-reply",
        "follow-up",
        "show",
        "open",
        "list-recalled",
        "purge",
    } <= verbs
