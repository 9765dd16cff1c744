"""`sightline leads assign`, `close`, `reopen`, `note`: work on leads, one or many at once."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from sightline.cli.leads.filters import add_filters, build_filter_expression
from sightline.cli.subcommands import Parsers, add_command, add_why
from sightline.errors import UsageError
from sightline.message_text import count_noun
from sightline.model import CloseReason
from sightline.model.short_ids import format_lead_number

if TYPE_CHECKING:
    from sightline.casework.leads.lead_work import SelectedLeads
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.storage.rows import LeadBatch

ASSIGN = """\
  sightline leads assign 4cedfc69 5e708123 --to "S. Rao" --why "lines of his district"
  sightline leads assign --state IN-KL --ceiling subscriber --to "S. Rao" --why "all of Kerala"
"""
CLOSE = """\
  sightline leads close 4cedfc69 --reason records-gone --why "letter of the ISP of 6.6.2026"
  sightline leads close --relay yes --reason no-line --why "they are Tor exits"
"""
REOPEN = '  sightline leads reopen 4cedfc69 --why "the ISP found a copy"\n'
NOTE = """\
  sightline leads note 4cedfc69 --text "the port is missing in the raw line" --why "for the next officer"
  sightline leads note 4cedfc69 --change 7QX2PA --version 1 --text "the port is there" --why "line 12 was read"
"""
MANY = """\
Choose any number of leads by id or by filters. The ledger gets one entry with their count and the digest of their ids.
If another officer changed one of them meanwhile (--seen), nothing is changed and both versions are shown.
"""
REASONS = [close_reason.value for close_reason in CloseReason if close_reason is not CloseReason.OUTCOME]


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    assign = add_command(verbs, "assign", "give leads to an officer", ASSIGN, MANY)
    close = add_command(verbs, "close", "nothing more is done about leads, and why", CLOSE, MANY)
    reopen = add_command(verbs, "reopen", "take closed leads up again", REOPEN, MANY)
    for here in (assign, close, reopen):
        here.add_argument("leads", nargs="*", metavar="ID", help="numbers or ids, or the beginnings of ids")
        add_filters(here)
        here.add_argument("--seen", type=int, metavar="VERSION", help="for one lead: the version that you saw")
        add_why(here)
    assign.add_argument("--to", required=True, metavar="OFFICER", help="an officer on duty, by name or id")
    close.add_argument("--reason", required=True, choices=REASONS, help="the kind of reason")
    close.add_argument(
        "--danger-over", action="store_true", help="also leads marked as a child in present danger: lifts the marks"
    )
    note = add_command(verbs, "note", "write a note about a lead, or change one", NOTE)
    note.add_argument("lead", metavar="ID", help="its number or id, or the beginning of the id")
    note.add_argument("--text", required=True, help="the note; no name, no number")
    note.add_argument("--change", metavar="NOTE", help="the note to change, by its id or the end of it")
    note.add_argument("--version", type=int, metavar="N", help="with --change: the version that you saw")
    add_why(note)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    if arguments.verb == "note":
        return _add_note(arguments)
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.leads import lead_work  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    officer_session = start_session(arguments)
    which = _select_leads(officer_session, arguments)
    if arguments.verb == "assign":
        lead_batch = lead_work.assign_leads(officer_session, which, arguments.to, why)
    elif arguments.verb == "close":
        lead_batch = _close(officer_session, which, arguments, why)
    else:
        lead_batch = lead_work.reopen_leads(officer_session, which, why)
    what = (
        f"lead {format_lead_number(which.lead_ids[0])}"
        if lead_batch.leads == 1
        else count_noun(lead_batch.leads, "lead")
    )
    to = f" to {arguments.to}" if arguments.verb == "assign" else ""
    print(f"{what}: {lead_batch.act.value}{to}")
    return 0


def _close(officer_session: OfficerSession, which: SelectedLeads, arguments: argparse.Namespace, why: str) -> LeadBatch:
    """Close leads. A person at a terminal is asked about those that are marked."""
    from sightline.casework.leads import lead_work  # noqa: PLC0415
    from sightline.casework.leads.lead_marks import LeadInDanger  # noqa: PLC0415
    from sightline.cli import prompts  # noqa: PLC0415
    from sightline.cli.terminal_text import escape_text  # noqa: PLC0415

    reason = CloseReason(arguments.reason)
    try:
        return lead_work.close_leads(officer_session, which, reason, why, danger_over=arguments.danger_over)
    except LeadInDanger as marked:
        if not prompts.is_terminal():
            raise
        sys.stderr.write("".join(f"{escape_text(line)}\n" for line in (str(marked), *marked.details)))
        if not prompts.ask_consent("is the danger over? yes closes the leads and lifts the marks"):
            raise UsageError("nothing was closed", hint="sightline leads show LEAD tells what is known") from None
    return lead_work.close_leads(officer_session, which, reason, why, danger_over=True)


def _select_leads(officer_session: OfficerSession, arguments: argparse.Namespace) -> SelectedLeads:
    from sightline.casework.permissions.access import Action  # noqa: PLC0415

    condition = build_filter_expression(arguments) if is_filtered(arguments) else None
    if bool(arguments.leads) is (condition is not None):
        raise UsageError("ids and filters exclude each other", hint="give ids, or --state, --ceiling... but not both")
    if arguments.seen is not None and len(arguments.leads) != 1:
        raise UsageError("--seen is for one lead only", hint="give its id")
    officer_session.require(Action.LEAD_ASSIGN if arguments.verb == "assign" else Action.LEAD_CLOSE, "leads:chosen")
    return select_leads(officer_session, arguments, arguments.seen)


def is_filtered(arguments: argparse.Namespace) -> bool:
    """Return whether an option chooses leads."""
    names = ("ceiling", "priority", "state", "circle", "place", "address", "relay")
    return any(getattr(arguments, name) is not None for name in names)


def select_leads(
    officer_session: OfficerSession, arguments: argparse.Namespace, seen: int | None = None
) -> SelectedLeads:
    """The leads of ids, or of the options that choose."""
    from dataclasses import replace  # noqa: PLC0415

    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415
    from sightline.services.lead_status.selection import select_leads_by_ids, select_matching_leads  # noqa: PLC0415

    with open_generation(officer_session.workspace) as leads:
        which = (
            select_leads_by_ids(leads, arguments.leads)
            if arguments.leads
            else select_matching_leads(leads, build_filter_expression(arguments))
        )
    return which if seen is None else replace(which, seen={which.lead_ids[0]: seen})


def _add_note(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.leads import lead_notes  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415

    if (arguments.change is None) is not (arguments.version is None):
        raise UsageError(
            "--change and --version need each other", hint="sightline leads show ID tells notes and versions"
        )
    officer_session = start_session(arguments)
    officer_session.require(Action.LEAD_NOTE, "leads:all")
    with open_generation(officer_session.workspace) as leads:
        lead_id = str(leads.find_lead(arguments.lead)["lead_id"])
    if arguments.change is None:
        lead_note = lead_notes.write(officer_session, lead_id, arguments.text, require_reason(arguments.why, "--why"))
    else:
        lead_note = lead_notes.rewrite(
            officer_session, arguments.change, arguments.text, require_reason(arguments.why, "--why"), arguments.version
        )
    print(f"note {lead_note.note_id[-6:]}, version {lead_note.version}: lead {format_lead_number(lead_id)}")
    return 0
