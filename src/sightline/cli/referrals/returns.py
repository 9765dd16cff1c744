"""`sightline referrals import-receipt`, `import-outcome`: what came back from a force, signed by its key."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli.subcommands import Parsers, add_command
from sightline.model.short_ids import format_lead_number

EXAMPLES = {
    "import-receipt": "  sightline referrals import-receipt receipt.json\n",
    "import-outcome": "  sightline referrals import-outcome outcome.json\n",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    for name, summary in (
        ("import-receipt", "import a force's receipt"),
        ("import-outcome", "import a force's outcomes"),
    ):
        here = add_command(verbs, name, summary, EXAMPLES[name])
        here.add_argument("file", type=Path, metavar="FILE.json", help="the note, as the force signed it")


def run(arguments: argparse.Namespace) -> int:
    """Take the note; which kind it is it says itself."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.referrals import force_answers, force_notes  # noqa: PLC0415

    note = force_notes.read_file(arguments.file)
    taken_note = force_answers.register_answer(start_session(arguments), note)
    if taken_note.recall is not None:
        print(f"{taken_note.referral.number}: the recall {taken_note.recall.recall_id[-6:]} was received")
    elif note.kind is force_notes.NoteKind.RECEIPT:
        print(f"{taken_note.referral.number}: {taken_note.referral.state}")
    else:
        for outcome in taken_note.outcomes:
            print(f"outcome {outcome.outcome_id[-6:]}: lead {format_lead_number(outcome.lead_id)}, {outcome.kind}")
        if taken_note.known:
            sys.stderr.write(f"{taken_note.known} recorded already\n")
    return 0
