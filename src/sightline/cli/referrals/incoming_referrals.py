"""The referrals of other forces to this unit: `sightline referrals import`, `accept`, `purge-incoming` and others."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.masked_output import show_whole
from sightline.cli.subcommands import Parsers, add_command, add_json, add_why
from sightline.message_text import count_noun
from sightline.model import OutcomeKind
from sightline.model.short_ids import format_lead_number

if TYPE_CHECKING:
    from sightline.services.referrals.incoming_views import IncomingView

EXAMPLES = {
    "import": """\
  sightline referrals import cyber-ps-1.age  # sealed for this unit's recipient: referrals export-key
  sightline referrals import cyber-ps-1.age --identity CYBER-PS.age
""",
    "list-incoming": "  sightline referrals list-incoming\n",
    "show-incoming": """\
  sightline referrals show-incoming "CYBER-PS 1"
  sightline referrals show-incoming "CYBER-PS 1" --lead 4cedfc69 --why "FIR 12/2026: notice to the ISP"
""",
    "accept": '  sightline referrals accept "CYBER-PS 1" --receipt receipt.json\n',
    "record-incoming-outcome": """\
  sightline referrals record-incoming-outcome "CYBER-PS 1" --lead 4cedfc69 --kind innocent --on 2026-07-01 \\
      --why "open Wi-Fi of a shop"
  sightline referrals record-incoming-outcome "CYBER-PS 1" --out outcomes.json  # all outcomes, signed for the sender
""",
    "import-recall": "  sightline referrals import-recall recall.json --receipt receipt.json\n",
    "purge-incoming": '  sightline referrals purge-incoming "CYBER-PS 1" --why "retention is over"\n',
}
SUMMARIES = {
    "import": "open a sealed package of another force, check every byte of it, and keep it",
    "list-incoming": "list what other forces sent, and its state",
    "show-incoming": "show one that another force sent, with its leads; or one lead of it with its whole address",
    "accept": "accept one that another force sent, and write the signed receipt",
    "record-incoming-outcome": "record what was found of a lead that was sent, or write all of it for the sender",
    "import-recall": "import what a sender recalls, and write its receipt",
    "purge-incoming": "destroy one that another force sent, for good; takes two officers",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    made = {name: add_command(verbs, name, SUMMARIES[name], EXAMPLES[name]) for name in EXAMPLES}
    made["import"].add_argument("file", type=Path, metavar="FILE.age", help="the package")
    made["import"].add_argument("--identity", type=Path, metavar="FILE", help="an age key (default: this unit's own)")
    made["import-recall"].add_argument("file", type=Path, metavar="FILE.json", help="the note, as the sender signed it")
    for name in ("show-incoming", "accept", "record-incoming-outcome", "purge-incoming"):
        made[name].add_argument("referral", metavar="ID", help="its number, its id, or the end of it")
    for name in ("list-incoming", "show-incoming"):
        add_json(made[name])
    for name in ("accept", "import-recall"):
        made[name].add_argument("--receipt", type=Path, required=True, metavar="FILE.json", help="where it goes")
    for name in ("show-incoming", "record-incoming-outcome"):
        made[name].add_argument(
            "--lead", metavar="ID", help="the lead, by its number or id, or the beginning of the id"
        )
        made[name].add_argument("--why", metavar="TEXT", help="the reason, which is stored")
    made["record-incoming-outcome"].add_argument(
        "--kind", choices=[kind.value for kind in OutcomeKind], help="what was found"
    )
    made["record-incoming-outcome"].add_argument("--on", metavar="DATE", help="the day on which it was found")
    made["record-incoming-outcome"].add_argument(
        "--out", type=Path, metavar="FILE.json", help="where the signed answer goes"
    )
    add_why(made["purge-incoming"])


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    verbs = {
        "import": _take_package,
        "list-incoming": _list_incoming,
        "show-incoming": _show_incoming,
        "accept": _accept,
        "record-incoming-outcome": _record_outcome,
        "import-recall": _recall,
        "purge-incoming": _purge_incoming,
    }
    return verbs[arguments.verb](arguments)


def _take_package(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.referrals.force_keys import read_age_identities  # noqa: PLC0415
    from sightline.services.referrals.import_package import import_package  # noqa: PLC0415

    keys = read_age_identities(arguments.identity) if arguments.identity else []
    incoming = import_package(start_session(arguments), arguments.file, keys)
    print(
        f"{incoming.incoming_id[-6:]}  {incoming.number}: "
        f"{count_noun(incoming.leads, 'lead')}, content SHA-256 {incoming.content_sha256}"
    )
    sys.stderr.write("whole: signature, every file, every row and its proof\n")
    sys.stderr.write(f"next: sightline referrals accept {incoming.incoming_id[-6:]} --receipt FILE.json\n")
    return 0


def _list_incoming(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_minute  # noqa: PLC0415
    from sightline.services.referrals.incoming_views import list_incoming  # noqa: PLC0415

    incoming_referrals = list_incoming(start_session(arguments))
    if arguments.json:
        for incoming in incoming_referrals:
            print(
                as_json(incoming.row, force=incoming.force.code, recalled=incoming.recalled, answered=incoming.answered)
            )
        return 0
    rows = [("ID", "FROM", "NUMBER", "THEIR CASE", "LEADS", "RECALLED", "ANSWERED", "OPENED", "ACCEPTED")]
    for incoming in incoming_referrals:
        its = incoming.row
        cells = (its.incoming_id[-6:], incoming.force.code, its.number, its.case_number, f"{its.leads:,}")
        accepted = "destroyed" if its.purged_at_us else format_minute(its.accepted_at_us) or ""
        rows.append(
            (
                *cells,
                f"{incoming.recalled or ''}",
                f"{incoming.answered or ''}",
                format_minute(its.opened_at_us) or "",
                accepted,
            )
        )
    if incoming_referrals:
        print("\n".join(format_columns(rows)))
    else:
        sys.stderr.write("nothing came yet: sightline referrals import FILE.age\n")
    return 0


def _show_incoming(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_fields  # noqa: PLC0415
    from sightline.services.referrals.incoming_views import open_lead, show_incoming  # noqa: PLC0415
    from sightline.stages.report.printable import mask_lines  # noqa: PLC0415

    officer_session = start_session(arguments)
    if arguments.lead is not None:
        _, _, text = open_lead(
            officer_session, arguments.referral, arguments.lead, require_reason(arguments.why or "", "--why")
        )
        show_whole()
        sys.stdout.write(text)
        return 0
    incoming_view = show_incoming(officer_session, arguments.referral)
    if arguments.json:
        print(
            as_json(
                incoming_view.row,
                force=incoming_view.force.code,
                told=[lead.lead_json["lead_id"] for lead in incoming_view.leads],
            )
        )
        return 0
    print("\n".join(format_fields(_list_facts(incoming_view))))
    rows = [("LEAD", "CEILING", "SEEN (UTC)", "FROM", "PLACE", "OUTCOME", "RECALLED")]
    for lead in incoming_view.leads:
        lead_json, place = lead.lead_json, lead.lead_json["place"]
        seen = (str(lead_json["first_seen"])[:16].replace("T", " "), mask_lines(lead_json["source_ip"]))
        where = ", ".join(filter(None, (place["district"], place["state"])))
        result = ", ".join(f"{outcome.kind} {outcome.said_on}" for outcome in lead.outcomes)
        rows.append((str(lead_json["lead_id"])[:12], lead_json["ceiling"], *seen, where, result, lead.recalled or ""))
    if incoming_view.leads:
        print("\n" + "\n".join(format_columns(rows)))
    return 0


def _list_facts(incoming_view: IncomingView) -> list[tuple[str, object]]:
    from sightline.cli.table_output import format_minute  # noqa: PLC0415

    its = incoming_view.row
    facts: list[tuple[str, object]] = [
        ("incoming", its.incoming_id),
        ("number", its.number),
        ("from", f"{incoming_view.force.name} ({incoming_view.force.code}, key {incoming_view.force.key_id})"),
        ("their case", its.case_number),
        ("why", incoming_view.about and incoming_view.about["why"]),
        ("opened", format_minute(its.opened_at_us)),
        ("accepted", format_minute(its.accepted_at_us)),
        ("destroyed", format_minute(its.purged_at_us)),
        ("content", f"SHA-256 {its.content_sha256}"),
        *(("proved", line) for line in incoming_view.proved),
    ]
    return facts + [
        ("import-recall", f"{format_minute(recall.made_at_us)}: {recall.why}") for recall in incoming_view.recalls
    ]


def _accept(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.match.outputs import check_one  # noqa: PLC0415
    from sightline.services.referrals.incoming_views import accept_referral  # noqa: PLC0415

    check_one(arguments.receipt, (), overwrite=False)
    row, receipt = accept_referral(start_session(arguments), arguments.referral)
    print(f"{row.number}: accepted")
    _write(arguments.receipt, receipt)
    return 0


def _record_outcome(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_day, require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.services.match.outputs import check_one  # noqa: PLC0415
    from sightline.services.referrals.incoming_views import report_outcome, sign_outcomes_note  # noqa: PLC0415

    parts = [arguments.lead, arguments.kind, arguments.on, arguments.why]
    if (None in parts and parts != [None] * 4) or (parts == [None] * 4 and arguments.out is None):
        raise UsageError(
            "the lead, the outcome, its date or the reason is missing",
            hint="--lead, --kind, --on, --why; or --out FILE.json alone",
        )
    if arguments.out is not None:
        check_one(arguments.out, (), overwrite=False)
    officer_session = start_session(arguments)
    if arguments.lead is not None:
        on, why = require_day(arguments.on, "--on"), require_reason(arguments.why, "--why")
        outcome = report_outcome(
            officer_session, arguments.referral, arguments.lead, OutcomeKind(arguments.kind), on, why
        )
        print(f"outcome {outcome.outcome_id[-6:]}: lead {format_lead_number(outcome.lead_id)}, {outcome.kind}")
    if arguments.out is not None:
        _write(arguments.out, sign_outcomes_note(officer_session, arguments.referral))
    return 0


def _recall(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.match.outputs import check_one  # noqa: PLC0415
    from sightline.services.referrals import force_notes, import_package  # noqa: PLC0415

    check_one(arguments.receipt, (), overwrite=False)
    note = force_notes.read_file(arguments.file)
    _, row, receipt = import_package.take_recall(start_session(arguments), note, arguments.file.read_bytes())
    print(
        f"{row.number}: {count_noun(len(note.facts['leads']), 'lead is', 'leads are')}"
        f" recalled: {force_notes.read_text_field(note, 'why')}"
    )
    _write(arguments.receipt, receipt)
    return 0


def _purge_incoming(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.referrals.incoming_views import purge_referral  # noqa: PLC0415

    gone = purge_referral(start_session(arguments), arguments.referral, require_reason(arguments.why, "--why"))
    print(f"{gone.number}: destroyed, {count_noun(gone.leads, 'lead')}")
    return 0


def _write(path: Path, data: bytes) -> None:
    from sightline.cli.lists.file_output import write_small  # noqa: PLC0415

    write_small(path, data.decode(), mode=0o600, overwrite=False)
    sys.stderr.write(f"written: {path}; send it to the force that referred\n")
