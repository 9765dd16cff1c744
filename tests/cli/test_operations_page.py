"""`docs/how-to/operations.md`: every command of it is one, and its tables are the program's."""

from __future__ import annotations

import re
import shlex

import pytest

from sightline.cli import build_parser
from sightline.cli.operations import VERBS
from sightline.model import CloseReason, LeadStatus, OperationEventKind
from sightline.services.search.result import ResultKind
from tests.cli.conftest import ROOT

PAGE = (ROOT / "docs" / "how-to" / "operations.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ sightline (.*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_one(command: str) -> None:
    words = shlex.split(command)
    build_parser(words[0]).parse_args(words)


def table(heading: str) -> set[str]:
    """The first cells of the table under a heading."""
    body = PAGE.split(f"| {heading} |")[1].split("\n\n")[0]
    return set(re.findall(r"^\| `([a-z-]+)` \|", body, re.MULTILINE))


def test_the_page_has_every_verb_status_reason_and_kind() -> None:
    assert {command.split()[1] for command in COMMANDS if command.startswith("operation")} == set(VERBS)
    assert table("status") == set(LeadStatus)
    assert table("reason to close") == set(CloseReason)
    assert table("kind") == set(ResultKind)
    assert all(f"`{kind}`" in PAGE for kind in OperationEventKind)
