"""`sightline login`: an officer's key, unlocked on this machine for some hours."""

from __future__ import annotations

import argparse
import os
import re
from datetime import timedelta
from pathlib import Path

from sightline.cli.officer_options import add_key, add_workspace
from sightline.cli.subcommands import Parsers, add_command
from sightline.cli.terminal_text import escape_text
from sightline.errors import UsageError

DESCRIPTION = """\
Unlock your key for a workspace, so that no command asks for the passphrase until the login ends. The unlocked key is
kept in memory (tmpfs), and only your user account on this machine can read it. Until then, anybody who can act as your
user can act as you. Each workspace has its own login.
"""

EXAMPLES = """\
  sightline login
      # the workspace of this folder, your key in ~/.config/sightline/keys, eight hours
  sightline login --workspace /srv/cyber-ps --key /media/token/nair --for 30m
"""

UNITS = {"m": "minutes", "h": "hours"}
LONGEST = timedelta(hours=24)


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = add_command(commands, "login", "unlock your key for some hours", EXAMPLES, DESCRIPTION)
    add_key(add_workspace(here), "your private key (default: SIGHTLINE_KEY, else yours in ~/.config/sightline/keys)")
    here.add_argument(
        "--for", dest="lasts", default="8h", metavar="TIME", help="how long: 8h (default), 30m; up to 24h"
    )


def run(arguments: argparse.Namespace) -> int:
    """Unlock the key and keep it; the journal keeps that it was done, or that it failed."""
    from sightline.casework.people.login import Login, make_runtime_folder, store_login  # noqa: PLC0415
    from sightline.casework.permissions.officer_session import authenticate  # noqa: PLC0415
    from sightline.cli.officer_options import (  # noqa: PLC0415
        find_key_path,
        find_own_key,
        get_current_time,
        open_chosen_workspace,
        unlock_key,
    )
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415

    lasts = parse_duration(arguments.lasts)
    workspace = open_chosen_workspace(arguments)
    folder = make_runtime_folder(os.environ)
    path: Path = find_key_path(arguments) or find_own_key(workspace)
    officer_session = authenticate(workspace, unlock_key(path, arguments, workspace), get_current_time)
    until = officer_session.clock() + lasts
    store_login(
        folder, workspace.workspace_id, Login(officer_session.officer.officer_id, officer_session.signer.private, until)
    )
    thing = f"key:{officer_session.signer.key_id}"
    workspace.append_to_journal(
        officer_session.officer.officer_id,
        JournalVerb.LOGIN_DONE,
        thing,
        f"until {until.isoformat()}",
        officer_session.clock(),
    )
    print(
        f"{escape_text(officer_session.officer.name)}, {officer_session.officer.role}: until {until:%Y-%m-%d %H:%M} UTC"
    )
    return 0


def parse_duration(text: str) -> timedelta:
    """Return a duration such as `8h` or `30m`. Raises UsageError."""
    match = re.fullmatch(r"([1-9][0-9]{0,3})([mh])", text)
    lasts = timedelta(**{UNITS[match[2]]: int(match[1])}) if match else None
    if lasts is None or lasts > LONGEST:
        raise UsageError(f"--for {text}: not a time up to 24 hours", hint="write it as 8h or 30m")
    return lasts
