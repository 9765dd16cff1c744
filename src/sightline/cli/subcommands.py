"""Commands with verbs of their own: `sightline cases add`, `sightline issuers add`."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from typing import TypeAlias

Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Parsers, name: str, summary: str, examples: str, description: str | None = None
) -> argparse.ArgumentParser:
    """A parser of a command or a verb, with examples."""
    return commands.add_parser(
        name,
        help=summary,
        description=description or f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_verbs(here: argparse.ArgumentParser) -> Parsers:
    """The verbs of a command; the one that was chosen is `arguments.verb`."""
    return here.add_subparsers(dest="verb", required=True, metavar="VERB", title="verbs")


def add_modules(verbs: Parsers, modules: Mapping[str, str]) -> None:
    """Add the verbs of the modules that `modules` names by verb: each module's `add(verbs)` adds all of its own."""
    for module in dict.fromkeys(modules.values()):
        importlib.import_module(module).add(verbs)


def run_module(module: str, arguments: argparse.Namespace) -> int:
    """Do what a module's verb says; its exit code."""
    code: int = importlib.import_module(module).run(arguments)
    return code


def add_json(here: argparse.ArgumentParser) -> None:
    """The option of commands that a program may read."""
    here.add_argument("--json", action="store_true", help="one JSON object a line")


def add_why(here: argparse.ArgumentParser, help_: str = "the reason, which the ledger keeps") -> None:
    """The option of acts that say why."""
    here.add_argument("--why", required=True, metavar="TEXT", help=help_)
