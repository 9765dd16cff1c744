"""`sightline leads list-groups`: leads to be looked at together, with what is known of them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from sightline.cli.leads.filters import add_filters, build_filter_expression
from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.cli.terminal_text import escape_text
from sightline.message_text import count_noun
from sightline.model.short_ids import format_lead_number

EXAMPLES = """\
  sightline leads list-groups  # the most serious first; those of several leads say what joins them
  sightline leads list-groups --several --limit 20  # only those of several leads
  sightline leads list-groups --json  # one group a line, with the ids of its leads
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(
        verbs,
        "list-groups",
        "list groups of leads by account, address, file and subscriber, the most serious first",
        EXAMPLES,
    )
    add_filters(here)
    here.add_argument("--several", action="store_true", help="only groups of two leads or more")
    here.add_argument("--limit", type=int, default=None, metavar="N", help="the maximum number of groups (default 50)")
    add_json(here)


def run(arguments: argparse.Namespace) -> int:
    """List groups of leads."""
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import format_columns  # noqa: PLC0415
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415
    from sightline.services.lead_groups.groups import group_leads  # noqa: PLC0415

    condition = build_filter_expression(arguments)
    if arguments.limit is not None and arguments.limit < 1:
        raise UsageError(f"--limit {arguments.limit}: at least one group", hint="leave it out for the first fifty")
    officer_session = start_session(arguments)
    with officer_session.read(Action.LEADS_VIEW, "leads:all", JournalVerb.VIEW_LEADS):
        pass
    with open_generation(officer_session.workspace) as leads:
        groups = group_leads(officer_session.workspace, leads, condition)
    result = [lead_group for lead_group in groups if len(lead_group.lead_ids) > 1] if arguments.several else groups
    now = officer_session.clock()
    if arguments.json:
        shown_groups = result if arguments.limit is None else result[: arguments.limit]
        sys.stdout.write(
            "".join(json.dumps(lead_group.to_json(now), ensure_ascii=False) + "\n" for lead_group in shown_groups)
        )
        return 0
    shown_groups = result[: arguments.limit or 50]
    rows: list[tuple[str, ...]] = [
        ("FIRST LEAD", "LEADS", "BAND", "CEILING", "JOINED BY", "AGE", "ISP KEEPS", "CASES", "KNOWN")
    ]
    rows += [
        _build_row(lead_group.to_json(now), [force.describe() for force in lead_group.forces])
        for lead_group in shown_groups
    ]
    sys.stdout.write("".join(f"{line}\n" for line in format_columns(rows)))
    joined = sum(len(lead_group.lead_ids) for lead_group in groups if len(lead_group.lead_ids) > 1)
    several = sum(len(lead_group.lead_ids) > 1 for lead_group in groups)
    sys.stderr.write(
        f"{count_noun(several, 'group')} of several leads, with {joined:,} leads in them; a group is no person\n"
    )
    if len(result) > len(shown_groups):
        sys.stderr.write(f"{len(result) - len(shown_groups):,} more: --limit N, or --json\n")
    return 0


def _build_row(group: dict[str, object], forces: Sequence[str]) -> tuple[str, ...]:
    names = ("leads", "joined_by", "cases", "outcomes", "devices", "firs")
    leads, joined, cases, outcomes, devices, firs = (_to_texts(group[name]) for name in names)
    known = [*outcomes, *forces, *(f"file on {device}" for device in devices)]
    known += [f"stated FIR {escape_text(fir)}" for fir in firs]
    left = int(str(group["days_left"]))
    return (
        format_lead_number(leads[0]),
        f"{len(leads):,}",
        str(group["priority"]),
        str(group["ceiling"]),
        ", ".join(joined) or "-",
        f"{group['age_days']} days",
        f"{left:,} days more" if left >= 0 else "may be deleted",
        ", ".join(cases) or "-",
        "; ".join(known) or "-",
    )


def _to_texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(item) for item in value]
