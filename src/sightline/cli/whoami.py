"""`sightline whoami`: as which officer commands act here."""

from __future__ import annotations

import argparse
import json
import os

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = add_command(commands, "whoami", "show as which officer you act", "  sightline whoami\n")
    add_json(here)
    add_officer_options(here)


def run(arguments: argparse.Namespace) -> int:
    """Print the officer, the key, and until when the login lasts."""
    from sightline.casework.people.login import find_login, make_runtime_folder  # noqa: PLC0415
    from sightline.cli.officer_options import find_key_path, get_current_time, start_session  # noqa: PLC0415
    from sightline.cli.table_output import format_fields  # noqa: PLC0415

    officer_session = start_session(arguments)
    is_login = find_key_path(arguments) is None
    login = (
        find_login(make_runtime_folder(os.environ), officer_session.workspace.workspace_id, get_current_time())
        if is_login
        else None
    )
    facts = {
        "name": officer_session.officer.name,
        "role": officer_session.officer.role.value,
        "designation": officer_session.officer.designation or None,
        "unit": officer_session.officer.unit,
        "officer_id": officer_session.officer.officer_id,
        "key_id": officer_session.signer.key_id,
        "workspace": str(officer_session.workspace.folder),
        "login_until": None if login is None else login.until.isoformat(timespec="seconds"),
    }
    print(json.dumps(facts, ensure_ascii=False) if arguments.json else "\n".join(format_fields(facts.items())))
    return 0
