"""`sightline tips import`: tips into the workspace, under a recorded referral."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sightline.cli.officer_options import add_officer_options
from sightline.cli.options import add_times, parse_percent
from sightline.cli.subcommands import Parsers, add_command
from sightline.cli.terminal_text import escape_text
from sightline.cli.tip_summary import format_exhibit_lines
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.services.tip_import.import_tips import ImportedTip, TipImport
    from sightline.services.tip_import.request import TipImportRequest

MAX_LISTED = 20
"""How many files, reports and failures are listed; the others are counted. `--json` has all."""

DESCRIPTION = """\
Import tips into the workspace: each file becomes an exhibit, and each connection that it states becomes a row of a
sealed segment, from which "sightline leads rebuild" makes leads. This takes a source of kind tip and an authority of
kind referral. Only the fields on a documented list are kept, never a narrative or a picture. The same file again
changes nothing. A newer version of a report replaces the older one. A bad file stops no other file.
"""

EXAMPLES = """\
  sightline tips import downloads/ --source NCMEC --authority "GD 12 of 6.6.2026" --dry-run
      # a folder, with the folders in it: shows what would be imported; attachments are counted and not opened
  sightline tips import downloads/ --source NCMEC --authority "GD 12 of 6.6.2026"
  sightline tips import more.csv --source NCMEC --authority "GD 12 of 6.6.2026" --adds
      # further connections of reports that were imported: both files count
  sightline tips import mail.csv --original mail.eml --source NCMEC --authority "GD 12 of 6.6.2026"
      # a sheet of "tips transcribe", once each row has an answer; the message is held as an exhibit too
"""


def add_import(verbs: Parsers) -> None:
    """Add the parser of `tips import`."""
    here = add_command(verbs, "import", "import tips into the workspace, under a referral", EXAMPLES, DESCRIPTION)
    here.add_argument("paths", nargs="+", type=Path, metavar="FILE|DIR", help="a tip, a zip of tips, or a folder")
    under = here.add_argument_group("under what it is held")
    under.add_argument("--source", required=True, metavar="S", help="the sender, a source of kind tip: its name or id")
    under.add_argument("--authority", required=True, metavar="A", help="the referral: its number or id")
    reading = here.add_argument_group("what the tips do not say themselves, where it differs from the source")
    kinds = ("auto", "cybertip-json", "cybertip-xml", "case-json", "sheet", "p2p")
    reading.add_argument("--kind", choices=kinds, default="auto", help="what they are (default: by their content)")
    reading.add_argument(
        "--columns", metavar="FIELD=HEADING,...", help="which column holds which field; @FILE: as saved in a file"
    )
    reading.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook (default: all visible ones that fit)")
    add_times(reading)
    reading.set_defaults(clock_uncertainty=None)
    reading.add_argument("--timezone-basis", metavar="TEXT", help="what that zone rests on")
    reading.add_argument("--clock-measured", metavar="TEXT", help="how the uncertainty was measured")
    reading.add_argument(
        "--original", type=Path, metavar="FILE", help="the message of which the one sheet is a transcription"
    )
    doing = here.add_argument_group("doing it")
    doing.add_argument("--adds", action="store_true", help="reports add to earlier versions, and replace none")
    doing.add_argument("--dry-run", action="store_true", help="read everything, show the account, and store nothing")
    doing.add_argument("--json", action="store_true", help="the account as JSON on standard output")
    doing.add_argument(
        "--max-rejects", type=parse_percent, default=1.0, metavar="P", help="exit 1 above P percent rejects (default 1)"
    )
    doing.add_argument("--quiet", action="store_true", help="no progress bar and no account")
    add_officer_options(here)


def run_import(arguments: argparse.Namespace) -> int:
    """Import, tell the account, and give the exit code."""
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.tip_import.import_tips import import_tips  # noqa: PLC0415
    from sightline.services.tip_import.summary import choose_exit_code, to_json  # noqa: PLC0415

    officer_session = start_session(arguments)
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json), noun="connections") as watch:
        tips = import_tips(officer_session, build_request(arguments), watch)
    if arguments.json:
        sys.stdout.write(json.dumps(to_json(tips), ensure_ascii=False) + "\n")
    elif not arguments.quiet:
        print_import(tips, sys.stderr, is_dry=arguments.dry_run)
    return choose_exit_code(tips, arguments.max_rejects)


def build_request(arguments: argparse.Namespace) -> TipImportRequest:
    """Return the request that the arguments make; nothing is opened yet."""
    from sightline.services.tip_import.request import TipImportRequest  # noqa: PLC0415

    return TipImportRequest(
        paths=tuple(arguments.paths),
        source=arguments.source,
        authority=arguments.authority,
        kind=arguments.kind,
        columns=arguments.columns,
        sheet=arguments.sheet,
        timezone=arguments.timezone,
        timezone_basis=arguments.timezone_basis,
        year=arguments.year,
        date_order=arguments.date_order,
        clock_uncertainty_s=arguments.clock_uncertainty,
        clock_measured=arguments.clock_measured,
        adds=arguments.adds,
        dry_run=arguments.dry_run,
        original=arguments.original,
    )


def print_import(done: TipImport, out: TextIO, *, is_dry: bool) -> None:
    """Write the account of an import."""
    scan = done.context.scan
    out.write(
        f"under    {escape_text(scan.authority.number)}, from {escape_text(scan.source.name)} ({scan.source.use})\n"
    )
    if done.swept:
        out.write(f"swept    {count_noun(done.swept, 'unfinished import')}: the files left behind are removed\n")
    for tip in done.read[:MAX_LISTED]:
        out.write("".join(_format_tip(tip)))
    _write_more(len(done.read), "file", out)
    for each in done.failed[:MAX_LISTED]:
        out.write(f"failed   {escape_text(each.path)}: {escape_text(each.what)}\n")
    _write_more(len(done.failed), "failed file", out)
    for report in done.replaced[:MAX_LISTED]:
        out.write(
            f"newer    report {escape_text(report.report)}: +{report.added:,} -{report.dropped:,} connections;"
            f" it replaces the version in exhibit {report.old_exhibit[:12]}\n"
        )
    _write_more(len(done.replaced), "replaced report", out)
    for path, other in done.copies:
        out.write(f"copy     {escape_text(path)}: the same bytes as {escape_text(other)}, read once\n")
    if done.known:
        out.write(f"known    {count_noun(len(done.known), 'file')}: imported before; nothing was changed\n")
    if attachments := done.tip_files.attachments:
        kinds = ", ".join(f"{count:,} {escape_text(kind)}" for kind, count in sorted(attachments.items()))
        out.write(f"ignored  {count_noun(attachments.total(), 'other file')}, not opened: {kinds}\n")
    rows = sum(tip.rows for tip in done.read)
    what = "would be imported; nothing was stored" if is_dry else "imported; make leads: sightline leads rebuild"
    out.write(f"tips     {count_noun(len(done.read), 'file')}, {count_noun(rows, 'connection')}: {what}\n")


def _write_more(count: int, noun: str, out: TextIO) -> None:
    if count > MAX_LISTED:
        out.write(f"         {count_noun(count - MAX_LISTED, f'more {noun}')}; --json names each\n")


def _format_tip(one: ImportedTip) -> list[str]:
    lines = [*format_exhibit_lines(one.account), f"         {count_noun(one.rows, 'connection')} read\n"]
    for party, count in sorted(one.others.items()):
        lines.append(f"         left out: {count_noun(count, 'connection')} of a {party}: never a lead\n")
    if one.flags:
        flags = ", ".join(f"{count:,} {flag}" for flag, count in one.flags.items())
        lines.append(f"         the report's own words on its connections: {flags}\n")
    if one.low_ports:
        lines.append(f"         {count_noun(one.low_ports, 'port')} below 1024: a server's, and not used\n")
    if one.zoneless:
        lines.append(f"         {count_noun(one.zoneless, 'time')} without a zone: uncertain by 14 hours more\n")
    if one.long_events:
        lines.append(f"         {count_noun(one.long_events, 'event')} longer than a name: not kept\n")
    return lines
