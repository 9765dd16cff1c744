"""`sightline referrals add-request`: what another force asks for, recorded here or made by its partner officer."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.model import AuthorityKind, RequestWay

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession

EXAMPLES = """\
  sightline referrals add-request --from KA-CYBER --case "Cr. 41/2026" --kind production --number "s.94 order 3/2026" \\
      --issued-by "Magistrate, Mysuru" --issued-on 2026-05-20 --document request.pdf --received 2026-06-01 \\
      --since 2026-03-01 --until 2026-03-31
  sightline referrals add-request --list
"""
ZONE = "Asia/Kolkata"


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "add-request", "record a request of another force, or --list the requests", EXAMPLES)
    here.add_argument("--list", action="store_true", help="list requests; the other options are not needed then")
    argument_group = here.add_argument_group("the request")
    argument_group.add_argument(
        "--from", dest="force", metavar="CODE", help="the force; a partner officer's own by default"
    )
    argument_group.add_argument("--case", metavar="NUMBER", help="its own case")
    kinds = [kind.value for kind in AuthorityKind]
    argument_group.add_argument("--kind", choices=kinds, help="its authority: what it is")
    argument_group.add_argument("--number", metavar="TEXT", help="the number of its authority")
    argument_group.add_argument("--issued-by", metavar="TEXT", help="the court or officer who issued it")
    argument_group.add_argument("--issued-on", metavar="DATE", help="the day on it")
    argument_group.add_argument("--valid-until", metavar="DATE", help="the last day on which it is in force")
    argument_group.add_argument(
        "--document", type=Path, metavar="FILE", help="the request as it came: its SHA-256 is kept"
    )
    argument_group.add_argument("--received", metavar="DATE", help="the day on which it came")
    ways = [RequestWay.PAPER.value, RequestWay.FILE.value]
    argument_group.add_argument("--how", choices=ways, default=ways[0], help="how it came (default paper)")
    argument_group.add_argument(
        "--state", action="append", metavar="S", help="of its states only this; may be repeated"
    )
    argument_group.add_argument("--since", metavar="DATE", help="leads from this day on, in India")
    argument_group.add_argument("--until", metavar="DATE", help="leads up to this day, counted in")
    add_json(here)


def run(arguments: argparse.Namespace) -> int:
    """Record a request, or list what was recorded."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    officer_session = start_session(arguments)
    return _list_requests(officer_session, arguments) if arguments.list else _record_request(officer_session, arguments)


def _record_request(officer_session: OfficerSession, arguments: argparse.Namespace) -> int:
    from sightline.casework.forces import forces  # noqa: PLC0415
    from sightline.casework.input_checks import parse_instant, require_day, require_words  # noqa: PLC0415
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.file_digests import compute_sha256  # noqa: PLC0415

    with officer_session.workspace.read() as tables:
        own = forces.find_own_force(tables, officer_session.officer)
    needed = ("case", "kind", "number", "issued_by", "issued_on", "document", "received")
    missing = [f"--{name.replace('_', '-')}" for name in needed if getattr(arguments, name) is None]
    missing += ["--from"] if own is None and arguments.force is None else []
    if missing:
        raise UsageError(f"a request says more: {', '.join(missing)}", hint="or --list shows what was asked for")
    if not arguments.document.is_file():
        raise UsageError(f"{arguments.document} is not a file", hint="the request as it came: a scan, a letter as PDF")
    until = arguments.until and parse_instant(arguments.until, "--until", ZONE, is_end=True)
    request = forces.register_force_request(
        officer_session,
        forces.RequestForm(
            arguments.force or (own.code if own else ""),
            require_words(arguments.case, "--case"),
            AuthorityKind(arguments.kind),
            require_words(arguments.number, "--number"),
            require_words(arguments.issued_by, "--issued-by"),
            require_day(arguments.issued_on, "--issued-on"),
            compute_sha256(arguments.document),
            require_words(arguments.document.name, "--document"),
            require_day(arguments.received, "--received"),
            RequestWay(arguments.how),
            arguments.valid_until and require_day(arguments.valid_until, "--valid-until"),
            tuple(arguments.state or ()),
            arguments.since and parse_instant(arguments.since, "--since", ZONE),
            until,
        ),
    )
    print(f"request {request.request_id[-6:]}: {request.case_number}, {', '.join(forces.list_states(request))}")
    sys.stderr.write(
        f"next: sightline referrals draft --request {request.request_id[-6:]} --case NUMBER --why TEXT --dry-run\n"
    )
    return 0


def _list_requests(officer_session: OfficerSession, arguments: argparse.Namespace) -> int:
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415
    from sightline.services.referrals.views import list_requests  # noqa: PLC0415

    listed_requests = list_requests(officer_session)
    if arguments.json:
        for request in listed_requests:
            print(as_json(request.request, force=request.force.code, answered_by=list(request.numbers)))
        return 0
    rows = [("ID", "FROM", "CASE", "AUTHORITY", "STATES", "RECEIVED", "ANSWERED BY")]
    for request in listed_requests:
        force_request = request.request
        cells = (
            force_request.request_id[-6:],
            request.force.code,
            force_request.case_number,
            force_request.authority_number,
        )
        rows.append((*cells, ", ".join(request.states), force_request.received_on, ", ".join(request.numbers)))
    if listed_requests:
        print("\n".join(format_columns(rows)))
    else:
        sys.stderr.write("no force asked for anything yet: sightline referrals add-request\n")
    return 0
