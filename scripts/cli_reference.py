"""Write docs/reference/cli.md from the argument parser: `python -m scripts.cli_reference`.

A test compares the page with the parser, so run this after each change of a command, option or help text.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from sightline.cli import build_parser

PAGE = Path(__file__).parent.parent / "docs/reference/cli.md"
OF_EVERY_COMMAND = ("verbose", "log_file")
HEAD = """\
# Command line

Every command, argument and option of `sightline`. The program's own parser is the source of this page: run
`python -m scripts.cli_reference` to write it again.

Data goes to standard output, messages go to standard error. `sightline COMMAND --help` prints the same help.
[Configuration](configuration.md) has the exit codes and the environment variables.

Every command also takes `-v, --verbose`, which logs each step on standard error, and `--log-file FILE`, which appends
the log to a file. [The log of a run](configuration.md#the-log-of-a-run) says what a log holds.
"""


def reference() -> str:
    """Return the whole page as Markdown."""
    return "\n".join([HEAD, *_sections(build_parser("*"), 2)]).rstrip() + "\n"


def _sections(command: argparse.ArgumentParser, level: int) -> Iterator[str]:
    for name, summary, below in subcommands(command):
        yield f"{'#' * level} {command.prog} {name}\n"
        yield _section(below, summary)
        yield from _sections(below, level + 1)


def subcommands(command: argparse.ArgumentParser) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Yield name, summary and parser of each subcommand that the help lists: hidden aliases are left out."""
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                if choice.help != argparse.SUPPRESS:
                    yield choice.dest, choice.help or "", action.choices[choice.dest]


def _section(command: argparse.ArgumentParser, summary: str) -> str:
    text = (command.description or f"{summary[:1].upper()}{summary[1:]}.").strip()
    parts = [_escaped(text), ""]
    rows = [_row(action) for action in command._actions if _is_shown(action)]
    if rows:
        parts += ["| argument | what it does |", "|---|---|", *rows, ""]
    if command.epilog:
        parts += ["```text", command.epilog.strip(), "```", ""]
    return "\n".join(parts)


def _is_shown(action: argparse.Action) -> bool:
    hidden = isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
    return not hidden and action.dest not in OF_EVERY_COMMAND and action.help != argparse.SUPPRESS


def _row(action: argparse.Action) -> str:
    value = _value(action)
    names = ", ".join(f"`{name} {value}`".replace(" `", "`") for name in action.option_strings) or f"`{value}`"
    notes = [_escaped((action.help or "").replace("%%", "%"))]
    if "%(" in notes[0]:
        notes = [_escaped((action.help or "") % {**vars(action), "prog": "sightline"})]
    if action.option_strings and action.required:
        notes.append("(required)")
    if action.choices is not None and action.metavar is not None:
        notes.append("One of " + ", ".join(f"`{choice}`" for choice in action.choices) + ".")
    return f"| {names} | {' '.join(' '.join(notes).split())} |"


def _value(action: argparse.Action) -> str:
    """Return how the help names the value of an option, or the argument itself."""
    if action.nargs == 0:
        return ""
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    if action.metavar is not None:
        return action.metavar
    if action.choices is not None:
        return "\\|".join(map(str, action.choices))
    return action.dest.upper() if action.option_strings else action.dest


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("[", "\\[")


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
    sys.stderr.write(f"{PAGE}\n")
