"""`sightline officers`: keys of officers; who is enrolled, and who enrolled them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs, add_why
from sightline.cli.terminal_text import escape_text
from sightline.model import Role

EXAMPLES = {
    "create-key": """\
  sightline officers create-key --out ~/.config/sightline/keys/s-rao
      # asks for a passphrase; writes s-rao (keep it) and s-rao.pub (give it to the officer who enrols you)
""",
    "add": """\
  sightline officers add s-rao.pub --name "S. Rao" --role investigating-officer --designation "Inspector"
      # the second officer is enrolled at once; later ones once another officer approved
""",
    "list": "  sightline officers list\n",
    "set-password": """\
  sightline officers set-password --sign-in-name s.rao
      # how you sign in to the web app: asks for a password, shows the code for your authenticator once
""",
    "rotate": "  sightline officers rotate --new new.pub\n  # your next act is signed with the new key\n",
    "revoke": """\
  sightline officers revoke 3f1b2c4d5e6f7081 --why "laptop stolen on duty"
      # at once; no second officer is needed
""",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(
        commands,
        "officers",
        "officers and their keys: create-key, add, list, rotate, revoke",
        "".join(EXAMPLES.values()),
    )
    verbs = add_verbs(here)
    _add_key(verbs)
    adding = add_command(verbs, "add", "enrol an officer", EXAMPLES["add"])
    adding.add_argument("public", type=Path, metavar="FILE.pub", help="the officer's public key, made by the officer")
    adding.add_argument("--name", required=True, metavar="NAME", help="the officer's name")
    adding.add_argument("--role", required=True, choices=[role.value for role in Role], help="what the officer may do")
    adding.add_argument("--designation", default="", metavar="D", help="rank or post, as on paper")
    adding.add_argument("--unit", metavar="UNIT", help="the officer's unit (default: yours)")
    adding.add_argument(
        "--why", default="joined the unit", metavar="TEXT", help="the reason (default: joined the unit)"
    )
    add_json(add_command(verbs, "list", "list the officers with their keys", EXAMPLES["list"]))
    password = add_command(verbs, "set-password", "choose how you sign in to the web app", EXAMPLES["set-password"])
    password.add_argument("--sign-in-name", metavar="NAME", help="2 to 40 of a-z, 0-9, . - _ (default: of your name)")
    password.add_argument("--password-file", type=Path, metavar="FILE", help="a file with the password, for automation")
    rotating = add_command(verbs, "rotate", "replace your key with a new one", EXAMPLES["rotate"])
    rotating.add_argument("--new", required=True, type=Path, metavar="FILE.pub", help="your new public key")
    revoking = add_command(verbs, "revoke", "revoke a key at once, your own or another officer's", EXAMPLES["revoke"])
    revoking.add_argument("key_id", metavar="KEYID", help="the key, as sightline officers list shows it")
    add_why(revoking)
    for name, one in verbs.choices.items():
        if name != "create-key":
            add_officer_options(one)


def _add_key(verbs: Parsers) -> None:
    from sightline.cli.new_key import add_no_passphrase  # noqa: PLC0415

    here = add_command(verbs, "create-key", "make a pair of keys; needs no workspace", EXAMPLES["create-key"])
    here.add_argument("--out", required=True, type=Path, metavar="FILE", help="the key; its public half is FILE.pub")
    here.add_argument("--passphrase-file", type=Path, metavar="FILE", help="a file with the passphrase")
    add_no_passphrase(here)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _make_officer_key(arguments: argparse.Namespace) -> int:
    from sightline.casework.people.officers import derive_key_id  # noqa: PLC0415
    from sightline.cli.new_key import derive_public_key_path, make_key  # noqa: PLC0415

    key = make_key(arguments.out, arguments)
    print(f"{escape_text(str(arguments.out))}  keep it: it signs in your name")
    print(
        f"{escape_text(str(derive_public_key_path(arguments.out)))}  key {derive_key_id(key)}:"
        " give it to the officer who enrols you, and compare the id"
    )
    return 0


def _add(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason, require_words  # noqa: PLC0415
    from sightline.casework.people import officers  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.pending_approval import tell_asked  # noqa: PLC0415
    from sightline.storage.rows import Approval  # noqa: PLC0415
    from sightline.workspace.keys import read_public  # noqa: PLC0415

    public = read_public(arguments.public)
    name, why = require_words(arguments.name, "--name"), require_reason(arguments.why, "--why")
    designation = require_words(arguments.designation, "--designation", needed=False)
    officer_session = start_session(arguments)
    unit = officer_session.officer.unit if arguments.unit is None else require_words(arguments.unit, "--unit")
    person = officers.NewOfficer(name, Role(arguments.role), designation, unit)
    done = officers.enrol(officer_session, person, public, why)
    if isinstance(done, Approval):
        return tell_asked(officer_session, done)
    print(f"{done.officer_id}  {escape_text(done.name)}, {done.role}")
    sys.stderr.write("enrolled by you alone, as there was no second officer; each later enrolment takes two\n")
    return 0


def _list_officers(arguments: argparse.Namespace) -> int:
    from sightline.casework.people import officers  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_minute  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(Action.OFFICER_LIST, "officer:all", JournalVerb.VIEW_OFFICERS) as tables:
        everyone = officers.list_officers(tables)
    if arguments.json:
        for officer, keys in everyone:
            print(as_json(officer, keys=[json.loads(as_json(key)) for key in keys]))
        return 0
    rows = [("NAME", "ROLE", "DESIGNATION", "UNIT", "KEY", "SINCE", "")]
    for officer, keys in everyone:
        for key in keys:
            over = (
                f"revoked {format_minute(key.revoked_at_us)}: {key.revoked_why}"
                if key.revoked_at_us is not None
                else ""
            )
            since = format_minute(key.enrolled_at_us) or ""
            rows.append((officer.name, officer.role, officer.designation, officer.unit, key.key_id, since, over))
    print("\n".join(format_columns(rows)))
    return 0


def _set_password(arguments: argparse.Namespace) -> int:
    import re  # noqa: PLC0415

    import segno  # noqa: PLC0415

    from sightline.casework.people import accounts  # noqa: PLC0415
    from sightline.cli import prompts  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    officer_session = start_session(arguments)
    name = arguments.sign_in_name or re.sub(r"[^a-z0-9]+", ".", officer_session.officer.name.lower()).strip(".")
    file = arguments.password_file
    password = prompts.read_passphrase(file) if file else prompts.ask_new_passphrase("password for the web app")
    enrolment = accounts.create_account(officer_session, name, password)
    print(f"{enrolment.account.name}  {enrolment.uri}")
    if sys.stdout.isatty():
        segno.make(enrolment.uri, error="m").terminal(compact=True)
    sys.stderr.write("let your authenticator read it now: it is not shown again\n")
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    from sightline.casework.people import officers  # noqa: PLC0415
    from sightline.cli.officer_options import end_login, start_session  # noqa: PLC0415
    from sightline.workspace.keys import read_public  # noqa: PLC0415

    public = read_public(arguments.new)
    officer_session = start_session(arguments)
    key = officers.rotate(officer_session, public)
    print(f"{key.key_id}  signs for {escape_text(officer_session.officer.name)} from now on")
    sys.stderr.write(f"{officer_session.signer.key_id} signs nothing more\n")
    end_login(officer_session.workspace)
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.people import officers  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    officer_session = start_session(arguments)
    key = officers.revoke(officer_session, arguments.key_id, why)
    print(f"{key.key_id}  revoked")
    if officers.has_too_few_enrollers(officer_session):
        sys.stderr.write("too few are left to enrol anybody: it takes two officers who may, and there are fewer now\n")
    return 0


VERBS = {
    "create-key": _make_officer_key,
    "add": _add,
    "list": _list_officers,
    "set-password": _set_password,
    "rotate": _rotate,
    "revoke": _revoke,
}
