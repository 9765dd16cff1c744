"""`docs/how-to/resolution.md`: every command of it is one, and it names every verdict."""

from __future__ import annotations

import re
import shlex

import pytest

from sightline.cli import build_parser
from sightline.model import ResolutionVerdict
from sightline.model.requests import ReplySign
from tests.cli.conftest import ROOT

SIGNS = (ROOT / "docs" / "reference" / "reply_signs.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "how-to" / "resolution.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ sightline ((?:notices|resolve).*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_one(command: str) -> None:
    words = shlex.split(command)
    assert build_parser(words[0]).parse_args(words).command == words[0]


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


def test_every_sign_is_on_the_page_and_has_a_heading_that_says_what_it_means() -> None:
    table = PAGE.partition("## Signs\n")[2].partition("\n[")[0]
    assert set(re.findall(r"`([a-z-]+)`", table)) == {sign.value for sign in ReplySign}
    headings = re.findall(r"^### ([a-z-]+)\n\n\*\*What it means for you\.\*\*", SIGNS, re.MULTILINE)
    assert sorted(headings) == sorted(sign.value for sign in ReplySign)
