"""`sightline issuers`: whose flag lists the workspace trusts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli.officer_options import add_officer_options
from sightline.cli.pending_approval import THEN_REBUILD
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs, add_why
from sightline.cli.terminal_text import escape_text

EXAMPLES = {
    "add": """\
  sightline issuers add AGENCY.pub --why "letter 12/2026 of the agency; key id compared by telephone"
      # trusted once another officer approved
""",
    "list": "  sightline issuers list\n",
    "revoke": """\
  sightline issuers revoke 0123456789ABCDEF --why "the agency says that its key leaked"
      # lists that it signed are refused, and no lead rests on them: sightline leads rebuild, then sightline resolve
""",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "issuers", "issuers of flag lists: add, list, revoke", "".join(EXAMPLES.values()))
    verbs = add_verbs(here)
    enrolling = add_command(verbs, "add", "ask to trust an issuer's key; takes two officers", EXAMPLES["add"])
    enrolling.add_argument(
        "public", type=Path, metavar="FILE.pub", help="the issuer's public key, in minisign's format"
    )
    add_why(enrolling)
    add_json(add_command(verbs, "list", "list the keys that are or were trusted", EXAMPLES["list"]))
    revoking = add_command(verbs, "revoke", "stop trusting a key", EXAMPLES["revoke"])
    revoking.add_argument("key_id", metavar="KEYID", help="the key, as sightline issuers list shows it")
    add_why(revoking)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _enrol(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.reference_data import issuers  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.pending_approval import tell_asked  # noqa: PLC0415
    from sightline.stages.lists.trust import read_trusted_keys  # noqa: PLC0415

    (key,) = read_trusted_keys([arguments.public])
    why = require_reason(arguments.why, "--why")
    officer_session = start_session(arguments)
    approval = issuers.enrol(officer_session, key, why)
    sys.stderr.write(
        f"key {key.key_id} of {escape_text(key.issuer)}: compare the id over another channel before it is approved\n"
    )
    return tell_asked(officer_session, approval)


def _list_issuers(arguments: argparse.Namespace) -> int:
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.casework.reference_data import issuers  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_minute  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(Action.ISSUER_LIST, "issuer-key:all", JournalVerb.VIEW_OFFICERS) as tables:
        keys = issuers.list_issuer_keys(tables)
    if arguments.json:
        for issuer_key in keys:
            print(as_json(issuer_key, trusted=issuer_key.revoked_at_us is None))
        return 0
    rows = [("ISSUER", "KEY", "SINCE", "")]
    for issuer_key in keys:
        over = (
            f"revoked {format_minute(issuer_key.revoked_at_us)}: {issuer_key.revoked_why}"
            if issuer_key.revoked_at_us is not None
            else ""
        )
        rows.append((issuer_key.issuer, issuer_key.key_id, format_minute(issuer_key.enrolled_at_us) or "", over))
    print("\n".join(format_columns(rows)))
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.reference_data import issuers  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    over = issuers.revoke(start_session(arguments), arguments.key_id, why)
    print(f"{over.key_id}  {escape_text(over.issuer)}: not trusted any more")
    sys.stderr.write(THEN_REBUILD)
    return 0


VERBS = {"add": _enrol, "list": _list_issuers, "revoke": _revoke}
