"""`sightline operations report`: the board of an operation as PDF/A, with map and charts, in three languages."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli.subcommands import Parsers, add_command

EXAMPLES = """\
  sightline operations report "P-Hunt 7" --out report.pdf
  sightline operations report "P-Hunt 7" --language ml --out report-ml.pdf --overwrite
"""
LANGUAGES = ("en", "hi", "ml")


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(
        verbs, "report", "write the result of an operation as PDF/A, without names and addresses", EXAMPLES
    )
    here.add_argument("operation", metavar="OPERATION", help="its name, its id, or the end of it")
    here.add_argument("--out", type=Path, required=True, metavar="FILE.pdf", help="where to write it")
    here.add_argument("--language", choices=LANGUAGES, default="en", help="English, Hindi or Malayalam (default en)")
    here.add_argument("--overwrite", action="store_true", help="replace a file that exists already")


def run(arguments: argparse.Namespace) -> int:
    """Write the report."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.evidence.documents.document_facts import Language  # noqa: PLC0415
    from sightline.services.operations.report import write_report  # noqa: PLC0415

    officer_session, language = start_session(arguments), Language(arguments.language)
    digest = write_report(officer_session, arguments.operation, arguments.out, language, overwrite=arguments.overwrite)
    print(f"{arguments.out}  SHA-256 {digest}")
    sys.stderr.write("an officer of law must confirm the text before it is used\n")
    return 0
