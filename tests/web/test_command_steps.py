"""Where a hint names a command, an officer is told which part of which page to use, also on this very page."""

import ast
import re
from pathlib import Path

import pytest

from sightline.errors import UsageError
from sightline.translation.messages import LANGUAGES, get_messages
from sightline.web.command_steps import ELSEWHERE, ONLY_COMMANDS, PAGES, PARTS, find_command_step
from sightline.web.error_text import translate_error

SOURCES = Path(__file__).parent.parent.parent / "src" / "sightline"
FOR_COMMANDS = ("cli", "exercise", "services/live", "services/cluster", "stages/enrich")
"""Folders whose hints only a command shows."""
COMMAND = re.compile(r"\bsightline ([a-z]+)(?: ([a-z][a-z-]*))?")


def list_hints() -> list[str]:
    """Return every hint of the code, of those that a page can show, that names a command of a group with a page."""
    hints = []
    for path in sorted(SOURCES.rglob("*.py")):
        if path.relative_to(SOURCES).as_posix().startswith(FOR_COMMANDS):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "hint":
                hints.append(ast.unparse(node.value).strip("f'\""))
    return [hint for hint in hints if (named := COMMAND.search(hint)) and named[1] in PAGES]


def test_each_hint_of_a_page_names_a_part_of_it_or_says_what_it_shows() -> None:
    hints = list_hints()
    assert len(hints) > 60
    for hint in hints:
        command = COMMAND.search(hint)
        assert command is not None
        if command[0].removeprefix("sightline ") not in ONLY_COMMANDS:
            step = find_command_step(hint, "en")
            assert "Ask the person" not in step, hint
            assert "“" in step or step.startswith(("The page", "A second officer")), hint


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_is_a_text_of_its_page(language: str) -> None:
    for command, part in PARTS.items():
        page = ELSEWHERE.get(command, (PAGES[command.partition(" ")[0]],))[0]
        assert find_command_step(f"sightline {command}", language)
        assert get_messages(page, language)(part)


@pytest.mark.parametrize(
    ("hint", "step"),
    [
        ("sightline officers list shows names", "The page Administration shows this."),
        ("make them: sightline leads rebuild", "Use “Rebuild the leads” on the page Leads."),
        ("who can decide: R. Bose: sightline approve 01ABC; then run this again", "A second officer decides this"),
        ("sightline verify names all that is wrong", "Use “Verify now” on the page Ledger."),
        ("sightline ledger export-checkpoint", "Ask the person who runs Sightline."),
    ],
)
def test_a_hint_says_what_to_do_on_a_page(hint: str, step: str) -> None:
    assert find_command_step(hint, "en").startswith(step)


def test_an_error_begins_with_a_capital_letter_but_no_name_is_changed() -> None:
    assert translate_error(UsageError("the time of the step is in the future"), "en").what.startswith("The time")
    assert translate_error(UsageError("board.example is in no catalogue"), "en").what.startswith("board.example")
    assert translate_error(UsageError("xyzzy is no officer of this unit"), "en").what.startswith("xyzzy")
