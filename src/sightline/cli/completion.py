"""`sightline completion SHELL`: a completion script, made from the commands' own parsers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

FILES = {"logs", "hits", "out", "format"}
"""Arguments that are files although their texts are not read as paths: they may be `-`, or a name."""

EXAMPLES = """\
  eval "$(sightline completion bash)"
  sightline completion fish > ~/.config/fish/completions/sightline.fish
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = commands.add_parser(
        "completion",
        help="print a completion script for your shell",
        description="Print a script that completes commands, options and files.",
        epilog=f"examples:\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    here.add_argument("shell", choices=("bash", "fish", "tcsh", "zsh"))


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    import shtab  # noqa: PLC0415

    from sightline.cli import build_parser  # noqa: PLC0415

    parser = build_parser("*")
    _mark_file_arguments(parser)
    sys.stdout.write(shtab.complete(parser, arguments.shell))
    return 0


def _mark_file_arguments(here: argparse.ArgumentParser) -> None:
    """Mark files and names of formats, in this parser and below: without a mark a shell completes neither."""
    import shtab  # noqa: PLC0415

    from sightline.stages.formats.loader import load_builtin_formats  # noqa: PLC0415

    for action in here._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                _mark_file_arguments(below)
        elif (action.dest == "name" and not action.option_strings) or "--format" in action.option_strings:
            action.choices = list(load_builtin_formats())
        elif action.type is Path or action.dest in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
