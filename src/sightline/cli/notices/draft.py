"""`sightline notices draft` and `all`: drafts of what the leads support, and what cannot be asked, counted by why."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.leads.filters import add_filters, build_filter_expression
from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.cli.terminal_text import escape_text
from sightline.model import NoticeKind

if TYPE_CHECKING:
    from sightline.services.notices.drafts import NoticeDraftRequest
    from sightline.services.notices.plan import NoticePlan
    from sightline.storage.rows import Notice

NEW = """\
  sightline notices draft --case "FIR 12/2026" --kind records --dry-run  # what would be asked, and what not
  sightline notices draft --case "FIR 12/2026" --kind records --licensee "Example Broadband" --circle Kerala
  sightline notices draft --case "FIR 12/2026" --kind records --lead 4cedfc69 --lead 9a01
  sightline notices draft --case "FIR 12/2026" --kind records --priority urgent --form our-words.toml
"""
ALL = '  sightline notices draft-all --case "FIR 12/2026" --kind preservation\n'
ABOUT = """\
Draft one notice for each licensee and telecom circle. It asks about leads whose ceiling is subscriber, and about shared
ones by their destination if the licensee keeps destinations; about no others. The second officer is asked at once:
sightline approve.
"""
KINDS = (NoticeKind.PRESERVATION.value, NoticeKind.RECORDS.value)
MOST_NAMED = 5


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    new = add_command(verbs, "draft", "draft notices from leads; --dry-run only counts", NEW, ABOUT)
    everything = add_command(
        verbs, "draft-all", "one notice for each ISP and circle that has askable leads", ALL, ABOUT
    )
    for here in (new, everything):
        here.add_argument("--case", required=True, metavar="NUMBER", help="the case, by number or id")
        here.add_argument("--kind", required=True, choices=KINDS, help="a letter of preservation, or the order")
        here.add_argument(
            "--form", type=Path, metavar="PATH", help="your own wording: FILE.toml, or a folder of such files"
        )
        here.add_argument("--why", default="a notice to be sent", metavar="TEXT", help="what the second officer reads")
        here.add_argument("--dry-run", action="store_true", help="only count: nothing is written and nobody is asked")
        here.add_argument("--quiet", action="store_true", help="no progress bar")
        add_json(here)
    new.add_argument("--licensee", metavar="NAME", help="only this one (default: each)")
    new.add_argument(
        "--lead", action="append", metavar="ID", help="only this lead, by its number or id, or the beginning of the id"
    )
    add_filters(new)


def run(arguments: argparse.Namespace) -> int:
    """Plan, draft, and tell both."""
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.notices.drafts import plan_notices, register_notices  # noqa: PLC0415

    request = _build_request(arguments)
    officer_session = start_session(arguments)
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json), noun="rows") as watch:
        notices = plan_notices(officer_session, request, watch)
    drafted = [] if arguments.dry_run else register_notices(officer_session, notices, request)
    if arguments.json:
        sys.stdout.write(json.dumps(_plan_facts(notices, drafted), ensure_ascii=False) + "\n")
        return 0
    sys.stdout.write("".join(f"{line}\n" for line in _format_plan(notices, drafted)))
    sys.stderr.write("".join(f"{line}\n" for line in _format_left_out(notices)))
    if drafted:
        sys.stderr.write("each waits for its second officer: sightline approve\n")
    return 0


def _build_request(arguments: argparse.Namespace) -> NoticeDraftRequest:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.services.notices.drafts import NoticeDraftRequest  # noqa: PLC0415

    base = NoticeDraftRequest(
        arguments.case, NoticeKind(arguments.kind), form=arguments.form, why=require_reason(arguments.why, "--why")
    )
    if arguments.verb == "draft-all":
        return base
    from dataclasses import replace  # noqa: PLC0415

    from sightline.cli.leads.filters import require_circle  # noqa: PLC0415

    circle = None if arguments.circle is None else require_circle(arguments.circle)
    # A lead of several sessions may lie in several circles: each session goes where it was.
    condition = build_filter_expression(argparse.Namespace(**vars(arguments) | {"circle": None}))
    leads = tuple(arguments.lead or ())
    return replace(base, licensee=arguments.licensee, circle=circle, chosen=condition, leads=leads)


def _format_plan(plan: NoticePlan, drafted: list[Notice]) -> Iterator[str]:
    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    rows = [("NOTICE" if drafted else "", "LICENSEE", "CIRCLE", "ROWS", "SESSIONS", "BY")]
    for at, part in enumerate(plan.parts):
        name = drafted[at].notice_id[-6:] if drafted else "would be"
        by = ", ".join(f"{count:,} {how}" for how, count in part.rows.group_by("asks").len().sort("asks").iter_rows())
        sessions = f"{part.rows['session_id'].n_unique():,}"
        rows.append((name, part.licensee.name, part.circle or "not known", f"{len(part.rows):,}", sessions, by))
    if plan.parts:
        yield from format_columns(rows)
    else:
        yield "nothing to ask: no notice"


def _format_left_out(plan: NoticePlan) -> Iterator[str]:
    from sightline.stages.resolve.questions import WORDS, LeftOutReason  # noqa: PLC0415

    for why in LeftOutReason:
        if count := plan.left_out.whys[why]:
            yield f"{count:>9,} not asked for: {WORDS[why]}"
    for network, count in plan.left_out.networks.most_common(MOST_NAMED):
        yield f"          {count:,} of the network {escape_text(network)}"


def _plan_facts(plan: NoticePlan, drafted: list[Notice]) -> dict[str, object]:
    parts = [
        {
            "notice_id": drafted[at].notice_id if drafted else None,
            "number": drafted[at].number if drafted else None,
            "approval_id": drafted[at].approval_id if drafted else None,
            "licensee": part.licensee.name,
            "circle": part.circle,
            "rows": len(part.rows),
            "sessions": part.rows["session_id"].n_unique(),
        }
        for at, part in enumerate(plan.parts)
    ]
    whys = {why.value: count for why, count in sorted(plan.left_out.whys.items()) if count}
    return {
        "notices": parts,
        "not_asked": whys,
        "networks_without_licensee": dict(plan.left_out.networks.most_common()),
        "generation": plan.generation.number,
    }
