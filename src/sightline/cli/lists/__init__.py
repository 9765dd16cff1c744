"""`sightline lists`: keys of issuers; flag lists signed, checked, compared and compiled."""

from __future__ import annotations

import argparse

from sightline.cli.lists import check, compile, diff, keys, sign
from sightline.cli.subcommands import Parsers, add_command, add_verbs

VERBS = {"create-key": keys, "sign": sign, "check": check, "diff": diff, "compile": compile}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    examples = "".join(verb.EXAMPLES for verb in VERBS.values())
    verbs = add_verbs(
        add_command(commands, "lists", "create keys; sign, check, compare and compile flag lists", examples)
    )
    for module in VERBS.values():
        module.add(verbs)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    code: int = VERBS[arguments.verb].run(arguments)
    return code
