"""`sightline leads diff`: what a rebuild changed, and why."""

from __future__ import annotations

import argparse
import json
import sys

from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.errors import UsageError
from sightline.message_text import count_noun

EXAMPLES = """\
  sightline leads diff  # the current generation against the one before
  sightline leads diff 3 5 --leads  # two generations, lead by lead
"""


CAUSES = 8
"""How many causes stand on a terminal."""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "diff", "show what a rebuild changed, and why", EXAMPLES)
    here.add_argument("older", nargs="?", type=int, metavar="OLDER", help="number (default: the one before)")
    here.add_argument("newer", nargs="?", type=int, metavar="NEWER", help="number (default: the current one)")
    here.add_argument("--leads", action="store_true", help="each lead that changed, with the rules that did it")
    add_json(here)


def run(arguments: argparse.Namespace) -> int:
    """Compare two generations."""
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import format_columns  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415
    from sightline.services.leads.generation_difference import compare_generations  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(Action.LEADS_VIEW, "leads:all", JournalVerb.VIEW_LEADS):
        pass
    with open_generation(officer_session.workspace, arguments.newer) as newer:
        number = newer.generation.number - 1 if arguments.older is None else arguments.older
        if number < 1:
            raise UsageError(
                "there is only one generation of leads, so nothing to compare", hint="rebuild after a change"
            )
        with open_generation(officer_session.workspace, number) as older:
            result = compare_generations(older, newer)
    if arguments.json:
        more = {"leads": result.leads.to_dicts()} if arguments.leads else {}
        sys.stdout.write(json.dumps(result.count_totals() | more, ensure_ascii=False) + "\n")
        return 0
    print(f"generation {result.newer} against {result.older}")
    for cause in result.causes[:CAUSES]:
        print(f"  because {cause}")
    if len(result.causes) > CAUSES:
        print(f"  and {count_noun(len(result.causes) - CAUSES, 'more cause')}: --json has them all")
    print(f"  leads: {result.added:,} new, {result.gone:,} gone, {result.moved:,} with another id now")
    rows = [("LEADS", "WHAT", "WAS", "NOW")]
    rows += [(f"{count:,}", what, was or "none", now or "none") for what, was, now, count in result.changes.iter_rows()]
    sys.stdout.write("".join(f"  {line}\n" for line in format_columns(rows)))
    if arguments.leads:
        lines = [tuple(str(cell or "") for cell in row) for row in result.leads.iter_rows()]
        sys.stdout.write(
            "".join(f"{line}\n" for line in format_columns([("LEAD", "CHANGE", "WHAT", "WAS", "NOW", "RULES"), *lines]))
        )
    return 0
