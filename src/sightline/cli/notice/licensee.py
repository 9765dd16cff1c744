"""`sightline notice licensee`: whom notices go to, and what each keeps of shared addresses."""

from __future__ import annotations

import argparse

from sightline.cli.officer_options import add_desk
from sightline.cli.subcommands import Parsers, add_json, command
from sightline.model import NatLogs

SAY = """\
  sightline notice licensee say "Example Broadband" --address "Nodal Officer, 7 Example Road, Kochi"
  sightline notice licensee say "Example Broadband" --nat-logs destinations --timezone Asia/Kolkata --date-order dmy
"""
SAY_ABOUT = """\
The name is that which data sets of networks have (sightline leads show: network). What is not said stays as it was.
What its NAT logs keep decides what may be asked: only one that keeps destinations can tell lines apart by them.
"""
LIST = "  sightline notice licensee list\n  sightline notice licensee list --json\n"


def add(verbs: Parsers) -> None:
    """Add the verb's parser, which has verbs of its own."""
    here = command(verbs, "licensee", "licensees: say, list", SAY + LIST)
    acts = here.add_subparsers(dest="act", required=True, metavar="VERB", title="verbs")
    say = command(acts, "say", "say where its notices go, and what it keeps; or that it is otherwise", SAY, SAY_ABOUT)
    say.add_argument("name", metavar="NAME", help="the name, as data sets of networks have it")
    say.add_argument("--address", metavar="TEXT", help="the nodal officer's address, as it stands on a notice")
    say.add_argument(
        "--nat-logs",
        choices=[one.value for one in NatLogs],
        help="what it keeps of shared addresses: blocks of ports, connections, or destinations too",
    )
    say.add_argument("--timezone", metavar="ZONE", help="usual in its replies, as Asia/Kolkata")
    say.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="usual in its replies")
    say.add_argument("--keep-days", type=int, metavar="N", help="how long its licence makes it keep (default 730)")
    listing = command(acts, "list", "all of them", LIST)
    add_json(listing)
    for one in acts.choices.values():
        add_desk(one)


def run(arguments: argparse.Namespace) -> int:
    """Say or list."""
    return _say(arguments) if arguments.act == "say" else _list(arguments)


def _say(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import words, zone  # noqa: PLC0415
    from sightline.casework.licensees import LicenseeForm, set_licensee  # noqa: PLC0415
    from sightline.cli.officer_options import desk_of  # noqa: PLC0415

    told = LicenseeForm(
        words(arguments.name, "NAME"),
        None if arguments.address is None else words(arguments.address, "--address"),
        None if arguments.nat_logs is None else NatLogs(arguments.nat_logs),
        zone(arguments.timezone),
        arguments.date_order,
        arguments.keep_days,
    )
    said = set_licensee(desk_of(arguments), told)
    print(f"{said.licensee_id}  {said.name}: keeps {said.nat_logs}, for {said.keep_days} days")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from sightline.casework.licensees import licensees  # noqa: PLC0415
    from sightline.cli.officer_options import desk_of  # noqa: PLC0415
    from sightline.cli.table_output import as_json, columns  # noqa: PLC0415

    found = licensees(desk_of(arguments))
    if arguments.json:
        print("".join(f"{as_json(one)}\n" for one in found), end="")
        return 0
    rows = [("NAME", "NAT LOGS KEEP", "ZONE", "DATES", "DAYS KEPT", "NODAL OFFICER")]
    for one in found:
        usual = (one.timezone or "not said", one.date_order or "not said")
        rows.append((one.name, one.nat_logs.value, *usual, str(one.keep_days), one.address))
    print("\n".join(columns(rows)))
    return 0
