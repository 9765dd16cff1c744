"""`sightline referrals export-key`: this unit's public key, for other forces."""

from __future__ import annotations

import argparse
from pathlib import Path

from sightline.cli.subcommands import Parsers, add_command

EXAMPLES = {
    "export-key": "  sightline referrals export-key --out Cyber-PS.pub  # then compare the key id by telephone\n",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    key = add_command(
        verbs, "export-key", "write the public key with which this unit signs referrals", EXAMPLES["export-key"]
    )
    key.add_argument("--out", type=Path, required=True, metavar="FILE.pub", help="where to write it")


def run(arguments: argparse.Namespace) -> int:
    """Write the key; none is ever replaced."""
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.lists.file_output import write_small  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.workspace.unit_keys import derive_unit_recipient, read_unit_key  # noqa: PLC0415

    officer_session = start_session(arguments)
    officer_session.require(Action.FORCE_LIST, "force:all")
    public = read_unit_key(officer_session.workspace).derive_public()
    write_small(arguments.out, public.to_text(), mode=0o644, overwrite=False)
    print(f"{arguments.out}  {public.issuer}, key {public.key_id}")
    print(
        f"{derive_unit_recipient(officer_session.workspace)}  for packages that are sealed for this unit:"
        " hand it over with the key"
    )
    return 0
