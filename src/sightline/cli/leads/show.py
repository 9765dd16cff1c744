"""`sightline leads show` and `explain`: one lead with all its reasons, as a table or in sentences."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from sightline.cli.address_options import add_open, record_opening
from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.cli.terminal_text import escape_name
from sightline.message_text import count_noun
from sightline.model.short_ids import format_lead_number
from sightline.stages.report.address_masks import collect_addresses, mask_text
from sightline.stages.report.printable import mask_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sightline.casework.forces.force_matches import OtherForce
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.services.artifacts.lead_files import Leads
    from sightline.services.artifacts.resolutions import Resolutions

LANGUAGES = ("en", "hi", "ml")
SHOW = "  sightline leads show 4cedfc69\n"
EXPLAIN = """\
  sightline leads explain 4cedfc69
  sightline leads explain 4cedfc69 --show-addresses --why "FIR 12/2026"
  sightline leads explain 4cedfc69 --language ml
  sightline leads explain 4cedfc69 --line 9a31c07e  # the sheet of the visits of one line, of no other's
"""


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    for name, summary, examples in (
        ("show", "show one lead: facts, reasons with their places, other sessions of its address", SHOW),
        ("explain", "explain one lead in words: facts, reasons for and against, limits, next steps", EXPLAIN),
    ):
        here = add_command(verbs, name, summary, examples)
        here.add_argument(
            "lead", metavar="ID", help="its number or id, or the beginning of the id; older ids are followed"
        )
        if name == "explain":
            here.add_argument(
                "--language", choices=LANGUAGES, default="en", help="English, Hindi or Malayalam (default en)"
            )
            here.add_argument("--line", metavar="SUBSCRIBER", help="only the visits that replies give to this line")
        add_json(here)
        add_open(here)


def run(arguments: argparse.Namespace) -> int:
    """Show or explain a lead."""
    from sightline.casework.input_checks import name_thing  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415
    from sightline.services.lead_groups.other_forces import list_forces_of_lead  # noqa: PLC0415
    from sightline.services.lead_status.lead_history import describe_lead_work  # noqa: PLC0415
    from sightline.services.leads.masked_leads import mask_lead  # noqa: PLC0415
    from sightline.services.resolution.named_lines import list_lines_of_lead  # noqa: PLC0415

    officer_session = start_session(arguments)
    what = name_thing("lead", arguments.lead)
    with officer_session.read(Action.LEADS_VIEW, what, JournalVerb.VIEW_LEADS):
        pass
    with open_generation(officer_session.workspace) as leads:
        lead_json = leads.find_lead(arguments.lead)
        why = record_opening(officer_session, arguments, [f"lead:{lead_json['lead_id']}"])
        done = describe_lead_work(officer_session.workspace, leads, lead_json["lead_id"])
        known = done.pop("outcomes")
        forces = list_forces_of_lead(officer_session.workspace, leads, lead_json["lead_id"])
        resolutions = _find_resolutions(officer_session)
        lines = [] if resolutions is None else list_lines_of_lead(leads, resolutions, lead_json)
        parts = [] if resolutions is None else list(resolutions.list_sessions_of_lead(lead_json["lead_id"]))
        if getattr(arguments, "line", None) is not None:
            lead_json, lines, parts = _build_account_of_line(officer_session, leads, lead_json, arguments.line), [], []
        if arguments.json:
            beside = list(leads.list_others_of_address(lead_json))
            whole = lead_json | {"beside": beside, "outcomes": known, "work": done}
            whole |= {"other_forces": [other_force.to_json() for other_force in forces], "is_masked": False}
            sys.stdout.write(json.dumps(whole if why is not None else mask_lead(whole), ensure_ascii=False) + "\n")
            return 0
        if arguments.verb == "explain":
            from sightline.services.leads.report_facts import build_lead_report  # noqa: PLC0415
            from sightline.stages.report.sheet import format_lead_sheet  # noqa: PLC0415
            from sightline.translation.documents import get_translator  # noqa: PLC0415

            report = build_lead_report(officer_session, leads, why, translator=get_translator(arguments.language))
            text = format_lead_sheet(lead_json, report, lead_json["joined"])
            text += "".join(f"{line}\n" for line in (*_format_named_lines(lines), *_format_visits(parts)))
        else:
            text = "".join(f"{line}\n" for line in _format_lead(leads, lead_json, is_open=why is not None))
        text += "".join(
            f"{line}\n" for line in (*_format_work(done), *_format_outcomes(known), *_format_other_forces(forces))
        )
        addresses = collect_addresses(session["source_ip"] for session in (lead_json, *lead_json["joined"]))
        sys.stdout.write(text if why is not None else mask_text(text, addresses))
    return 0


def _find_resolutions(officer_session: OfficerSession) -> Resolutions | None:
    """Return what replies say, where the officer may see it and anything was resolved."""
    from sightline.casework.permissions.access import Action, allow  # noqa: PLC0415
    from sightline.services.artifacts.resolutions import find_newest_resolution  # noqa: PLC0415

    return (
        find_newest_resolution(officer_session.workspace)
        if allow(officer_session.find_actor(), Action.RESOLUTION_VIEW).allowed
        else None
    )


def _build_account_of_line(
    officer_session: OfficerSession, leads: Leads, lead: dict[str, Any], line: str
) -> dict[str, Any]:
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.services.artifacts.resolutions import require_newest_resolution  # noqa: PLC0415
    from sightline.services.resolution.named_lines import build_account_of_line  # noqa: PLC0415

    officer_session.require(Action.RESOLUTION_VIEW, "resolving:all")
    return build_account_of_line(leads, require_newest_resolution(officer_session.workspace), lead, line)


def _format_named_lines(lines: list[dict[str, Any]]) -> Iterator[str]:
    """What replies say: which line made how many of the visits, and what speaks for and against these alone."""
    if lines:
        yield "\nLines that replies name"
    for named_line in lines:
        line, account = named_line["subscriber"], named_line["account"]
        of = "all" if named_line["visits"] == named_line["visit_count"] else f"{named_line['visits']:,} of"
        subscriber = f"{line['subscriber'][:12]} ({line['licensee']}), {line['standing'] or 'named'}"
        yield f"  {subscriber}: {of} {count_noun(named_line['visit_count'], 'visit')}"
        if named_line["visits"] < named_line["visit_count"]:
            sides = (("for", "reasons_for"), ("against", "reasons_against"))
            for side, key in sides:
                rules = "; ".join(each["rule"] for each in account[key]) or "nothing"
                yield f"    {side} this line, by its own visits: {rules}"
            again = f"{format_lead_number(named_line['lead_id'])} --line {line['subscriber'][:8]}"
            yield f"    the sheet of its visits alone: sightline leads explain {again}"


def _format_visits(resolutions: list[dict[str, Any]]) -> Iterator[str]:
    """Which visits were asked about and are covered, and which are not: as `resolve show` says it."""
    from sightline.cli.resolve.show import format_part_lines  # noqa: PLC0415

    if resolutions:
        yield "\nVisit by visit, what replies say"
    for resolution in resolutions:
        for part in resolution["visits"]:
            yield from (f"  {line}" for line in format_part_lines(part))


SIDES = {"reasons_ceiling": "carries", "reasons_for": "for", "reasons_against": "against", "notes": "note"}


def _format_lead(leads: Leads, lead: dict[str, Any], *, is_open: bool) -> Iterator[str]:
    """The lead's facts, then each reason with its rule and where it stands."""
    from sightline.cli.table_output import format_columns, format_fields  # noqa: PLC0415

    yield from format_fields(_list_facts(lead, is_open=is_open))
    yield ""
    rows = [("SIDE", "RULE", "REASON", "WHERE")]
    rows += [
        (side, f"{reason['rule']}/{reason['version']}", reason["text"], _describe_place(reason))
        for key, side in SIDES.items()
        for reason in lead[key]
    ]
    yield from format_columns(rows)
    others = list(leads.list_others_of_address(lead))
    joined = lead["joined"]
    for title, result in (("sessions of this lead", joined), ("other leads of the address, not added", others)):
        if result:
            yield f"\n{title}: {len(result)}"
            heading = ("SESSION" if result is joined else "LEAD", "FIRST SEEN", "LAST SEEN", "CEILING")
            lines = [
                (
                    str(part.get("session_id", part["lead_id"]))[:12],
                    part["first_seen"],
                    part["last_seen"],
                    part["ceiling"],
                )
                for part in result
            ]
            yield from format_columns([heading, *lines])


def _format_work(done: dict[str, Any]) -> Iterator[str]:
    """Who works on it, whether it is closed, its operations and notes; nothing where nothing was done."""
    from sightline.cli.table_output import format_columns, format_fields  # noqa: PLC0415

    if done["version"] or done["closed"] or done["notes"]:
        closed = done["closed"] and f"{done['closed']['reason']}: {done['closed']['why'] or 'an outcome was recorded'}"
        operations = ", ".join(done["operations"]) or None
        yield ""
        rows = [("assigned", done["assigned_to"]), ("closed", closed), ("operations", operations)]
        yield from format_fields([*rows, ("version", done["version"] or None)])
    if done["notes"]:
        yield f"\nnotes: {len(done['notes'])}"
        notes = [(note["note_id"][-6:], str(note["version"]), note["by"], note["text"]) for note in done["notes"]]
        yield from format_columns([("NOTE", "VERSION", "BY", "TEXT"), *notes])


def _format_outcomes(known: list[dict[str, str]]) -> Iterator[str]:
    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    if known:
        yield f"\noutcomes: {len(known)}"
        rows = [(outcome["kind"], outcome["said_on"], outcome["case"], outcome["why"]) for outcome in known]
        yield from format_columns([("OUTCOME", "ON", "CASE", "WHY"), *rows])


def _format_other_forces(forces: Sequence[OtherForce]) -> Iterator[str]:
    if forces:
        yield f"\nother forces: {len(forces)}"
        yield from (f"  {other_force.describe()}" for other_force in forces)


def _list_facts(lead: dict[str, Any], *, is_open: bool) -> Iterator[tuple[str, object]]:
    place, relay, network = lead["place"], lead["relay"], lead["network"]
    yield "lead", f"{format_lead_number(lead['lead_id'])}  {lead['lead_id']}"
    yield "from", lead["source_ip"] if is_open else mask_lines(lead["source_ip"])
    yield "port", lead["source_port"] if is_open else lead["source_port"] and "in the record; --show-addresses shows it"
    yield "first", lead["first_seen"]
    yield "last", lead["last_seen"]
    yield "uncertain", f"by {lead['uncertainty_s']} s either way"
    yield "within", f"{lead['earliest']} and before {lead['latest']}"
    yield (
        "visits",
        f"{lead['visits']:,}, {count_noun(lead['hits'], 'hit')} on {count_noun(len(lead['indicators']), 'indicator')}",
    )
    yield "ceiling", lead["ceiling"] + (f", one of {lead['candidates']}" if lead["candidates"] else "")
    yield "place", f"{place['state'] or place['circle'] or 'undetermined'}: {place['why'] or place['verdict']}"
    yield (
        "network",
        ", ".join(str(value) for value in (network["asn"], network["isp"], network["line"]) if value) or "unknown",
    )
    yield "relay", f"{relay['verdict']} {relay['kind'] or ''} {_cite_dataset(relay['dataset'])}".strip()
    yield "priority", lead["priority"] + (f": {lead['priority_why']}" if lead["priority_why"] else "")
    if lead.get("reported_danger"):
        yield "reported", "a report asks for high priority, and no officer has confirmed or answered it"
    yield "kept", f"licence requires keeping until at least {lead['keep_until']}; may be gone or still held after"


def _cite_dataset(dataset: dict[str, Any] | None) -> str:
    return f"({dataset['name']} of {dataset['date']})" if dataset else ""


def _describe_place(one: dict[str, Any]) -> str:
    spots = [
        f"{at['exhibit'][:12]}{'!' + escape_name(at['member']) if at['member'] else ''} byte {at['byte_offset']:,}"
        for at in one["where"]
    ]
    return ", ".join([*spots, _cite_dataset(one["dataset"])]).strip(", ")
