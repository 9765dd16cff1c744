"""`sightline notices export` and `remind`: the letter as PDF/A with its rows as CSV; a reminder of an overdue one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli.notices.mark_sent import add_many, choose_notices
from sightline.cli.subcommands import Parsers, add_command

EXPORT = """\
  sightline notices export 7QX2 --out letters
  sightline notices export 7QX2 --language ml --out letters --overwrite --why "FIR 12/2026: lost in the post"
  sightline notices export 7QX2 K3M9 --out letters
  sightline notices export --all --case "FIR 12/2026" --out letters
      # every approved notice of the case, each in a folder of its own
"""
EXPORT_ABOUT = """\
Write notice.pdf and rows.csv. Both have whole addresses or numbers, and the journal records it. A notice that is not
approved is stamped DRAFT. Rows, words and CSV are those that the second officer approved, by their digests. The first
sending of an approved notice needs no reason. Everything else needs --why: then each number of a notice for subscribers
counts as an identity that you opened, and each lead of a draft as an address.
"""
REMIND = "  sightline notices remind 7QX2 --out letters\n"
LANGUAGES = ("en", "hi", "ml")


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    export = add_command(verbs, "export", "write the notice as PDF/A, and its rows as CSV", EXPORT, EXPORT_ABOUT)
    remind = add_command(verbs, "remind", "write a reminder of a notice whose answer is overdue", REMIND)
    add_many(export, "every approved notice")
    export.add_argument("--why", metavar="TEXT", help="for what, if it is not the first sending of an approved notice")
    remind.add_argument("notice", metavar="ID", help="its id, the end of it, or its number")
    for here in (export, remind):
        here.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder that the files go to")
        here.add_argument(
            "--language", choices=LANGUAGES, default="en", help="English, Hindi or Malayalam (default en)"
        )
        here.add_argument("--overwrite", action="store_true", help="replace files that are there already")


def run(arguments: argparse.Namespace) -> int:
    """Write the files."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.evidence.documents.document_facts import Language  # noqa: PLC0415
    from sightline.services.notices import export as export_module  # noqa: PLC0415

    officer_session, language = start_session(arguments), Language(arguments.language)
    if arguments.verb == "remind":
        print(
            export_module.write_reminder(
                officer_session, arguments.notice, arguments.out, language, overwrite=arguments.overwrite
            )
        )
        return 0
    chosen = choose_notices(officer_session, arguments)
    for text in chosen:
        out = (
            arguments.out
            if len(chosen) == 1 and not arguments.all
            else arguments.out / export_module.name_folder(officer_session, text)
        )
        paths = export_module.export_notice(
            officer_session, text, out, language, arguments.why, overwrite=arguments.overwrite
        )
        print("\n".join(str(path) for path in paths.values()))
    sys.stderr.write("an officer of law must confirm the text before it is signed and sent\n")
    return 0
