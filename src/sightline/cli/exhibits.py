"""`sightline exhibits`: what the workspace holds of exhibits; custody, certificates, bundles, graphs."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_verbs
from sightline.cli.terminal_text import escape_text
from sightline.message_text import count_noun
from sightline.model import CustodyEvent

if TYPE_CHECKING:
    from sightline.casework.exhibits.exhibits import ExhibitRecord
    from sightline.casework.permissions.officer_session import OfficerSession

EXAMPLES = {
    "list": "  sightline exhibits list\n",
    "show": "  sightline exhibits show 4cedfc69\n",
    "record-custody": """\
  sightline exhibits record-custody 4cedfc69 received --from "Clerk of the court" --how "sealed cover, seal intact" \\
      --place "Cyber PS" --at 2026-03-02T11:00:00+05:30 --why "order 7/2026"
""",
    "set-clock": """\
  sightline exhibits set-clock 4cedfc69 --compared 2026-03-01T10:00:00+05:30=10 \\
      --compared 2026-06-05T16:20:00+05:30=42 --clock-uncertainty 2 --measured "against NTP at both visits, S. Rao"
""",
    "export-certificate": """\
  sightline exhibits export-certificate 4cedfc69 --language ml --number P-3 --out papers
""",
    "export-bundle": """\
  sightline exhibits export-bundle 4cedfc69 --for defence --address 192.0.2.7 --why "order of the court 7/2026" \\
      --out bundle.zip
  sightline exhibits export-bundle 4cedfc69 --for defence --lead 81c1e9d4 --line 5f0a27bb \\
      --why "order of the court 7/2026" --out line.zip
  sightline exhibits export-bundle --for ledger --why "audit of the exhibits 2026" --out ledger.zip
""",
    "export-graph": """\
  sightline exhibits export-graph 4cedfc69 --why "for the forensic laboratory" --out exhibit.jsonld
""",
}

LANGUAGES = ("en", "hi", "ml")


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    summary = "exhibits: list, show, custody, clocks, certificates, bundles, graphs"
    verbs = add_verbs(add_command(commands, "exhibits", summary, "".join(EXAMPLES.values())))
    listing = add_command(verbs, "list", "list the exhibits with their runs and hits", EXAMPLES["list"])
    showing = add_command(verbs, "show", "show everything that the workspace has about one exhibit", EXAMPLES["show"])
    showing.add_argument("exhibit", metavar="SHA256", help="the digest, or its beginning")
    for choice in (listing, showing):
        choice.add_argument("--json", action="store_true", help="as JSON")
    _add_custody(verbs)
    _add_clock(verbs)
    _add_certificate(verbs)
    _add_bundle(verbs)
    _add_graph(verbs)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def _add_custody(verbs: Parsers) -> None:
    summary = "record a step of the chain of custody"
    here = add_command(verbs, "record-custody", summary, EXAMPLES["record-custody"])
    here.add_argument("exhibit", metavar="SHA256")
    here.add_argument("event", choices=[custody_event.value for custody_event in CustodyEvent])
    here.add_argument(
        "--from", "--to", dest="person", required=True, metavar="WHO", help="the person it came from, or went to"
    )
    here.add_argument("--how", required=True, metavar="TEXT", help="how it came, went, was opened or copied")
    here.add_argument("--place", required=True, metavar="TEXT", help="where")
    here.add_argument("--why", required=True, metavar="TEXT", help="why")
    here.add_argument("--at", type=_parse_instant, metavar="TIME", help="when, with its zone (default: now)")


def _add_clock(verbs: Parsers) -> None:
    summary = "declare or correct how the clock of one exhibit went"
    here = add_command(verbs, "set-clock", summary, EXAMPLES["set-clock"], CLOCK)
    here.add_argument("exhibit", metavar="SHA256|FILE", help="the digest or its beginning, or a file to be scanned yet")
    how = here.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--compared",
        action="append",
        default=[],
        type=_parse_compared,
        metavar="TIME=S",
        help="true time with its zone, and recorded minus true time then in seconds; once or twice",
    )
    how.add_argument("--as-source", action="store_true", help="from now on its clock is as its source declares")
    here.add_argument(
        "--clock-uncertainty", type=int, default=900, metavar="S", help="how far off each may be (default 900)"
    )
    here.add_argument(
        "--measured", required=True, metavar="TEXT", help="how and when, and who did it; or why it is corrected"
    )


CLOCK = """\
Declare the clock of an exhibit. With one comparison, the offset applies to the whole exhibit. With two, it follows the
line through both; beyond them the uncertainty grows with the drift, by at least 50 millionths. This replaces earlier
declarations. Records that were read by another clock make no leads until you scan the exhibit again.
"""


def _parse_compared(text: str) -> tuple[int, int]:
    from sightline.ledger.instants import to_microseconds  # noqa: PLC0415

    time, _, offset = text.rpartition("=")
    try:
        result = to_microseconds(_parse_instant(time)), round(float(offset) * 1_000_000)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text}: write it as 2026-06-05T16:20:00+05:30=42") from None
    return result


def _add_certificate(verbs: Parsers) -> None:
    summary = "certificate (BSA s.63(4)(c), or s.65B) and hash report, as PDF/A"
    here = add_command(verbs, "export-certificate", summary, EXAMPLES["export-certificate"])
    here.add_argument("exhibit", metavar="SHA256")
    here.add_argument("--language", choices=LANGUAGES, default="en", help="English, Hindi or Malayalam (default en)")
    here.add_argument("--number", metavar="TEXT", help="what the exhibit is called in the case, as P-3")
    here.add_argument("--case", metavar="NUMBER", help="whose paper it is, where several cases hold the exhibit")
    here.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where the files go (default: here)")
    here.add_argument("--overwrite", action="store_true", help="replace files that are there already")


def _add_bundle(verbs: Parsers) -> None:
    summary = "a zip with rows, proofs and verifier, for court, defence or audit; two officers"
    here = add_command(verbs, "export-bundle", summary, EXAMPLES["export-bundle"])
    here.add_argument("exhibit", nargs="?", metavar="SHA256", help="the exhibit; none for the ledger")
    here.add_argument(
        "--for", dest="kind", choices=("defence", "court", "ledger"), required=True, help="who the bundle is for"
    )
    here.add_argument("--address", metavar="IP", help="defence: the source address whose rows it holds, and no others")
    here.add_argument("--since", type=_parse_instant, metavar="TIME", help="defence: visits from this instant on")
    here.add_argument("--until", type=_parse_instant, metavar="TIME", help="defence: visits before this instant")
    here.add_argument("--port", type=_parse_ports, metavar="N[-M]", help="defence: only visits from these source ports")
    here.add_argument("--lead", metavar="LEAD", help="defence: of this lead the visits of one line, see --line")
    here.add_argument(
        "--line", metavar="LINE", help="defence: the line (a subscriber of the lead) whose visits it holds, no others"
    )
    here.add_argument("--without-graph", action="store_true", help="leave out the CASE/UCO graph (4 kB a row)")
    here.add_argument("--document", action="append", default=[], type=Path, metavar="FILE", help="a paper to put in")
    here.add_argument("--why", required=True, metavar="TEXT", help="why it leaves the workspace")
    here.add_argument("--out", type=Path, required=True, metavar="FILE", help="the zip")


def _add_graph(verbs: Parsers) -> None:
    summary = "hits, runs, custody, authority and case as a CASE/UCO graph; two officers"
    here = add_command(verbs, "export-graph", summary, EXAMPLES["export-graph"])
    here.add_argument("exhibit", metavar="SHA256")
    here.add_argument("--address", metavar="IP", help="only the rows of this source address, and nothing about others")
    here.add_argument("--why", required=True, metavar="TEXT", help="why it leaves the workspace")
    here.add_argument("--out", type=Path, required=True, metavar="FILE", help="the graph, JSON-LD")


def _parse_instant(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text}: say its zone, as 2026-03-02T11:00:00+05:30")
    return time


def _parse_ports(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    try:
        result = int(first), int(last or first)
    except ValueError:
        result = 1, 0
    if not 0 <= result[0] <= result[1] <= 65535:
        raise argparse.ArgumentTypeError(f"{text}: a port or a range of them, as 1024-2047")
    return result


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _list_exhibits(arguments: argparse.Namespace) -> int:
    from sightline.casework.exhibits.exhibits import list_exhibit_rows  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    rows = [("EXHIBIT (SHA-256)", "BYTES", "RUNS", "HITS", "NAME", "")]
    for exhibit, holdings, runs in list_exhibit_rows(start_session(arguments)):
        hits = sum(exhibit_run.hits for exhibit_run in runs)
        name = Path(holdings[0].path).name if holdings else ""
        if arguments.json:
            row = {"sha256": exhibit.exhibit_id, "size_bytes": exhibit.size_bytes, "name": name, "runs": len(runs)}
            print(json.dumps(row | {"hits": hits, "purged": exhibit.purged_at_us is not None}, ensure_ascii=False))
        else:
            state = "purged" if exhibit.purged_at_us is not None else ""
            counts = (f"{exhibit.size_bytes:,}", f"{len(runs):,}", f"{hits:,}")
            rows.append((exhibit.exhibit_id, *counts, name, state))
    if len(rows) > 1:
        print("\n".join(format_columns(rows)))
    elif not arguments.json:
        sys.stderr.write("no exhibit yet: sightline scan LOG --source SOURCE --authority AUTHORITY\n")
    return 0


def _show_exhibit(arguments: argparse.Namespace) -> int:
    from sightline.casework.exhibits.exhibits import load_exhibit_record  # noqa: PLC0415
    from sightline.casework.input_checks import name_thing  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.storage.table import read_committed_columns  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(
        Action.EXHIBIT_VIEW, name_thing("exhibit", arguments.exhibit), JournalVerb.VIEW_EXHIBIT
    ) as tables:
        exhibit_record = load_exhibit_record(tables, arguments.exhibit)
    if arguments.json:
        parts = {
            name: [read_committed_columns(row) for row in getattr(exhibit_record, name)]
            for name in ("holdings", "custody", "runs", "segments", "authorities", "sources", "cases")
        }
        print(
            json.dumps(
                {"exhibit": read_committed_columns(exhibit_record.exhibit), **parts}, ensure_ascii=False, indent=2
            )
        )
    else:
        print_exhibit(exhibit_record, sys.stdout)
    return 0


def print_exhibit(exhibit_record: ExhibitRecord, out: TextIO) -> None:
    """Write what the workspace holds of an exhibit."""
    from sightline.ledger.instants import to_instant  # noqa: PLC0415
    from sightline.services.documents.exhibit_runs import list_exhibit_runs  # noqa: PLC0415

    names = {officer.officer_id: officer.name for officer in exhibit_record.officers}
    numbers = {authority.authority_id: authority.number for authority in exhibit_record.authorities}
    sources = {source.source_id: source.name for source in exhibit_record.sources}
    out.write(
        f"exhibit  {exhibit_record.exhibit.exhibit_id}, {count_noun(exhibit_record.exhibit.size_bytes, 'byte')}\n"
    )
    if exhibit_record.exhibit.purged_at_us is not None:
        at = to_instant(exhibit_record.exhibit.purged_at_us)
        out.write(f"purged   {at:%Y-%m-%d %H:%M} UTC: what it held is gone, the proof stays\n")
    for case in exhibit_record.cases:
        out.write(f"case     {escape_text(case.number)}, {escape_text(case.station)}, {escape_text(case.sections)}\n")
    for holding in exhibit_record.holdings:
        authority, source = numbers.get(holding.authority_id, ""), sources.get(holding.source_id, "")
        under = f"{escape_text(authority)}, of {escape_text(source)}"
        out.write(f"held     under {under}, at {escape_text(holding.path)}\n")
    for step in exhibit_record.custody:
        out.write(
            f"custody  {to_instant(step.at_us):%Y-%m-%d %H:%M} UTC {step.event}: {escape_text(step.person)};"
            f" {escape_text(step.how)};"
            f" {escape_text(step.place)}; {escape_text(step.why)}"
            f" (recorded by {escape_text(names.get(step.recorded_by, ''))})\n"
        )
    older = {exhibit_run.run.run_id for exhibit_run in list_exhibit_runs(exhibit_record) if not exhibit_run.is_current}
    for run in exhibit_record.runs:
        sealed_in = [segment for segment in exhibit_record.segments if segment.run_id == run.run_id]
        out.write(
            f"run      {run.run_id}\n         {to_instant(run.registered_at_us):%Y-%m-%d %H:%M} UTC, {run.format},"
            f" for {run.use}: {count_noun(run.hits, 'hit')} in {count_noun(len(sealed_in), 'segment')}"
            f"{'; superseded: a newer run counts' if run.run_id in older else ''}\n"
        )
        out.write(
            "".join(f"segment  {segment.segment_id}, {count_noun(segment.rows, 'row')}\n" for segment in sealed_in)
        )


def _record_custody(arguments: argparse.Namespace) -> int:
    from sightline.casework.exhibits.exhibits import CustodyStep, record_step  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.ledger.instants import to_microseconds  # noqa: PLC0415

    officer_session = start_session(arguments)
    step = CustodyStep(
        CustodyEvent(arguments.event),
        to_microseconds(arguments.at or officer_session.clock()),
        arguments.person,
        arguments.how,
        arguments.place,
        require_reason(arguments.why, "--why"),
    )
    custody = record_step(officer_session, arguments.exhibit, step)
    print(f"{custody.custody_id}  {custody.event}: recorded of {custody.exhibit_id}")
    return 0


def _declare_clock(arguments: argparse.Namespace) -> int:
    from sightline.casework.cases.declarations import declare_clock  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    officer_session = start_session(arguments)
    exhibit_id = _find_digest(officer_session, arguments.exhibit)
    declaration = declare_clock(
        officer_session, exhibit_id, arguments.compared, arguments.clock_uncertainty, arguments.measured
    )
    print(f"{declaration.declaration_id}  clock of {exhibit_id}")
    sys.stderr.write("scan the exhibit and rebuild the leads: what was read by another clock makes none until then\n")
    return 0


def _find_digest(officer_session: OfficerSession, named: str) -> str:
    """The SHA-256 of a file, or the one of an exhibit of the workspace that begins so."""
    from sightline.casework.exhibits.exhibits import find_exhibit  # noqa: PLC0415
    from sightline.file_digests import compute_sha256  # noqa: PLC0415

    if Path(named).is_file():
        return compute_sha256(Path(named))
    with officer_session.workspace.read() as tables:
        return find_exhibit(tables, named).exhibit_id


def _certify_exhibit(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.evidence.documents.document_facts import Language  # noqa: PLC0415
    from sightline.services.documents.certificate import CertificateRequest, certify_exhibit  # noqa: PLC0415

    language = Language(arguments.language)
    request = CertificateRequest(
        arguments.exhibit, language, arguments.out, arguments.number, arguments.overwrite, arguments.case
    )
    issued = certify_exhibit(start_session(arguments), request)
    print(
        f"{issued.certificate}  certificate ({issued.form}): facts are filled in; declarations and signatures are yours"
    )
    print(f"{issued.hash_report}  hash report")
    return 0


def _map_documents_by_name(paths: list[Path]) -> dict[str, Path]:
    from sightline.errors import UsageError  # noqa: PLC0415

    named = {path.name: path for path in paths}
    if len(named) < len(paths):
        raise UsageError("two documents have the same name", hint="rename one: a bundle tells documents apart by name")
    return named


def _write_bundle(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.evidence.bundle_file import BundleKind  # noqa: PLC0415
    from sightline.services.bundles.bundle import BundleRequest, write_bundle  # noqa: PLC0415

    request = BundleRequest(
        BundleKind(arguments.kind),
        arguments.out,
        require_reason(arguments.why, "--why"),
        arguments.exhibit,
        arguments.address,
        arguments.since,
        arguments.until,
        _map_documents_by_name(arguments.document),
        arguments.port,
        not arguments.without_graph,
        arguments.lead,
        arguments.line,
    )
    bundle_summary = write_bundle(start_session(arguments), request)
    print(
        f"{bundle_summary.out}  {count_noun(bundle_summary.rows, 'row')} and "
        f"{count_noun(bundle_summary.entries, 'entry', 'entries')} with proofs; bundle.json {bundle_summary.digest}"
    )
    print(f"anyone can check it: python3 verify_sightline.py {bundle_summary.out}   (the verifier lies in it)")
    return 0


def _write_graph(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.documents.exhibit_graph import GraphRequest, release_graph  # noqa: PLC0415

    request = GraphRequest(arguments.exhibit, arguments.out, require_reason(arguments.why, "--why"), arguments.address)
    written, drawn = release_graph(start_session(arguments), request)
    print(
        f"{arguments.out}  {count_noun(drawn.rows, 'row')} as "
        f"{count_noun(sum(drawn.objects.values()), 'node')}; SHA-256 {written.digest}"
    )
    return 0


VERBS = {
    "list": _list_exhibits,
    "show": _show_exhibit,
    "record-custody": _record_custody,
    "set-clock": _declare_clock,
    "export-certificate": _certify_exhibit,
    "export-bundle": _write_bundle,
    "export-graph": _write_graph,
}
