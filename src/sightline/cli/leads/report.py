"""`sightline leads report`: all leads of a generation on one page, with map and place table, to show to a colleague."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli.address_options import add_open, check_given_reason
from sightline.cli.subcommands import Parsers, add_command

EXAMPLES = """\
  sightline leads report --out report.html  # addresses masked; place table on the terminal
  sightline leads report --out report.html --map map.svg --limit 50
  sightline leads report --out report-ml.html --language ml
  sightline leads report --out report.html --show-addresses --why "FIR 12/2026: for the investigating officer"
"""
LANGUAGES = ("en", "hi", "ml")
DESCRIPTION = """\
Write one HTML file for colleagues: counts, a map, places, the first leads with the reasons for and against each, and
the sources of the report. It has no script and loads nothing. Every lead is counted, even if it is not shown.
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "report", "a page with map, places and the first leads", EXAMPLES, DESCRIPTION)
    here.add_argument("--out", required=True, type=Path, metavar="FILE.html", help="where to write the page")
    here.add_argument("--map", type=Path, metavar="FILE.svg", help="the map as a file of its own, too")
    here.add_argument("--limit", type=int, default=200, metavar="N", help="how many leads to show (default 200)")
    here.add_argument("--generation", type=int, metavar="N", help="an older generation (default: the current one)")
    here.add_argument("--language", choices=LANGUAGES, default="en", help="English, Hindi or Malayalam (default en)")
    here.add_argument("--overwrite", action="store_true", help="replace files that are there already")
    add_open(here)


def run(arguments: argparse.Namespace) -> int:
    """Write the page, and the map; print the place table."""
    from sightline.casework.identities.disclosures import UnmaskedExport, record_export, require_export  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.file_digests import compute_sha256  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415
    from sightline.services.leads import report_facts  # noqa: PLC0415
    from sightline.services.match.outputs import write_all_or_none  # noqa: PLC0415
    from sightline.stages.report import map as drawing  # noqa: PLC0415
    from sightline.stages.report import place_table, report_page  # noqa: PLC0415
    from sightline.stages.report.totals import count_totals  # noqa: PLC0415
    from sightline.translation.documents import get_translator  # noqa: PLC0415

    paths = _check_outputs(arguments)
    officer_session = start_session(arguments)
    why = check_given_reason(arguments)
    with officer_session.read(Action.LEADS_VIEW, "leads:all", JournalVerb.VIEW_LEADS):
        pass
    with (
        open_generation(officer_session.workspace, arguments.generation) as lead_files,
        write_all_or_none(paths) as beside,
    ):
        totals, outline = (
            count_totals(lead_files.open_frame()),
            report_facts.read_outline(officer_session.workspace, lead_files),
        )
        translator = get_translator(arguments.language)
        report = report_facts.build_lead_report(
            officer_session, lead_files, why, arguments.limit, translator=translator
        )
        leads = list(report_facts.list_first_leads(lead_files, arguments.limit))
        ids = [lead["lead_id"] for lead in leads]
        export = UnmaskedExport("leads:all", "leads", ids, "", f"generation {lead_files.generation.number}, report")
        by = None if why is None else require_export(officer_session, JournalVerb.VIEW_ADDRESS, export, why)
        _write(beside[arguments.out], report_page.build_report_page(report, leads, totals, outline))
        if why is not None:
            record_export(
                officer_session, JournalVerb.VIEW_ADDRESS, export, why, compute_sha256(beside[arguments.out]), by
            )
        if arguments.map is not None:
            _write(beside[arguments.map], drawing.draw_map(totals, outline, translator=translator))
    sys.stdout.write("".join(f"{line}\n" for line in place_table.format_lines(totals.places)))
    sys.stderr.write("".join(f"written: {path}\n" for path in paths))
    return 0


def _check_outputs(arguments: argparse.Namespace) -> list[Path]:
    """The files to write. Raises UsageError for what cannot be one, before anything is read."""
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.services.match.outputs import check_one  # noqa: PLC0415

    wanted = [path for path in (arguments.out, arguments.map) if path is not None]
    if len({path.absolute() for path in wanted}) < len(wanted):
        raise UsageError("--out and --map have the same name", hint="give them different files")
    if arguments.limit < 0:
        raise UsageError(f"--limit {arguments.limit}: it cannot be negative", hint="0 shows no lead, and counts all")
    for path in wanted:
        check_one(path, (), overwrite=arguments.overwrite)
    return wanted


def _write(path: Path, text: str) -> None:
    from sightline.errors import name_output_on_error  # noqa: PLC0415

    with name_output_on_error(path):
        path.write_text(text, encoding="utf-8")
