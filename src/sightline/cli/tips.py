"""`sightline tips read`: referrals that name an address and a time themselves, as sessions under their ceilings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.options import add_results, add_times
from sightline.cli.subcommands import Parsers, add_command, add_verbs
from sightline.cli.terminal_text import escape_text
from sightline.cli.tip_imports import add_import, run_import
from sightline.cli.tip_summary import print_summary
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.services.tips.request import TipRequest

KINDS = ("auto", "cybertip-json", "cybertip-xml", "case-json", "sheet", "p2p")

DESCRIPTION = """\
Read tips: referrals that name an address and a time themselves, so that you need no list. Sightline reads CyberTipline
reports (JSON, XML), referral spreadsheets (XLSX, CSV), captures of peer-to-peer networks (CSV), and zips of them. Each
row of the output is one session of one line. It has the place of each event in the file, and the ceiling: the most
that the evidence can show. A value that a spreadsheet mangled is refused with its row, never repaired.
"""

EXAMPLES = """\
  sightline tips read report.json --source "NCMEC CyberTipline" --authority "GD 12 of 6.6.2026"
      # sessions as JSON lines on standard output, the account on standard error
  sightline tips read referral.xlsx --source "Interpol" --authority "letter 7/2026" --timezone Asia/Kolkata \\
      --out sessions.csv
      # date cells of a spreadsheet name no zone: declare it, or the ceiling is time-unproven
  sightline tips read list.csv --columns address=IP,port=Port,time=Seen --date-order dmy --source S --authority A
  sightline tips read capture.csv --kind p2p --source S --authority A
  sightline tips read reports.zip --source S --authority A --rejects rejects.jsonl --summary account.json

a trial: the source and the authority are what you say they are, and no workspace imports the result.
"""


OF_MESSAGES = """\
Write a sheet for a message that no program can read for certain: an e-mail, a text, a PDF. A child process looks for
addresses in an e-mail (.eml, .msg), a PDF or a text, with the times and accounts of their lines. Each is a proposal.
Compare it with the message and answer yes or no; correct what is wrong, and add a row for each connection that is
missing. From then on its leads say that an officer confirmed or typed it.
"""
TRANSCRIBE = """\
  sightline tips transcribe mail.eml --out mail.csv
      # then answer in each row: yes or no
  sightline tips import mail.csv --original mail.eml --source NCMEC --authority "GD 12 of 6.6.2026"
"""


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    summary = "tips, which name an address and a time themselves: read, import, transcribe"
    verbs = add_verbs(add_command(commands, "tips", summary, EXAMPLES, DESCRIPTION))
    here = add_command(verbs, "read", "read tips: referrals that name an address and a time", EXAMPLES, DESCRIPTION)
    here.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a tip, or a zip of tips")
    under = here.add_argument_group("under what it is held")
    under.add_argument("--source", required=True, metavar="NAME", help="who sent the referral")
    under.add_argument("--authority", required=True, metavar="TEXT", help="the authority under which you hold it")
    add_reading(here)
    add_results(here, "sessions: FILE.jsonl or .csv")
    add_import(verbs)
    _add_transcribe(verbs)


def _add_transcribe(verbs: Parsers) -> None:
    here = add_command(
        verbs, "transcribe", "write a sheet of the connections in a message, for you to answer", TRANSCRIBE, OF_MESSAGES
    )
    here.add_argument(
        "file", type=Path, metavar="FILE", help="a message (.eml, .msg), a PDF, a text, or a file that you type from"
    )
    here.add_argument("--out", type=Path, required=True, metavar="SHEET", help="a new file: CSV")


def add_reading(here: argparse.ArgumentParser) -> None:
    """Options that declare what the tips do not say themselves."""
    reading = here.add_argument_group("what the tips do not say themselves")
    reading.add_argument(
        "--kind", choices=KINDS, default="auto", help="what it is (default: detected from its content)"
    )
    reading.add_argument(
        "--columns",
        metavar="FIELD=HEADING,...",
        help="which column holds which field; #3 is the third column of a table without headings",
    )
    reading.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook (default: all visible ones that fit)")
    add_times(reading)
    reading.add_argument(
        "--exercise",
        action="store_true",
        help="an exercise: documentation addresses count as public; every row says so",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, tell the account, and give the exit code."""
    if arguments.verb == "import":
        return run_import(arguments)
    if arguments.verb == "transcribe":
        return _transcribe(arguments)
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.services.tips import pipeline  # noqa: PLC0415

    request = build_request(arguments)
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json), noun="events") as watch:
        summary = pipeline.read_tips(request, watch)
    if arguments.json:
        sys.stderr.write(summary.to_json() + "\n")
    elif not arguments.quiet:
        print_summary(summary, sys.stderr)
    return summary.choose_exit_code(arguments.max_rejects)


def _transcribe(arguments: argparse.Namespace) -> int:
    from sightline.services.tips.transcribe import transcribe_message  # noqa: PLC0415

    message = transcribe_message(arguments.file, arguments.out)
    message_findings, out = message.findings, sys.stderr
    out.write(f"{message_findings.kind:<8} {escape_text(str(arguments.file))}  SHA-256 {message.sha256}\n")
    if message_findings.fault:
        out.write(f"         {escape_text(message_findings.fault)}: type what is there\n")
    out.write(
        f"         {count_noun(len(message_findings.candidates), 'address', 'addresses')} found; each is a proposal\n"
    )
    if message_findings.times:
        out.write(
            f"         {count_noun(message_findings.times, 'line')} with a time and no address: look whose it is\n"
        )
    if message_findings.attachments:
        out.write(f"         {count_noun(message_findings.attachments, 'attachment')}, not opened\n")
    if message_findings.unread and message_findings.kind == "PDF":
        out.write(
            f"         {count_noun(message_findings.unread, 'page')} without text, such as a scan: type what is there\n"
        )
    elif message_findings.unread:
        out.write("         its text is RTF only, which is not read: type what is there\n")
    out.write(f"sheet    {escape_text(str(arguments.out))}: answer yes or no in each row, and type what is missing;\n")
    out.write(f"         then: sightline tips import SHEET --original {escape_text(str(arguments.file))}\n")
    return 0


def build_request(arguments: argparse.Namespace) -> TipRequest:
    """The request that the arguments make; nothing is opened yet."""
    from sightline.services.match.request import Outputs  # noqa: PLC0415
    from sightline.services.tips.request import TipRequest  # noqa: PLC0415

    return TipRequest(
        files=tuple(arguments.files),
        source=arguments.source,
        authority=arguments.authority,
        kind=arguments.kind,
        columns=arguments.columns,
        sheet=arguments.sheet,
        timezone=arguments.timezone,
        year=arguments.year,
        date_order=arguments.date_order,
        clock_uncertainty_s=arguments.clock_uncertainty,
        exercise=arguments.exercise,
        outputs=Outputs(arguments.out, arguments.rejects, arguments.summary, overwrite=arguments.overwrite),
    )
