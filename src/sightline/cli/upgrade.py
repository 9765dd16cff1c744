"""`sightline upgrade`: a workspace that an older Sightline made, brought to this one."""

from __future__ import annotations

import argparse
from pathlib import Path

from sightline.cli.subcommands import Parsers, add_command

DESCRIPTION = """\
Upgrade a workspace to this version, in one transaction that the ledger records. Nothing is lost: tables are added.
Back it up first, with the Sightline that made it: only that backup can undo an upgrade.
"""


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = add_command(
        commands,
        "upgrade",
        "bring a workspace of an older Sightline to this one",
        "  sightline upgrade cyber-ps\n",
        DESCRIPTION,
    )
    here.add_argument("folder", type=Path, metavar="DIR", help="the workspace")


def run(arguments: argparse.Namespace) -> int:
    """Upgrade, and say from where to where."""
    from sightline.cli.officer_options import get_current_time  # noqa: PLC0415
    from sightline.workspace.workspace import upgrade_workspace  # noqa: PLC0415

    was, now_is = upgrade_workspace(arguments.folder, get_current_time())
    print(f"{arguments.folder}: schema {was} is {now_is} now; sightline verify recomputes the whole")
    return 0
