"""`sightline refer force`: which other forces are known, by which keys, and who their partner officers are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli import safe_text
from sightline.cli.officer_options import add_desk
from sightline.cli.subcommands import Parsers, add_json, add_why, command

EXAMPLES = {
    "enrol": """\
  sightline refer force enrol KA-CYBER.pub --name "Cyber Police, Karnataka" --state IN-KA --age age1... \\
      --why "order 5/2026; key id compared by telephone"
""",
    "tie": '  sightline refer force tie 01K5Z3 --to KA-CYBER --why "nominated by letter 7/2026"\n',
    "list": "  sightline refer force list\n  sightline refer force list --all --json\n",
    "end": '  sightline refer force end KA-CYBER --why "their key was lost; they are enrolled anew"\n',
}


def add(verbs: Parsers) -> None:
    """Add the verb's parsers."""
    here = command(verbs, "force", "other forces: enrol, tie, list, end", "".join(EXAMPLES.values()))
    acts = here.add_subparsers(dest="act", required=True, metavar="VERB", title="verbs")
    enrol = command(acts, "enrol", "ask that a force be known by its keys; takes two officers", EXAMPLES["enrol"])
    enrol.add_argument("public", type=Path, metavar="FILE.pub", help="its minisign public key; its code is the name")
    enrol.add_argument("--name", required=True, metavar="TEXT", help="what the force is called")
    enrol.add_argument("--state", required=True, action="append", metavar="S", help="a state of it; may be repeated")
    enrol.add_argument("--age", required=True, metavar="age1...", help="the age recipient that packages are sealed to")
    add_why(enrol)
    tie = command(acts, "tie", "ask that a partner officer belong to a force; takes two officers", EXAMPLES["tie"])
    tie.add_argument("officer", metavar="OFFICER", help="the id, as sightline officer list shows it, or its end")
    tie.add_argument("--to", required=True, metavar="CODE", help="the force")
    add_why(tie)
    list_ = command(acts, "list", "the forces that are known", EXAMPLES["list"])
    list_.add_argument("--all", action="store_true", help="those that are over too")
    add_json(list_)
    end = command(acts, "end", "know a force by its keys no longer", EXAMPLES["end"])
    end.add_argument("code", metavar="CODE", help="the force")
    add_why(end)
    for one in acts.choices.values():
        add_desk(one)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return {"enrol": _enrol, "tie": _tie, "list": _list, "end": _end}[arguments.act](arguments)


def _enrol(arguments: argparse.Namespace) -> int:
    from sightline.casework import forces  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason, words  # noqa: PLC0415
    from sightline.cli.officer_options import desk_of  # noqa: PLC0415
    from sightline.cli.pending_approval import tell_asked  # noqa: PLC0415
    from sightline.services.referrals.keys import public_key  # noqa: PLC0415

    key, name, why = (
        public_key(arguments.public),
        words(arguments.name, "--name"),
        require_reason(arguments.why, "--why"),
    )
    officer_session = desk_of(arguments)
    asked = forces.enrol(officer_session, forces.ForceForm(key, name, tuple(arguments.state), arguments.age), why)
    sys.stderr.write(
        f"key {key.key_id} of {safe_text(key.issuer)}: compare it, and the age recipient, before it is approved\n"
    )
    return tell_asked(officer_session, asked)


def _tie(arguments: argparse.Namespace) -> int:
    from sightline.casework import forces  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import desk_of  # noqa: PLC0415
    from sightline.cli.pending_approval import tell_asked  # noqa: PLC0415
    from sightline.model.short_ids import is_short_for  # noqa: PLC0415
    from sightline.storage.rows import Officer  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    officer_session = desk_of(arguments)
    with officer_session.workspace.reading() as tables:
        ids = [one.officer_id for one in tables[Officer].where() if is_short_for(arguments.officer, one.officer_id)]
    named = ids[0] if len(ids) == 1 else arguments.officer
    return tell_asked(officer_session, forces.tie(officer_session, named, arguments.to, why))


def _list(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import desk_of  # noqa: PLC0415
    from sightline.cli.table_output import as_json, columns, minute  # noqa: PLC0415
    from sightline.services.referrals.views import listed_forces  # noqa: PLC0415

    found = listed_forces(desk_of(arguments), ended=arguments.all)
    if arguments.json:
        for one in found:
            print(as_json(one.force, officers=list(one.officers), referrals=one.referrals))
        return 0
    rows = [("CODE", "NAME", "STATES", "KEY", "SINCE", "OFFICERS", "REFERRALS", "")]
    for one in found:
        over = f"over {minute(one.force.ended_at_us)}: {one.force.ended_why}" if one.force.ended_at_us else ""
        told = (one.force.code, one.force.name, ", ".join(one.states), one.force.key_id)
        since = minute(one.force.enrolled_at_us) or ""
        rows.append((*told, since, ", ".join(one.officers), str(one.referrals), over))
    if found:
        print("\n".join(columns(rows)))
    else:
        sys.stderr.write("no force is known yet: sightline refer force enrol\n")
    return 0


def _end(arguments: argparse.Namespace) -> int:
    from sightline.casework import forces  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import desk_of  # noqa: PLC0415

    over = forces.end(desk_of(arguments), arguments.code, require_reason(arguments.why, "--why"))
    print(f"{over.code}: nothing more goes there, and nothing that it signs is taken")
    return 0
