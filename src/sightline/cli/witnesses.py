"""`sightline witnesses`: who countersigns the ledger's checkpoints."""

from __future__ import annotations

import argparse
import json
import sys

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs, add_why

EXAMPLES = {
    "add": """\
  sightline witnesses add court.example+1a2b3c4d+BAvH... --why "order of the court, 2.3.2026"
      # the verifier key that the witness's `sightline ledger countersign` prints
  sightline witnesses add witness.pub --name court.example --why "order of the court, 2.3.2026"
""",
    "list": "  sightline witnesses list\n",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "witnesses", "witnesses of the ledger: add, list", "".join(EXAMPLES.values()))
    verbs = add_verbs(here)
    enrolling = add_command(verbs, "add", "add a witness whose countersignatures count", EXAMPLES["add"])
    enrolling.add_argument("witness", metavar="FILE|VKEY", help="a verifier key, a file that holds one, or a .pub file")
    enrolling.add_argument("--name", metavar="NAME", help="with a .pub file: the name by which the witness signs")
    add_why(enrolling)
    add_json(add_command(verbs, "list", "list the witnesses with their last countersignature", EXAMPLES["list"]))
    for choice in verbs.choices.values():
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _enrol(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.oversight import witnesses  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    key = witnesses.read_witness_key(arguments.witness, arguments.name)
    why = require_reason(arguments.why, "--why")
    witnesses.enrol(start_session(arguments), key, why)
    print(key.vkey)
    return 0


def _list_witnesses(arguments: argparse.Namespace) -> int:
    from sightline.casework.oversight import witnesses  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import format_columns, format_minute  # noqa: PLC0415

    rows = [("KEY", "ENTRIES", "LAST COUNTERSIGNED")]
    for witness_state in witnesses.list_witnesses(start_session(arguments)):
        if arguments.json:
            print(
                json.dumps(
                    {"name": witness_state.key.name, "vkey": witness_state.key.vkey, "size": witness_state.size},
                    ensure_ascii=False,
                )
            )
            continue
        size = "" if witness_state.size is None else f"{witness_state.size:,}"
        rows.append((witness_state.key.vkey, size, format_minute(witness_state.at_us) or "nothing countersigned yet"))
    if len(rows) > 1:
        print("\n".join(format_columns(rows)))
    elif not arguments.json:
        sys.stderr.write("no witness yet: sightline witnesses add\n")
    return 0


VERBS = {"add": _enrol, "list": _list_witnesses}
