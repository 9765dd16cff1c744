"""`sightline completion SHELL`: a completion script, made from the commands' own parsers."""

from __future__ import annotations

import argparse
import sys


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = commands.add_parser(
        "completion",
        help="print a completion script for your shell",
        description="Print a script that completes commands, options and files.",
        epilog='example:\n  eval "$(sightline completion bash)"',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    here.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    import shtab  # noqa: PLC0415

    from sightline.cli import parser  # noqa: PLC0415

    sys.stdout.write(shtab.complete(parser("*"), arguments.shell))
    return 0
