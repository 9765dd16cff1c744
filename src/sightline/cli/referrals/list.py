"""`sightline referrals list`, `show`: where referrals stand, and one with its leads, recalls and outcomes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.message_text import count_noun
from sightline.model.short_ids import format_lead_number

if TYPE_CHECKING:
    from sightline.services.referrals.views import ReferralView

EXAMPLES = {
    "list": "  sightline referrals list\n  # sightline referrals list --to KA-CYBER --json\n",
    "show": '  sightline referrals show "KA-CYBER 1"\n',
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    list_ = add_command(verbs, "list", "list the referrals with their state", EXAMPLES["list"])
    list_.add_argument("--to", metavar="CODE", help="of one force (default: all)")
    show = add_command(verbs, "show", "show one referral with its leads", EXAMPLES["show"])
    show.add_argument("referral", metavar="ID", help="its number, its id, or the end of it")
    for parser in (list_, show):
        add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """List referrals, or show one."""
    return _show_referral(arguments) if arguments.verb == "show" else _list_referrals(arguments)


def _list_referrals(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_minute  # noqa: PLC0415
    from sightline.services.referrals.views import list_referrals  # noqa: PLC0415

    referral_summaries = [
        summary for summary in list_referrals(start_session(arguments)) if arguments.to in {None, summary.force.code}
    ]
    if arguments.json:
        for referral_summary in referral_summaries:
            print(
                as_json(
                    referral_summary.referral, force=referral_summary.force.code, recalled=referral_summary.recalled
                )
            )
        return 0
    rows = [("ID", "NUMBER", "STATE", "LEADS", "RECALLED", "SENT", "RECEIVED")]
    for referral_summary in referral_summaries:
        its = referral_summary.referral
        cells = (
            its.referral_id[-6:],
            its.number,
            its.state.value,
            f"{its.leads:,}",
            f"{referral_summary.recalled or ''}",
        )
        rows.append((*cells, format_minute(its.sent_at_us) or "", format_minute(its.received_at_us) or ""))
    if referral_summaries:
        print("\n".join(format_columns(rows)))
    else:
        sys.stderr.write("no referrals yet: sightline referrals draft\n")
    return 0


def _show_referral(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_fields  # noqa: PLC0415
    from sightline.services.referrals.views import show_referral  # noqa: PLC0415

    referral_view = show_referral(start_session(arguments), arguments.referral)
    if arguments.json:
        leads = [
            dict[str, object](lead_id=lead.lead.lead_id, state=lead.lead.state, ceiling=lead.lead.ceiling.value)
            | {"recalled": lead.recalled, "outcomes": [result.kind.value for result in lead.outcomes]}
            for lead in referral_view.leads
        ]
        print(as_json(referral_view.referral, force=referral_view.force.code, told=leads))
        return 0
    print("\n".join(format_fields(_list_facts(referral_view))))
    rows = [("LEAD", "STATE", "CEILING", "OUTCOME", "RECALLED")]
    for lead in referral_view.leads:
        text = ", ".join(f"{outcome.kind} {outcome.said_on}" for outcome in lead.outcomes)
        rows.append(
            (format_lead_number(lead.lead.lead_id), lead.lead.state, lead.lead.ceiling.value, text, lead.recalled or "")
        )
    print("\n" + "\n".join(format_columns(rows)))
    return 0


def _list_facts(referral_view: ReferralView) -> Iterator[tuple[str, object]]:
    from sightline.cli.table_output import format_minute  # noqa: PLC0415

    its, force_request = referral_view.referral, referral_view.request
    yield "referral", its.referral_id
    yield "number", its.number
    yield "to", f"{referral_view.force.name} ({referral_view.force.code})"
    yield (
        "request",
        f"{force_request.case_number}; {force_request.authority_number}" if force_request else "none: not asked for",
    )
    yield "why", its.why
    yield "case", referral_view.case and referral_view.case.number
    yield "state", its.state.value
    yield (
        "drafted",
        f"{format_minute(its.made_at_us)}{f' by {referral_view.drafted_by}' if referral_view.drafted_by else ''}",
    )
    yield "approval", its.approval_id
    yield (
        "approved",
        its.approved_at_us
        and f"{format_minute(its.approved_at_us)} by {referral_view.approved_by or 'a second officer'}",
    )
    yield "sent", its.sent_at_us and f"{format_minute(its.sent_at_us)}: {its.sent_how}"
    yield "received", format_minute(its.received_at_us)
    yield "leads", f"{its.leads:,} with {count_noun(its.rows, 'row')}"
    yield "left out", ", ".join(f"{count:,} {why}" for why, count in referral_view.left_out.items()) or None
    yield "content", f"SHA-256 {its.content_sha256}"
    for recall in referral_view.recalls:
        yield "recall", f"{recall.recall_id[-6:]}, {format_minute(recall.made_at_us)}: {recall.why}"
