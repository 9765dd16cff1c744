"""`sightline devices`: import manifests and browser histories of seized devices, and show what they hold."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.cli.officer_options import add_officer_options
from sightline.cli.options import add_times, parse_percent
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs
from sightline.cli.terminal_text import escape_text
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.services.device_import.import_devices import DeviceImport
    from sightline.services.scan.request import ScanRequest

DESCRIPTION = """\
Match what was taken from a seized device with the flag lists: manifests of its files (sha256sum, md5sum, hashdeep,
Get-FileHash, certutil, CSV, Project VIC) and histories of browsers (databases of Chrome, Firefox and Safari, CSV, or
Google Takeout), in UTF-8 or UTF-16. NSRL's known files say which flagged files are published software.
This takes a source of kind seized-device. Only what matches is stored. No lead comes of it: a finding shows what the
device did, and never who used it. The same file again changes nothing. A file that cannot be read stops no other.
"""
IMPORT = """\
  sightline devices import evidence/phone --source phone --authority "SM 4/2026" --made-at 2026-07-31T12:34:56+05:30
      # a folder: each manifest and each history in it; --made-at says when the manifests were made
  sightline devices import History places.sqlite --source laptop --authority "SM 4/2026" --dry-run
"""
LIST = "  sightline devices list\n"
SHOW = "  sightline devices show 4cedfc69\n"
EXTRACT = """\
  sightline devices extract History --out visits.csv
      # the visits of a database as an import reads them, byte for byte: what is verified against
  sightline devices extract hashes.txt --out hashes.csv
      # the same of text in UTF-16, of certutil or openssl, of tabs or NUL, and of a history with bare times
"""
MANY = 20


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    summary = "seized devices: import manifests and browser histories, show what matched"
    verbs = add_verbs(add_command(commands, "devices", summary, IMPORT + LIST + SHOW + EXTRACT))
    _add_import(verbs)
    listing = add_command(verbs, "list", "list the exhibits of devices with what matched", LIST)
    showing = add_command(verbs, "show", "show each match in one exhibit of a device", SHOW)
    showing.add_argument("exhibit", metavar="SHA256", help="the digest, or its beginning")
    for parser in (listing, showing):
        add_json(parser)
        add_officer_options(parser)
    extracting = add_command(verbs, "extract", "write the lines of a file as an import reads them", EXTRACT)
    extracting.add_argument(
        "file", type=Path, metavar="FILE", help="a browser's database, or text that an import rewrites"
    )
    extracting.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file")


def _add_import(verbs: Parsers) -> None:
    here = add_command(verbs, "import", "match manifests and browser histories of a device", IMPORT, DESCRIPTION)
    here.add_argument("paths", nargs="+", type=Path, metavar="FILE|DIR", help="a manifest, a history, or a folder")
    under = here.add_argument_group("under what it is held")
    under.add_argument("--source", required=True, metavar="S", help="the device, a source of kind seized-device")
    under.add_argument("--authority", required=True, metavar="A", help="the seizure: its number or id")
    here.add_argument(
        "--list",
        action="append",
        default=[],
        type=Path,
        dest="lists",
        metavar="FILE",
        help="a signed list; may be repeated (default: the current ones of the workspace)",
    )
    here.add_argument("--yes", action="store_true", help="let a newer version take the place of a list")
    reading = here.add_argument_group("what the files do not say themselves")
    reading.add_argument(
        "--made-at", type=datetime.fromisoformat, metavar="TIME", help="when the manifests were made, with its zone"
    )
    add_times(reading)
    reading.set_defaults(clock_uncertainty=None)
    reading.add_argument("--timezone-basis", metavar="TEXT", help="what that zone rests on")
    reading.add_argument("--clock-measured", metavar="TEXT", help="how the uncertainty was measured")
    doing = here.add_argument_group("doing it")
    doing.add_argument("--dry-run", action="store_true", help="show what would be read, and store nothing")
    doing.add_argument("--json", action="store_true", help="the account as JSON on standard output")
    doing.add_argument(
        "--max-rejects", type=parse_percent, default=1.0, metavar="P", help="exit 1 above P percent rejects (default 1)"
    )
    doing.add_argument("--quiet", action="store_true", help="no progress bar and no account")
    add_officer_options(here)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    verbs = {"import": _import, "list": _list_findings, "show": _show_findings, "extract": _extract}
    return verbs[arguments.verb](arguments)


def _import(arguments: argparse.Namespace) -> int:
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.scan import choose_agreement  # noqa: PLC0415
    from sightline.services.device_import.import_devices import choose_exit_code, import_devices  # noqa: PLC0415
    from sightline.services.scan.summary import summarise_scan  # noqa: PLC0415

    session = start_session(arguments)
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json)) as watch:
        device_import = import_devices(
            session, arguments.paths, _build_request(arguments), watch, choose_agreement(is_given=arguments.yes)
        )
    summaries = (
        [] if arguments.dry_run else [summarise_scan(session.workspace, outcome) for outcome in device_import.scans]
    )
    if arguments.json:
        scans = [json.loads(scan_summary.to_json()) for scan_summary in summaries]
        sys.stdout.write(json.dumps(_describe_files(device_import) | {"scans": scans}, ensure_ascii=False) + "\n")
    elif not arguments.quiet:
        _print_import(device_import, summaries, is_dry=arguments.dry_run)
    codes = [scan_summary.choose_exit_code(arguments.max_rejects) for scan_summary in summaries]
    return choose_exit_code(device_import) or max(codes, default=0)


def _build_request(arguments: argparse.Namespace) -> ScanRequest:
    from sightline.services.scan.request import ScanRequest  # noqa: PLC0415

    return ScanRequest(
        logs=(),
        source=arguments.source,
        authority=arguments.authority,
        lists=tuple(arguments.lists),
        timezone=arguments.timezone,
        timezone_basis=arguments.timezone_basis,
        year=arguments.year,
        date_order=arguments.date_order,
        made_at=arguments.made_at,
        clock_uncertainty_s=arguments.clock_uncertainty,
        clock_measured=arguments.clock_measured,
        dry_run=arguments.dry_run,
    )


def _describe_files(device_import: DeviceImport) -> dict[str, Any]:
    return {
        "databases": [
            {"path": path, "sha256": extract.sha256, "visits": extract.lines, "wal_bytes": extract.wal_bytes}
            for path, extract in device_import.extracted.items()
            if extract.extraction == "database"
        ],
        "extracted": [
            {"path": path, "sha256": extract.sha256, "lines": extract.lines, "of": extract.extraction}
            for path, extract in device_import.extracted.items()
            if extract.extraction != "database"
        ],
        "failed": [
            {"path": failed_file.path, "what": failed_file.what, "exit_code": failed_file.exit_code}
            for failed_file in device_import.failed
        ],
        "left_out": device_import.left_out,
    }


def _print_import(device_import: DeviceImport, summaries: list[Any], *, is_dry: bool) -> None:
    from sightline.cli.scan import print_summary, tell_plan  # noqa: PLC0415

    out = sys.stderr
    for path, extract in device_import.extracted.items():
        is_database = extract.extraction == "database"
        noun = "visit" if is_database else "line"
        word = "database" if is_database else extract.extraction
        out.write(f"{word:<8} {escape_text(path)}: {count_noun(extract.lines, noun)}, SHA-256 {extract.sha256}\n")
        if extract.wal_bytes:
            wal = count_noun(extract.wal_bytes, "byte")
            out.write(f"         not read: {wal} of changes beside it (-wal); its latest visits may be there\n")
    if is_dry:
        for scan in device_import.scans:
            tell_plan(scan, out)
    for summary in summaries:
        print_summary(summary, out)
    for each in device_import.failed[:MANY]:
        out.write(f"failed   {escape_text(each.path)}: {escape_text(each.what)}\n")
    if len(device_import.failed) > MANY:
        out.write(f"         {count_noun(len(device_import.failed) - MANY, 'more failed file')}; --json names each\n")
    if device_import.left_out:
        names = ", ".join(escape_text(Path(file).name) for file in device_import.left_out[:3])
        more = ", ..." if len(device_import.left_out) > 3 else ""
        out.write(
            f"left out {count_noun(len(device_import.left_out), 'file')}, neither manifest nor history: {names}{more}\n"
        )
    if summaries:
        out.write("devices  what matched: sightline devices list\n")


def _list_findings(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import format_columns  # noqa: PLC0415
    from sightline.services.device_import.findings import list_device_findings  # noqa: PLC0415

    result = [finding.summary for finding in list_device_findings(start_session(arguments))]
    if arguments.json:
        sys.stdout.write("".join(json.dumps(summary, ensure_ascii=False) + "\n" for summary in result))
        return 0
    rows = [("EXHIBIT", "DEVICE", "READ AS", "VISITS", "FILES", "INDICATORS", "FIRST VISIT", "LAST VISIT")]
    rows += [
        (
            summary["exhibit"][:12],
            escape_text(summary["source"]),
            summary["format"],
            f"{summary['visits']:,}",
            f"{summary['files']:,}",
            f"{summary['indicators']:,}",
            summary["first_visit"] or "-",
            summary["last_visit"] or "-",
        )
        for summary in result
    ]
    sys.stdout.write("".join(f"{line}\n" for line in format_columns(rows)))
    _print_ceilings(summary["ceiling"] for summary in result)
    return 0


def _show_findings(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import format_columns  # noqa: PLC0415
    from sightline.services.device_import.findings import list_device_findings  # noqa: PLC0415

    result = [
        row
        for finding in list_device_findings(start_session(arguments), arguments.exhibit)
        for row in finding.list_findings()
    ]
    if arguments.json:
        sys.stdout.write("".join(json.dumps(finding_row, ensure_ascii=False) + "\n" for finding_row in result))
        return 0
    rows = [("LINE", "WHAT", "TIME (UTC)", "BY", "FLAGGED, BY ID", "KIND", "LIST OF", "OPINION", "KNOWN FILE")]
    rows += [
        (
            f"{finding_row['line']:,}",
            finding_row["kind"],
            finding_row["time"] or "-",
            escape_text(finding_row["visit_type"] or "-"),
            finding_row["indicator_id"][:12],
            finding_row["indicator_kind"],
            escape_text(finding_row["issuer"]),
            "listed later" if finding_row["is_listed_later"] else finding_row["opinion"],
            "yes" if finding_row["is_known_file"] else "-",
        )
        for finding_row in result
    ]
    sys.stdout.write("".join(f"{line}\n" for line in format_columns(rows)))
    _print_ceilings(finding_row["ceiling"] for finding_row in result)
    return 0


def _print_ceilings(ceilings: Iterable[str]) -> None:
    """Print what findings show at most: of a device, and of the other kinds that are there."""
    from sightline.services.device_import.findings import NOT_SHOWN  # noqa: PLC0415

    there = {"device", *ceilings}
    sys.stderr.write("".join(f"ceiling {one}: {words}\n" for one, words in NOT_SHOWN.items() if one in there))


def _extract(arguments: argparse.Namespace) -> int:
    from sightline.errors import OutputExists  # noqa: PLC0415
    from sightline.services.device_import.extract import extract_file  # noqa: PLC0415
    from sightline.services.match.inputs import check_file  # noqa: PLC0415

    check_file(arguments.file, "a file of a device")
    if arguments.out.exists():
        raise OutputExists(f"{arguments.out} exists already", hint="name another file")
    extract = extract_file(arguments.file, arguments.out)
    sys.stderr.write(f"{arguments.out}: {count_noun(extract.lines, 'line')} of {extract.extraction} {extract.sha256}\n")
    return 0
