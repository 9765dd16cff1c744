"""`sightline holds`: legal holds, which beat every purge."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs, add_why
from sightline.cli.terminal_text import escape_text

if TYPE_CHECKING:
    from sightline.storage.rows import Hold

EXAMPLES = {
    "add": """\
  sightline holds add 'case:FIR 12/2026' --why "appeal pending, order of 3.6.2026"
      # all exhibits under the case's authorities, those to come too
  sightline holds add exhibit:3f2a91 --why "asked for by the defence, letter of 4.6.2026"
""",
    "lift": '  sightline holds lift 01K5Z3NDEKTSV4RRFFQ69G5FAV --why "appeal decided, order of 1.9.2026"\n',
    "list": "  sightline holds list\n",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "holds", "legal holds: add, lift, list", "".join(EXAMPLES.values()))
    verbs = add_verbs(here)
    setting = add_command(verbs, "add", "protect a thing from every purge", EXAMPLES["add"])
    setting.add_argument("thing", metavar="THING", help="exhibit:SHA256, authority:ID|NUMBER or case:ID|NUMBER")
    add_why(setting)
    lifting = add_command(verbs, "lift", "lift a hold", EXAMPLES["lift"])
    lifting.add_argument("hold", metavar="ID", help="which")
    add_why(lifting)
    listing = add_command(verbs, "list", "list the current holds", EXAMPLES["list"])
    listing.add_argument("--all", action="store_true", help="also holds that were lifted")
    for choice in verbs.choices.values():
        add_json(choice)
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _set_hold(arguments: argparse.Namespace) -> int:
    from sightline.casework.exhibits.holds import set_hold  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    _print_hold(arguments, set_hold(start_session(arguments), arguments.thing, why))
    return 0


def _lift(arguments: argparse.Namespace) -> int:
    from sightline.casework.exhibits.holds import lift_hold  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    _print_hold(arguments, lift_hold(start_session(arguments), arguments.hold, why))
    return 0


def _list_holds(arguments: argparse.Namespace) -> int:
    from sightline.casework.exhibits.holds import list_holds  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_minute  # noqa: PLC0415

    holds = [hold for hold in list_holds(start_session(arguments)) if arguments.all or hold.lifted_at_us is None]
    if arguments.json:
        print("".join(f"{as_json(hold)}\n" for hold in holds), end="")
        return 0
    rows = [("HOLD", "THING", "SINCE", "WHY", "LIFTED")]
    for legal_hold in holds:
        lifted = (
            f"{format_minute(legal_hold.lifted_at_us)}: {legal_hold.lifted_why}"
            if legal_hold.lifted_at_us is not None
            else ""
        )
        rows.append(
            (legal_hold.hold_id, legal_hold.thing, format_minute(legal_hold.set_at_us) or "", legal_hold.why, lifted)
        )
    if holds:
        print("\n".join(format_columns(rows)))
    else:
        sys.stderr.write("no legal hold: sightline holds add THING --why TEXT\n")
    return 0


def _print_hold(arguments: argparse.Namespace, hold: Hold) -> None:
    from sightline.cli.table_output import as_json, format_minute  # noqa: PLC0415

    if arguments.json:
        print(as_json(hold))
        return
    lifted = f"; lifted {format_minute(hold.lifted_at_us)}: {hold.lifted_why}" if hold.lifted_at_us is not None else ""
    print(escape_text(f"{hold.hold_id}  {hold.thing}  since {format_minute(hold.set_at_us)}: {hold.why}{lifted}"))


VERBS = {"add": _set_hold, "lift": _lift, "list": _list_holds}
