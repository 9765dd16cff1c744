"""`sightline cases`: registered cases."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs
from sightline.cli.terminal_text import escape_text
from sightline.errors import UsageError
from sightline.message_text import count_noun

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
    "report": """\
  sightline cases report "FIR 12/2026" --out report.pdf
  sightline cases report "FIR 12/2026" --language ml --out report-ml.pdf --overwrite
  sightline cases report "FIR 12/2026" --show-identities --why "charge sheet of FIR 12/2026" --out charge.pdf
""",
    "purge": """\
  sightline cases purge "FIR 12/2026"
  sightline cases purge "FIR 12/2026" --why "keeping time over, order 7/2026"
""",
}
LANGUAGES = ("en", "hi", "ml")
PURGE_DESCRIPTION = """\
Destroy what officers wrote about a case: the text of its notes, and the names, keys and files of attachments. That
there was a note, its author and time, and the SHA-256 of each attachment stay. Without --why, it says what there is
and until when it is kept. This takes two officers: the first run asks; once it is approved, run it again. A legal hold
prevents it.
"""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "cases", "cases: add, list, show, report, purge", "".join(EXAMPLES.values()))
    verbs = add_verbs(here)
    new = add_command(verbs, "add", "register a case", EXAMPLES["add"])
    new.add_argument("--number", required=True, metavar="TEXT", help='of the FIR or the general diary: "FIR 12/2026"')
    new.add_argument("--station", required=True, metavar="TEXT", help="the police station")
    new.add_argument("--sections", required=True, metavar="TEXT", help="sections of law")
    new.add_argument("--io", required=True, metavar="NAME", help="the investigating officer, name and rank")
    new.add_argument("--sho", default="", metavar="NAME", help="the station officer, name and rank")
    new.add_argument("--sp", default="", metavar="NAME", help="the superintendent, name and rank")
    new.add_argument("--begun-on", required=True, metavar="DATE", help="when the proceedings began, as 2026-06-05")
    add_json(add_command(verbs, "list", "list the registered cases", EXAMPLES["list"]))
    show = add_command(verbs, "show", "show one case with its authorities", EXAMPLES["show"])
    show.add_argument("case", nargs="?", metavar="ID|NUMBER", help="its id or number (default: list all)")
    add_json(show)
    _add_report(verbs)
    _add_purge(verbs)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def _add_report(verbs: Parsers) -> None:
    here = add_command(verbs, "report", "write the file of a case as PDF/A, subscribers masked", EXAMPLES["report"])
    here.add_argument("case", metavar="ID|NUMBER", help="its id or number")
    here.add_argument("--out", type=Path, required=True, metavar="FILE.pdf", help="where to write it")
    here.add_argument("--language", choices=LANGUAGES, default="en", help="English, Hindi or Malayalam (default en)")
    here.add_argument("--overwrite", action="store_true", help="replace a file that exists already")
    here.add_argument(
        "--show-identities", action="store_true", help="with numbers and names of subscribers; takes --why"
    )
    here.add_argument("--why", metavar="TEXT", help="the reason, which the ledger and the report keep; name nobody")


def _add_purge(verbs: Parsers) -> None:
    here = add_command(
        verbs, "purge", "destroy notes and attachments of a case, by two officers", EXAMPLES["purge"], PURGE_DESCRIPTION
    )
    here.add_argument("case", metavar="ID|NUMBER", help="its id or number")
    here.add_argument("--early", action="store_true", help="before its keeping time is over")
    here.add_argument("--why", metavar="TEXT", help="the reason, which the ledger keeps; name nobody in it")
    add_json(here)


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
        cases = tables[Case].select()
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
        authorities = tables[Authority].select(case_id=case.case_id)
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


def _report(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.evidence.documents.document_facts import Language  # noqa: PLC0415
    from sightline.services.case_report.report import ReportRequest, write_report  # noqa: PLC0415

    if arguments.show_identities is not (arguments.why is not None):
        raise UsageError("--show-identities takes a reason", hint='--show-identities --why "FIR 12/2026: charge sheet"')
    why = require_reason(arguments.why, "--why") if arguments.show_identities else None
    request = ReportRequest(arguments.case, Language(arguments.language), why)
    digest = write_report(start_session(arguments), request, arguments.out, overwrite=arguments.overwrite)
    print(f"{arguments.out}  SHA-256 {digest}")
    return 0


def _purge(arguments: argparse.Namespace) -> int:
    from sightline.casework.cases.case_papers import purge_papers  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    officer_session = start_session(arguments)
    if arguments.why is None:
        return _show_papers(officer_session, arguments)
    why = require_reason(arguments.why, "--why")
    purged = purge_papers(officer_session, arguments.case, why, early=arguments.early)
    if arguments.json:
        print(json.dumps({"case": purged.case.case_id, "notes": len(purged.notes), "files": len(purged.files)}))
        return 0
    notes, files = count_noun(len(purged.notes), "note"), count_noun(len(purged.files), "attachment")
    print(f"purged {notes} and {files} of the case {escape_text(purged.case.number)}")
    return 0


def _show_papers(officer_session: OfficerSession, arguments: argparse.Namespace) -> int:
    """Say what officers wrote about a case, and until when it is kept."""
    from sightline.casework.cases.case_papers import find_papers  # noqa: PLC0415
    from sightline.casework.input_checks import name_thing  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.table_output import format_fields  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415

    thing = name_thing("case-papers", arguments.case)
    with officer_session.read(Action.PURGE, thing, JournalVerb.VIEW_CASE) as tables:
        papers = find_papers(tables, arguments.case)
    holds = [hold.hold_id for hold in papers.holds]
    facts: dict[str, str | int | list[str]] = {
        "case": papers.case.case_id,
        "notes": len(papers.notes),
        "files": len(papers.files),
        "keep_until": papers.keep_until,
        "holds": holds,
    }
    if arguments.json:
        print(json.dumps(facts))
        return 0
    rows = [(name.replace("_", " "), ", ".join(holds) if name == "holds" else str(facts[name])) for name in facts]
    print("\n".join(format_fields(rows)))
    return 0


VERBS = {"add": _add, "list": _list_cases, "show": _show_cases, "report": _report, "purge": _purge}
