"""`sightline authorities`: the instruments under which records are held."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs, add_why
from sightline.errors import UsageError
from sightline.file_digests import compute_sha256
from sightline.model import LIVE_KINDS, AuthorityKind

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.storage.rows import Authority

KINDS = [authority_kind.value for authority_kind in AuthorityKind if authority_kind is not AuthorityKind.INTERCEPTION]
EXAMPLES = {
    "add": """\
  sightline authorities add --case "FIR 12/2026" --kind production --number "s.94 order 7/2026" \\
      --issued-by "CJM Thrissur" --issued-on 2026-06-05 --until 2026-12-31 --timezone Asia/Kolkata \\
      --document order-7.pdf --source proxy --category csam
  sightline authorities add --case "FIR 12/2026" --kind live-feed --number "direction 4/2026" \\
      --issued-by "Home Secretary" --issued-on 2026-06-05 --until 2026-07-05 --document direction.pdf --source feed
      # for a live feed: only the competent authority can direct it. Another officer confirms the paper, and approves
""",
    "list": "  sightline authorities list\n",
    "show": '  sightline authorities show "s.94 order 7/2026"\n',
    "end": '  sightline authorities end "s.94 order 7/2026" --why "recalled by the court, 3.7.2026"\n',
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(commands, "authorities", "instruments of law: add, list, show, end", "".join(EXAMPLES.values()))
    verbs = add_verbs(here)
    _add_adding(verbs)
    add_json(add_command(verbs, "list", "list the authorities, in force or not", EXAMPLES["list"]))
    show = add_command(verbs, "show", "show one authority with its scope", EXAMPLES["show"])
    end = add_command(verbs, "end", "end an authority: no scan may use it any more", EXAMPLES["end"])
    for choice in (show, end):
        choice.add_argument("authority", metavar="ID|NUMBER", help="which")
    add_json(show)
    add_why(end)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def _add_adding(verbs: Parsers) -> None:
    here = add_command(verbs, "add", "record an instrument under a case", EXAMPLES["add"])
    here.add_argument("--case", required=True, metavar="ID|NUMBER", help="the case to which it belongs")
    here.add_argument("--kind", required=True, choices=KINDS, help="what it is; live-feed takes two")
    here.add_argument("--number", required=True, metavar="TEXT", help="its number, as on paper")
    here.add_argument("--issued-by", required=True, metavar="TEXT", help="the court or officer who issued it")
    here.add_argument("--issued-on", required=True, metavar="DATE", help="the day on it")
    here.add_argument("--document", required=True, type=Path, metavar="FILE", help="the paper: its SHA-256 is kept")
    term = here.add_argument_group("its term: days, or instants with their zone")
    term.add_argument("--from", dest="since", metavar="DATE", help="in force from (default: --issued-on)")
    term.add_argument("--until", metavar="DATE", help="the last day (default: until it is ended)")
    term.add_argument("--keep-until", metavar="DATE", help="the last day on which what it brought may be kept")
    term.add_argument(
        "--timezone", default="UTC", metavar="ZONE", help="where a day begins: Asia/Kolkata (default: UTC)"
    )
    scope = here.add_argument_group("its scope")
    scope.add_argument("--source", action="append", metavar="S", help="only this source; may be repeated")
    scope.add_argument("--category", action="append", metavar="C", help="only lists of this category; may be repeated")


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _add(arguments: argparse.Namespace) -> int:
    from dataclasses import replace  # noqa: PLC0415

    from sightline.casework.cases import cases, live_authorities  # noqa: PLC0415
    from sightline.casework.cases.case_forms import AuthorityPaper, read_authority  # noqa: PLC0415
    from sightline.cli.officer_options import get_current_time, start_session  # noqa: PLC0415
    from sightline.cli.options import name_option  # noqa: PLC0415
    from sightline.cli.pending_approval import tell_asked  # noqa: PLC0415

    paper = AuthorityPaper(arguments.document.name, _compute_document_sha256(arguments.document))
    form = read_authority(vars(arguments), arguments.category or (), paper, name_option, get_current_time())
    officer_session = start_session(arguments)
    case_id, sources = _find_ids_of_options(officer_session, arguments)
    form = replace(form, case_id=case_id, sources_json=cases.encode_bounds(sources))
    if form.kind in LIVE_KINDS:
        return tell_asked(officer_session, live_authorities.ask(officer_session, form))
    added = cases.add_authority(officer_session, form)
    since, until = (
        _format_minute_in(at_us, arguments.timezone) for at_us in (added.valid_from_us, added.valid_until_us)
    )
    print(f"{added.authority_id}  in force from {since} until {until or 'it is ended'}")
    return 0


def _format_minute_in(at_us: int | None, zone: str) -> str | None:
    """An instant in UTC, and in the zone in which its day was given."""
    from sightline.cli.table_output import format_minute  # noqa: PLC0415
    from sightline.ledger.instants import to_instant  # noqa: PLC0415

    if at_us is None or zone == "UTC":
        return format_minute(at_us)
    return f"{format_minute(at_us)} ({to_instant(at_us).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone})"


def _find_ids_of_options(officer_session: OfficerSession, arguments: argparse.Namespace) -> tuple[str, list[str]]:
    """The ids of the case and the sources that the options name."""
    from sightline.casework.cases import cases  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415

    officer_session.require(Action.AUTHORITY_ADD, "authority:new")
    with officer_session.workspace.read() as tables:
        case = cases.find_case(tables, arguments.case)
        return case.case_id, [cases.find_source(tables, source).source_id for source in arguments.source or ()]


def _compute_document_sha256(path: Path) -> str:
    try:
        return compute_sha256(path)
    except OSError as error:
        raise UsageError(f"--document {path}: {error.strerror}", hint="give the file of the paper") from None


def _list_authorities(arguments: argparse.Namespace) -> int:
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.storage.rows import Authority  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(Action.CASE_VIEW, "authority:all", JournalVerb.VIEW_CASE) as tables:
        authorities = tables[Authority].select()
    if arguments.json:
        print("".join(f"{as_json(authority)}\n" for authority in authorities), end="")
        return 0
    print("\n".join(format_columns([("ID", "KIND", "NUMBER", "FROM", "UNTIL", ""), *map(build_row, authorities)])))
    return 0


def build_row(authority: Authority) -> tuple[str, ...]:
    """An authority in a table."""
    from sightline.cli.table_output import format_minute  # noqa: PLC0415

    ended = (
        f"ended {format_minute(authority.ended_at_us)}: {authority.ended_why}"
        if authority.ended_at_us is not None
        else ""
    )
    term = format_minute(authority.valid_from_us) or "", format_minute(authority.valid_until_us) or "it is ended"
    return authority.authority_id, authority.kind, authority.number, *term, ended


def _show_authority(arguments: argparse.Namespace) -> int:
    from sightline.casework.cases import cases  # noqa: PLC0415
    from sightline.casework.input_checks import name_thing  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.casework.permissions.roster import list_names  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_fields, format_minute  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(
        Action.CASE_VIEW, name_thing("authority", arguments.authority), JournalVerb.VIEW_CASE
    ) as tables:
        authority = cases.find_authority(tables, arguments.authority)
        case, by = cases.find_case(tables, authority.case_id), list_names(tables)[authority.added_by]
        bound = json.loads(authority.sources_json)
        sources = None if bound is None else [cases.find_source(tables, source).name for source in bound]
    if arguments.json:
        print(as_json(authority))
        return 0
    categories = json.loads(authority.categories_json)
    facts = {
        "authority": authority.authority_id,
        "case": f"{case.number}, {case.station}",
        "kind": authority.kind.value,
        "number": authority.number,
        "issued": f"{authority.issued_on} by {authority.issued_by}",
        "in force from": format_minute(authority.valid_from_us),
        "in force until": format_minute(authority.valid_until_us) or "it is ended",
        "covers": ", ".join(sorted(cases.COVERS[authority.kind])),
        "only sources": None if sources is None else ", ".join(sources),
        "only categories": None if categories is None else ", ".join(categories),
        "document": f"{authority.document_name}  SHA-256 {authority.document_sha256}",
        "keep until": format_minute(authority.keep_until_us),
        "added": f"{format_minute(authority.added_at_us)} by {by}",
        "ended": None
        if authority.ended_at_us is None
        else f"{format_minute(authority.ended_at_us)}: {authority.ended_why}",
    }
    print("\n".join(format_fields(facts.items())))
    return 0


def _end_authority(arguments: argparse.Namespace) -> int:
    from sightline.casework.cases import cases  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    ended = cases.end_authority(start_session(arguments), arguments.authority, why)
    print(f"{ended.authority_id}  ended")
    return 0


VERBS = {"add": _add, "list": _list_authorities, "show": _show_authority, "end": _end_authority}
