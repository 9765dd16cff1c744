"""`docs/how-to/notices.md`: every command of it is one, and its table of states is the program's."""

from __future__ import annotations

import re
import shlex

import pytest

from sightline.casework.notices.notices import NEXT
from sightline.cli import build_parser
from sightline.cli.notices import VERBS
from sightline.model import NoticeState
from tests.cli.conftest import ROOT

PAGE = (ROOT / "docs" / "how-to" / "notices.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ sightline (notices .*)$", PAGE, re.MULTILINE)

OF_REPLIES = {"confirm-reply", "follow-up", "import-reply", "list-replies", "withdraw-reply"}
"""Verbs that the page of replies has."""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_one(command: str) -> None:
    assert build_parser("notices").parse_args(shlex.split(command)).verb in VERBS


def test_every_verb_is_on_the_page_and_so_is_every_state() -> None:
    assert {command.split()[1] for command in COMMANDS} == set(VERBS) - OF_REPLIES
    rows = dict(re.findall(r"^\| ([a-z ,]+) \| (.+) \|$", PAGE.split("| from | can become |")[1], re.MULTILINE))
    assert {part.strip().replace(" ", "-") for left in rows for part in left.split(",")} == set(NoticeState)
    for state in (NoticeState.DRAFT, NoticeState.APPROVED, NoticeState.SENT):
        assert {part.strip().replace(" ", "-") for part in rows[state.value].split(",")} == NEXT[state]
