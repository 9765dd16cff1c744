"""`sightline forces`: which other forces are known, by which keys, and who their partner officers are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs, add_why
from sightline.cli.terminal_text import escape_text

EXAMPLES = {
    "add": """\
  sightline forces add KA-CYBER.pub --name "Cyber Police, Karnataka" --state IN-KA --age age1... \\
      --why "order 5/2026; key id compared by telephone"
""",
    "add-officer": '  sightline forces add-officer 01K5Z3 --to KA-CYBER --why "nominated by letter 7/2026"\n',
    "list": "  sightline forces list\n  # sightline forces list --all --json\n",
    "revoke": '  sightline forces revoke KA-CYBER --why "their key was lost; they will be added again"\n',
    "create-keys": """\
  sightline forces create-keys KA-CYBER --out keys
      # KA-CYBER.key signs receipts, KA-CYBER.age opens packages; hand over KA-CYBER.pub and the age1... that is printed
""",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(
        commands, "forces", "other forces: add, add-officer, list, revoke, create-keys", "".join(EXAMPLES.values())
    )
    verbs = add_verbs(here)
    enrol = add_command(verbs, "add", "ask to enrol a force with its keys; takes two officers", EXAMPLES["add"])
    enrol.add_argument("public", type=Path, metavar="FILE.pub", help="its minisign public key; its code is the name")
    enrol.add_argument("--name", required=True, metavar="TEXT", help="the name of the force")
    enrol.add_argument("--state", required=True, action="append", metavar="S", help="a state of it; may be repeated")
    enrol.add_argument("--age", required=True, metavar="age1...", help="the age recipient that packages are sealed to")
    add_why(enrol)
    tie = add_command(
        verbs,
        "add-officer",
        "ask to add a partner officer to a force; takes two officers",
        EXAMPLES["add-officer"],
    )
    tie.add_argument("officer", metavar="OFFICER", help="the id, as sightline officers list shows it, or its end")
    tie.add_argument("--to", required=True, metavar="CODE", help="the force")
    add_why(tie)
    list_ = add_command(verbs, "list", "list the enrolled forces", EXAMPLES["list"])
    list_.add_argument("--all", action="store_true", help="also those that have ended")
    add_json(list_)
    end = add_command(verbs, "revoke", "revoke a force's keys", EXAMPLES["revoke"])
    end.add_argument("code", metavar="CODE", help="the force")
    add_why(end)
    for choice in verbs.choices.values():
        add_officer_options(choice)
    _add_create_keys(verbs)  # which needs no workspace


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return {
        "add": _enrol,
        "add-officer": _tie_force,
        "list": _list_forces,
        "revoke": _end_force,
        "create-keys": _create_keys,
    }[arguments.verb](arguments)


def _enrol(arguments: argparse.Namespace) -> int:
    from sightline.casework.forces import forces  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason, require_words  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.pending_approval import tell_asked  # noqa: PLC0415
    from sightline.services.referrals.force_keys import read_public_key_file  # noqa: PLC0415

    key, name, why = (
        read_public_key_file(arguments.public),
        require_words(arguments.name, "--name"),
        require_reason(arguments.why, "--why"),
    )
    officer_session = start_session(arguments)
    approval = forces.enrol(officer_session, forces.ForceForm(key, name, tuple(arguments.state), arguments.age), why)
    sys.stderr.write(
        f"key {key.key_id} of {escape_text(key.issuer)}: compare it, and the age recipient, before it is approved\n"
    )
    return tell_asked(officer_session, approval)


def _tie_force(arguments: argparse.Namespace) -> int:
    from sightline.casework.forces import forces  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.pending_approval import tell_asked  # noqa: PLC0415
    from sightline.model.short_ids import is_short_for  # noqa: PLC0415
    from sightline.storage.rows import Officer  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    officer_session = start_session(arguments)
    with officer_session.workspace.read() as tables:
        ids = [
            officer.officer_id
            for officer in tables[Officer].select()
            if is_short_for(arguments.officer, officer.officer_id)
        ]
    named = ids[0] if len(ids) == 1 else arguments.officer
    return tell_asked(officer_session, forces.request_officer_for_force(officer_session, named, arguments.to, why))


def _list_forces(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_minute  # noqa: PLC0415
    from sightline.services.referrals.views import list_forces  # noqa: PLC0415

    listed_forces = list_forces(start_session(arguments), ended=arguments.all)
    if arguments.json:
        for listed_force in listed_forces:
            print(as_json(listed_force.force, officers=list(listed_force.officers), referrals=listed_force.referrals))
        return 0
    rows = [("CODE", "NAME", "STATES", "KEY", "SINCE", "OFFICERS", "REFERRALS", "")]
    for listed_force in listed_forces:
        over = (
            f"over {format_minute(listed_force.force.ended_at_us)}: {listed_force.force.ended_why}"
            if listed_force.force.ended_at_us
            else ""
        )
        cells = (
            listed_force.force.code,
            listed_force.force.name,
            ", ".join(listed_force.states),
            listed_force.force.key_id,
        )
        since = format_minute(listed_force.force.enrolled_at_us) or ""
        rows.append((*cells, since, ", ".join(listed_force.officers), str(listed_force.referrals), over))
    if listed_forces:
        print("\n".join(format_columns(rows)))
    else:
        sys.stderr.write("no force is known yet: sightline forces add\n")
    return 0


def _end_force(arguments: argparse.Namespace) -> int:
    from sightline.casework.forces import forces  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    over = forces.end_force(start_session(arguments), arguments.code, require_reason(arguments.why, "--why"))
    print(f"{over.code}: nothing more goes there, and nothing that it signs is taken")
    return 0


def _add_create_keys(verbs: Parsers) -> None:
    here = add_command(verbs, "create-keys", "create a force's keys: minisign and age", EXAMPLES["create-keys"])
    here.add_argument("code", metavar="CODE", help="the force's code: letters, digits, lines and dots")
    here.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder that they go to")


def _create_keys(arguments: argparse.Namespace) -> int:
    import pyrage  # noqa: PLC0415

    from sightline.cli.lists.file_output import write_small  # noqa: PLC0415
    from sightline.errors import OutputExists, UsageError, name_output_on_error  # noqa: PLC0415
    from sightline.stages.lists import signature  # noqa: PLC0415

    try:
        key = signature.create_key(arguments.code)
    except signature.KeyFileError as error:
        raise UsageError(str(error)) from None
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    wanted = {
        "key": (key.to_text(), 0o600),
        "pub": (key.derive_public().to_text(), 0o644),
        "age": (f"# public key: {recipient}\n{identity}\n", 0o600),
    }
    paths = {end: arguments.out / f"{key.issuer}.{end}" for end in wanted}
    for path in paths.values():
        if path.exists():
            raise OutputExists(f"{path} exists already, and a key is never replaced", hint="choose another --out")
    with name_output_on_error(arguments.out):
        arguments.out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for end, (text, mode) in wanted.items():
        write_small(paths[end], text, mode=mode, overwrite=False)
    print(f"{paths['key']}  secret, without a password: keep it where only you can read it")
    print(f"{paths['age']}  secret: anyone who has it can open what is sealed for {key.issuer}")
    print(f"{paths['pub']}  key {key.key_id}: hand it over, by a way that nobody can alter")
    print(f"{recipient}  hand it over with the key")
    return 0
