"""`sightline licensees`: the ISPs that notices go to, and what each stores of shared addresses."""

from __future__ import annotations

import argparse

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs
from sightline.message_text import count_noun
from sightline.model import NatLogs

SET = """\
  sightline licensees set "Example Broadband" --address "Nodal Officer, 7 Example Road, Kochi"
  sightline licensees set "Example Broadband" --nat-logs destinations --timezone Asia/Kolkata --date-order dmy
"""
SET_ABOUT = """\
Set or update a licensee. Use the name that data sets of networks use (sightline leads show: network). Details that you
leave out stay as they are. What its NAT logs keep decides what may be asked: only a NAT that keeps destinations can
tell lines apart by them.
"""
LIST = "  sightline licensees list\n  # sightline licensees list --json\n"


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "licensees", "contact and retention details of ISPs: set, list", SET + LIST)
    verbs = add_verbs(here)
    setting = add_command(verbs, "set", "set or update an ISP's contact and retention details", SET, SET_ABOUT)
    setting.add_argument("name", metavar="NAME", help="the name, as data sets of networks have it")
    setting.add_argument("--address", metavar="TEXT", help="the nodal officer's address, as a notice prints it")
    setting.add_argument(
        "--nat-logs",
        choices=[nat_logs.value for nat_logs in NatLogs],
        help="what it keeps of shared addresses: blocks of ports, connections, or destinations too",
    )
    setting.add_argument("--timezone", metavar="ZONE", help="usual in its replies, as Asia/Kolkata")
    setting.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="usual in its replies")
    setting.add_argument("--keep-days", type=int, metavar="N", help="how long its licence makes it keep (default 730)")
    listing = add_command(verbs, "list", "list the ISPs", LIST)
    add_json(listing)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return _set_licensee(arguments) if arguments.verb == "set" else _list_licensees(arguments)


def _set_licensee(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_words, require_zone  # noqa: PLC0415
    from sightline.casework.notices.licensees import LicenseeForm, set_licensee  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    form = LicenseeForm(
        require_words(arguments.name, "NAME"),
        None if arguments.address is None else require_words(arguments.address, "--address"),
        None if arguments.nat_logs is None else NatLogs(arguments.nat_logs),
        require_zone(arguments.timezone),
        arguments.date_order,
        arguments.keep_days,
    )
    stored = set_licensee(start_session(arguments), form)
    print(f"{stored.licensee_id}  {stored.name}: keeps {stored.nat_logs}, for {count_noun(stored.keep_days, 'day')}")
    return 0


def _list_licensees(arguments: argparse.Namespace) -> int:
    from sightline.casework.notices.licensees import list_licensees  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415

    result = list_licensees(start_session(arguments))
    if arguments.json:
        print("".join(f"{as_json(licensee)}\n" for licensee in result), end="")
        return 0
    rows = [("NAME", "NAT LOGS KEEP", "ZONE", "DATES", "DAYS KEPT", "NODAL OFFICER")]
    for licensee in result:
        usual = (licensee.timezone or "not said", licensee.date_order or "not said")
        rows.append((licensee.name, licensee.nat_logs.value, *usual, str(licensee.keep_days), licensee.address))
    print("\n".join(format_columns(rows)))
    return 0
