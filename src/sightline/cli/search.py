"""`sightline search`: do we know this? One question over the whole workspace."""

from __future__ import annotations

import argparse
import json
import sys

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.errors import UsageError

DESCRIPTION = """\
Search everything that your role may see: leads (an address, an id), subscribers (a number, found by its keyed id
without opening anything), indicators (a flagged site, or an id), cases, notices, requests and referrals of forces,
operations, exhibits (the beginning of a SHA-256, a name), notes about leads, forces, ISPs, flag lists, sources and
officers. The journal stores every search with its text.
"""
EXAMPLES = """\
  sightline search 203.0.113.7
  sightline search 9847012345  # a number, as replies are read: with or without +91
  sightline search "board[.]example/rooms"
  sightline search 4cedfc69 --json
"""


JSON_KEYS = ("kind", "id", "text", "detail")
"""The parts of a finding that `--json` writes."""


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = add_command(
        commands, "search", "do we know this? one question over the whole workspace", EXAMPLES, DESCRIPTION
    )
    here.add_argument("text", metavar="TEXT", help="an address, a number, a name, an id, what is flagged")
    here.add_argument("--limit", type=int, default=20, metavar="N", help="the maximum number of each kind (default 20)")
    add_json(here)
    add_officer_options(here)


def run(arguments: argparse.Namespace) -> int:
    """Search, and tell what was found."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import format_columns  # noqa: PLC0415
    from sightline.services.search.search import search_workspace  # noqa: PLC0415

    if not 1 <= arguments.limit <= 1000:
        raise UsageError(f"--limit {arguments.limit}", hint="from 1 to 1,000")
    search_result = search_workspace(start_session(arguments), arguments.text, arguments.limit)
    if arguments.json:
        sys.stdout.write(
            "".join(
                json.dumps({name: getattr(finding, name) for name in JSON_KEYS}, ensure_ascii=False) + "\n"
                for finding in search_result.findings
            )
        )
    elif search_result.findings:
        rows = [
            ("KIND", "WHAT", "DETAIL"),
            *((finding.kind.value, finding.text, finding.detail) for finding in search_result.findings),
        ]
        print("\n".join(format_columns(rows)))
    through = ", ".join(search_result.looked_through) or "nothing"
    if not search_result.findings:
        sys.stderr.write(f"nothing is known; looked through: {through}\n")
    for kind in search_result.left_off:
        sys.stderr.write(f"there are more of kind {kind}: --limit N\n")
    return 0
