"""`sightline referrals fetch`, `confirm`, `record-outcome`: acts of an officer of the receiving force."""

from __future__ import annotations

import argparse
from pathlib import Path

from sightline.cli.subcommands import Parsers, add_command, add_why
from sightline.model import OutcomeKind
from sightline.model.short_ids import format_lead_number

EXAMPLES = {
    "fetch": '  sightline referrals fetch "KA-CYBER 1" --out ka-cyber-1.age  # the ledger has it first\n',
    "confirm": """\
  sightline referrals confirm "KA-CYBER 1"  # once the package was fetched and opened
  sightline referrals confirm "KA-CYBER 1" --recall 7QX2AB  # that a recall of it was read
""",
    "record-outcome": """\
  sightline referrals record-outcome "KA-CYBER 1" --lead 4cedfc69 --kind innocent --on 2026-07-01 \\
      --why "open Wi-Fi of a shop"
""",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    fetch = add_command(verbs, "fetch", "fetch the package for your force", EXAMPLES["fetch"])
    fetch.add_argument("--out", type=Path, required=True, metavar="FILE.age", help="where it goes")
    confirm = add_command(
        verbs, "confirm", "confirm that your force has the package, or has read its recall", EXAMPLES["confirm"]
    )
    confirm.add_argument("--recall", metavar="ID", help="the recall, by its id or the end of it")
    result = add_command(verbs, "record-outcome", "report your force's outcome of a lead", EXAMPLES["record-outcome"])
    result.add_argument(
        "--lead", required=True, metavar="ID", help="the lead, by its number or id, or the beginning of the id"
    )
    result.add_argument(
        "--kind", required=True, choices=[outcome_kind.value for outcome_kind in OutcomeKind], help="what was found"
    )
    result.add_argument("--on", required=True, metavar="DATE", help="the day on which it was found, as 2026-07-01")
    add_why(result)
    for here in (fetch, confirm, result):
        here.add_argument("referral", metavar="ID", help="its number, its id, or the end of it")


def run(arguments: argparse.Namespace) -> int:
    """Take, confirm, or tell: each act is signed with the officer's own key in the unit's ledger."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    officer_session = start_session(arguments)
    if arguments.verb == "fetch":
        from sightline.services.referrals import export  # noqa: PLC0415

        package = export.fetch_package(officer_session, arguments.referral, arguments.out)
        print(
            f"{package.path}  SHA-256 {package.packed.sealed_sha256}, of the bag in it {package.packed.package_sha256}"
        )
        return 0
    from sightline.casework.forces import partner_referrals  # noqa: PLC0415

    if arguments.verb == "record-outcome":
        from sightline.casework.forces.referrals import ReferralOutcomeForm  # noqa: PLC0415
        from sightline.casework.input_checks import require_day, require_reason  # noqa: PLC0415

        kind, on = OutcomeKind(arguments.kind), require_day(arguments.on, "--on")
        form = ReferralOutcomeForm(arguments.lead, kind, on, why=require_reason(arguments.why, "--why"))
        (outcome,) = partner_referrals.record_outcomes(officer_session, arguments.referral, [form])
        print(f"outcome {outcome.outcome_id[-6:]}: lead {format_lead_number(outcome.lead_id)}, {outcome.kind}")
    elif arguments.recall is not None:
        referral_recall = partner_referrals.confirm_recall(officer_session, arguments.referral, arguments.recall)
        print(f"the recall {referral_recall.recall_id[-6:]}: confirmed that it was read")
    else:
        referral = partner_referrals.accept(officer_session, arguments.referral)
        print(f"{referral.number}: {referral.state}")
    return 0
