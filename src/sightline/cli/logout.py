"""`sightline logout`: the end of a login."""

from __future__ import annotations

import argparse
import sys

from sightline.cli.officer_options import add_workspace
from sightline.cli.subcommands import Parsers, add_command


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    add_workspace(add_command(commands, "logout", "end your login on this machine", "  sightline logout\n"))


def run(arguments: argparse.Namespace) -> int:
    """Remove the unlocked key."""
    from sightline.cli.officer_options import end_login, open_chosen_workspace  # noqa: PLC0415

    was_in = end_login(open_chosen_workspace(arguments))
    sys.stderr.write("logged out\n" if was_in else "nobody was logged in\n")
    return 0
