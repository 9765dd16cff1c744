"""`sightline referrals publish`, `collect`: files for an exchange, and from one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli.subcommands import Parsers, add_command
from sightline.cli.terminal_text import escape_text

EXAMPLES = {
    "publish": "  sightline referrals publish --to /media/exchange  # sealed packages and recalls, for each force\n",
    "collect": "  sightline referrals collect --from /media/exchange  # receipts, outcomes, requests\n",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    publish = add_command(verbs, "publish", "seal what may be sent into a folder for an exchange", EXAMPLES["publish"])
    publish.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="its folder, or one that is carried")
    collect = add_command(verbs, "collect", "import what forces sent to an exchange", EXAMPLES["collect"])
    collect.add_argument("--from", dest="from_", type=Path, required=True, metavar="FOLDER", help="as above")


def run(arguments: argparse.Namespace) -> int:
    """Write files for the exchange or collect them. Print each refused file; the exit code is then 3."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    officer_session = start_session(arguments)
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.services.referrals import transport  # noqa: PLC0415

    if arguments.verb == "publish":
        if not arguments.to.is_dir():
            raise UsageError(f"{arguments.to} is not a folder", hint="make it first")
        publish_result = transport.publish_referrals(officer_session, arguments.to)
        lines = [
            *publish_result.written,
            *(f"{number}: taken away, for it is recalled" for number in publish_result.taken_away),
        ]
        refused = [(number, str(error)) for number, error in publish_result.refused]
    else:
        collect_result = transport.collect_answers(officer_session, arguments.from_)
        lines = [
            f"{note.referral.number}: {_format_outcome(len(note.outcomes), is_recall=note.recall is not None)}"
            for note in collect_result.taken
        ]
        lines += [
            f"request {force_request.request_id[-6:]}: {force_request.case_number}"
            for force_request in collect_result.requests
        ]
        lines += [f"{collect_result.known} known already"] if collect_result.known else []
        refused = collect_result.refused
    print("\n".join(escape_text(line) for line in lines) or "nothing new")
    sys.stderr.write("".join(f"refused: {escape_text(name)}: {escape_text(why)}\n" for name, why in refused))
    return 3 if refused else 0


def _format_outcome(outcomes: int, *, is_recall: bool) -> str:
    if outcomes:
        return f"{outcomes} outcomes"
    return "receipt of a recall" if is_recall else "receipt"
