"""`sightline referrals draft`: a referral of what a force may have, and what not, counted by why."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sightline.cli.leads.filters import add_filters, build_filter_expression
from sightline.cli.subcommands import Parsers, add_command, add_json, add_why
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.services.referrals.drafts import ReferralDraftRequest, ReferralPlan
    from sightline.services.referrals.selection import WhyNot

EXAMPLES = """\
  sightline referrals draft --request 7QX2AB --case "FIR 12/2026" --why "their request of 20 May" --dry-run
  sightline referrals draft --request 7QX2AB --case "FIR 12/2026" --why "their request of 20 May"
  sightline referrals draft --to KA-CYBER --case "FIR 12/2026" --why "a child in present danger" --priority urgent
"""
ABOUT = """\
Draft a referral. It contains only leads whose place is agreed or resolved to a requested state; never a lead of an
unknown state, and never a program's. The content is fixed now: the second officer approves exactly that.
"""
ZONE = "Asia/Kolkata"


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "draft", "draft a referral; --dry-run only counts", EXAMPLES, ABOUT)
    here.add_argument("--request", metavar="ID", help="the request that it answers: its id, or the end of it")
    here.add_argument("--to", metavar="CODE", help="the force, of one that nobody asked for")
    here.add_argument("--case", required=True, metavar="NUMBER", help="the own case that holds the records")
    here.add_argument(
        "--lead", action="append", metavar="ID", help="only this lead, by its number or id, or the beginning of the id"
    )
    here.add_argument("--since", metavar="DATE", help="without a request: from this day on, in India")
    here.add_argument("--until", metavar="DATE", help="without a request: up to this day, counted in")
    here.add_argument("--dry-run", action="store_true", help="count only: nothing is drafted, nobody is asked")
    add_why(here, "why it is referred: the second officer and the force read it")
    add_json(here)
    add_filters(here)


def run(arguments: argparse.Namespace) -> int:
    """Plan or draft, and tell it."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.referrals.drafts import draft_referral  # noqa: PLC0415
    from sightline.services.referrals.views import plan_candidates  # noqa: PLC0415

    request = _build_request(arguments)
    officer_session = start_session(arguments)
    if arguments.dry_run:
        return _tell_plan(plan_candidates(officer_session, request), as_json=arguments.json)
    draft_result = draft_referral(officer_session, request)
    referral = draft_result.referral
    if arguments.json:
        facts = {
            "referral_id": referral.referral_id,
            "number": referral.number,
            "leads": referral.leads,
            "rows": referral.rows,
        }
        print(
            json.dumps(
                facts | {"content_sha256": referral.content_sha256, "left_out": _sort_counts(draft_result.left_out)}
            )
        )
        return 0
    print(
        f"{referral.number}: {count_noun(referral.leads, 'lead')} with "
        f"{count_noun(referral.rows, 'row')}, content {referral.content_sha256}"
    )
    sys.stderr.write("".join(f"{line}\n" for line in _format_left_out(draft_result.left_out)))
    sys.stderr.write(f"it waits for its second officer: sightline approve {referral.approval_id}\n")
    return 0


def _build_request(arguments: argparse.Namespace) -> ReferralDraftRequest:
    from sightline.casework.input_checks import parse_instant, require_reason  # noqa: PLC0415
    from sightline.services.referrals.drafts import ReferralDraftRequest  # noqa: PLC0415

    return ReferralDraftRequest(
        arguments.case,
        require_reason(arguments.why, "--why"),
        arguments.request,
        arguments.to,
        build_filter_expression(arguments),
        tuple(arguments.lead or ()),
        arguments.since and parse_instant(arguments.since, "--since", ZONE),
        arguments.until and parse_instant(arguments.until, "--until", ZONE, is_end=True),
    )


def _tell_plan(plan: ReferralPlan, *, as_json: bool) -> int:
    rows = plan.rows.select("segment_id", "index").unique().height
    if as_json:
        ids = list(plan.leads["lead_id"])
        print(json.dumps({"to": plan.force.code, "leads": ids, "rows": rows, "left_out": _sort_counts(plan.left_out)}))
        return 0
    print(f"would go to {plan.force.code}: {count_noun(len(plan.leads), 'lead')} with {count_noun(rows, 'row')}")
    for state, count in sorted(plan.leads["state"].value_counts().iter_rows()):
        print(f"{count:>9,} {state}")
    sys.stderr.write("".join(f"{line}\n" for line in _format_left_out(plan.left_out)))
    return 0


def _sort_counts(left_out: Mapping[WhyNot, int]) -> dict[str, int]:
    return {why.value: count for why, count in sorted(left_out.items())}


def _format_left_out(left_out: Mapping[WhyNot, int]) -> Iterator[str]:
    from sightline.services.referrals.selection import WORDS  # noqa: PLC0415

    for why, words in WORDS.items():
        if count := left_out.get(why):
            yield f"{count:>9,} not: {words}"
