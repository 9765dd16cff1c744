"""`sightline cases`: registered cases."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession

EXAMPLES = {
    "add": """\
  sightline cases add --number "FIR 12/2026" --station "Cyber PS, Thrissur" --sections "IT Act s.67B" \\
      --io "S. Rao, Inspector" --begun-on 2026-06-05
""",
    "list": """\
  sightline cases list
""",
    "show": """\
  sightline cases show "FIR 12/2026"
""",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "cases", "registered cases: add, list, show", "".join(EXAMPLES.values()))
    verbs = add_verbs(here)
    new = add_command(verbs, "add", "register a matter", EXAMPLES["add"])
    new.add_argument("--number", required=True, metavar="TEXT", help='of the FIR or the general diary: "FIR 12/2026"')
    new.add_argument("--station", required=True, metavar="TEXT", help="the police station")
    new.add_argument("--sections", required=True, metavar="TEXT", help="sections of law")
    new.add_argument("--io", required=True, metavar="NAME", help="the investigating officer, name and rank")
    new.add_argument("--sho", default="", metavar="NAME", help="the station officer, name and rank")
    new.add_argument("--sp", default="", metavar="NAME", help="the superintendent, name and rank")
    new.add_argument("--begun-on", required=True, metavar="DATE", help="when the proceedings began, as 2026-06-05")
    add_json(add_command(verbs, "list", "list the registered cases", EXAMPLES["list"]))
    show = add_command(verbs, "show", "show one matter with its authorities", EXAMPLES["show"])
    show.add_argument("case", nargs="?", metavar="ID|NUMBER", help="its id or number (default: list all)")
    add_json(show)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _add(arguments: argparse.Namespace) -> int:
    from sightline.casework.cases.case_forms import read_case  # noqa: PLC0415
    from sightline.casework.cases.cases import open_case  # noqa: PLC0415
    from sightline.cli.officer_options import get_current_time, start_session  # noqa: PLC0415
    from sightline.cli.options import name_option  # noqa: PLC0415

    case = open_case(start_session(arguments), read_case(vars(arguments), name_option, get_current_time()))
    print(case.case_id)
    return 0


def _show_cases(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    return _list_cases(arguments) if arguments.case is None else _show_one(start_session(arguments), arguments)


def _list_cases(arguments: argparse.Namespace) -> int:
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.storage.rows import Case  # noqa: PLC0415

    with start_session(arguments).read(Action.CASE_VIEW, "case:all", JournalVerb.VIEW_CASE) as tables:
        cases = tables[Case].where()
    if arguments.json:
        print("".join(f"{as_json(case)}\n" for case in cases), end="")
        return 0
    rows = [("ID", "NUMBER", "STATION", "SECTIONS", "INVESTIGATING OFFICER")]
    rows += [(case.case_id, case.number, case.station, case.sections, case.investigating_officer) for case in cases]
    print("\n".join(format_columns(rows)))
    return 0


def _show_one(officer_session: OfficerSession, arguments: argparse.Namespace) -> int:
    from sightline.casework.cases.cases import find_case  # noqa: PLC0415
    from sightline.casework.input_checks import name_thing  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.casework.permissions.roster import list_names  # noqa: PLC0415
    from sightline.cli.authorities import build_row  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_fields, format_minute  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.storage.rows import Authority  # noqa: PLC0415

    with officer_session.read(Action.CASE_VIEW, name_thing("case", arguments.case), JournalVerb.VIEW_CASE) as tables:
        case = find_case(tables, arguments.case)
        authorities = tables[Authority].where(case_id=case.case_id)
        by = list_names(tables)[case.opened_by]
    if arguments.json:
        print(as_json(case, authorities=[json.loads(as_json(authority)) for authority in authorities]))
        return 0
    facts = {
        "case": case.case_id,
        "number": case.number,
        "station": case.station,
        "sections": case.sections,
        "investigating officer": case.investigating_officer,
        "station officer": case.station_officer or None,
        "superintendent": case.superintendent or None,
        "begun on": case.begun_on,
        "opened": f"{format_minute(case.opened_at_us)} by {by}",
    }
    print("\n".join(format_fields(facts.items())))
    if authorities:
        print(
            "\n".join(
                format_columns([("AUTHORITY", "KIND", "NUMBER", "FROM", "UNTIL", ""), *map(build_row, authorities)])
            )
        )
    return 0


VERBS = {"add": _add, "list": _list_cases, "show": _show_cases}
