"""Addresses masked until an officer opens them, with a reason that the journal keeps."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sightline.errors import UsageError

if TYPE_CHECKING:
    from sightline.casework.acting import Desk


def add_open(here: argparse.ArgumentParser) -> None:
    """The options that open addresses."""
    here.add_argument("--open", action="store_true", help="show whole addresses; takes --why")
    here.add_argument("--why", metavar="TEXT", help="why they are opened: the journal keeps it")


def opening(desk: Desk, arguments: argparse.Namespace, thing: str) -> str | None:
    """Why addresses are opened, once the journal has it; None where they stay masked. Raises UsageError."""
    from sightline.casework.declared import words  # noqa: PLC0415
    from sightline.record.ledger.verbs import Seen  # noqa: PLC0415

    if not arguments.open:
        return None
    if arguments.why is None:
        raise UsageError("--open takes a reason", hint='--why "FIR 12/2026: notice to be drawn up"')
    why = words(arguments.why, "--why")
    desk.workspace.see(desk.officer.officer_id, Seen.VIEW_ADDRESS, thing, why, desk.clock())
    return why
