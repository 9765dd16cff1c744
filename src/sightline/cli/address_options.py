"""Addresses masked until an officer opens them, with a reason that the journal keeps."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sightline.cli.masked_output import show_whole
from sightline.errors import UsageError

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession


def add_open(here: argparse.ArgumentParser) -> None:
    """The options that open addresses."""
    here.add_argument("--show-addresses", action="store_true", help="show whole addresses; takes --why")
    here.add_argument("--why", metavar="TEXT", help="why they are opened; the journal stores it")


def check_given_reason(arguments: argparse.Namespace) -> str | None:
    """Why addresses are to be opened; None where they stay masked. Raises UsageError."""
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415

    if not arguments.show_addresses:
        return None
    if arguments.why is None:
        raise UsageError("--show-addresses takes a reason", hint='--why "FIR 12/2026: notice to be drawn up"')
    why = require_reason(arguments.why, "--why")
    show_whole()
    return why


def record_opening(officer_session: OfficerSession, arguments: argparse.Namespace, things: Sequence[str]) -> str | None:
    """Why the addresses of things are opened, once the journal has each; None where they stay masked.

    Raises UsageError, and NotAllowed above the maximum of a day.
    """
    from sightline.casework.identities.disclosures import open_addresses  # noqa: PLC0415

    why = check_given_reason(arguments)
    return None if why is None else open_addresses(officer_session, things, why)
