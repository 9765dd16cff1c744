"""Options, files and output that `referrals compare` and `referrals deconflict` share."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.services.referrals.comparison import PseudonymMatch
    from sightline.stages.lists.signature import SecretKey

WHAT = ("addresses", "subscribers", "accounts", "files")
"""What of its leads a unit can compare."""


def start_signed_session(arguments: argparse.Namespace) -> tuple[OfficerSession, SecretKey]:
    """Return the officer's session, and the key by which other forces know the unit: of `--sign`, or the unit's own."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.referrals.force_keys import read_secret_key_file  # noqa: PLC0415
    from sightline.workspace.unit_keys import read_unit_key  # noqa: PLC0415

    officer_session = start_session(arguments)
    return officer_session, read_secret_key_file(arguments.sign) if arguments.sign else read_unit_key(
        officer_session.workspace
    )


def read_sealed(path: Path, hint: str) -> bytes:
    """Return the content of a sealed file. Raises UsageError with the hint where it cannot be read."""
    from sightline.errors import UsageError  # noqa: PLC0415

    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint=hint) from None


def print_matches(matches: Sequence[PseudonymMatch], *, as_json: bool, none_found: str) -> None:
    """Print pseudonyms that another force has too, with what they are of here. Say `none_found` if there is none."""
    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    if as_json:
        for match in matches:
            print(json.dumps({"pseudonym": match.pseudonym, "ours": list(match.ours)}))
    elif matches:
        rows = [
            (pseudonym_match.pseudonym[:12], ", ".join(our[:12] for our in pseudonym_match.ours))
            for pseudonym_match in matches
        ]
        print("\n".join(format_columns([("PSEUDONYM", "OURS"), *rows])))
    else:
        sys.stderr.write(f"{none_found}\n")
