"""`sightline export`: hits as STIX 2.1 sightings, or as a CASE/UCO graph."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sightline.cli.terminal_text import escape_text
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.services.export.hit_export import ExportSummary

DESCRIPTION = """\
Convert the hits of a match: to a STIX 2.1 bundle (one sighting for each hit), or to a CASE/UCO graph in JSON-LD.
The same hits give the same bytes, whether you pass JSON lines, CSV or Parquet. Flagged sites appear by name.
"""

EPILOG = """\
examples:
  sightline export hits.jsonl --account summary.json --to stix --out hits.stix.json
  sightline export hits.parquet --account summary.json --to case --out hits.jsonld
      # summary.json is what `match --summary` wrote: it says whether a list was transcribed, and who did it
  sightline export hits.csv --to stix --tlp red --out - | jq .objects[0]

exit codes: 0 done; 2 wrong use; 4 no file of hits, or rows that `match` does not write (the others are exported)
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = commands.add_parser(
        "export",
        help="give hits to others: STIX 2.1 sightings, CASE/UCO graphs",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    here.add_argument("hits", metavar="HITS", help="what match wrote: .jsonl, .csv, .parquet; - is stdin (not Parquet)")
    here.add_argument("--to", required=True, choices=("stix", "case"), help="a STIX 2.1 bundle, or a CASE/UCO graph")
    here.add_argument(
        "--account",
        type=Path,
        metavar="FILE",
        help="what `match --summary` wrote in the same run: whose the lists are, how many hits there must be",
    )
    here.add_argument("--out", default="-", metavar="FILE", help="the bundle or graph; - is stdout (default)")
    here.add_argument(
        "--tlp", choices=("amber", "red"), default="amber", help="marking of all that is written (default amber)"
    )
    here.add_argument("--summary", type=Path, metavar="FILE", help="the account of this export, as JSON")
    here.add_argument("--json", action="store_true", help="the account as JSON on standard error, nothing else there")
    here.add_argument("--overwrite", action="store_true", help="replace outputs that are there already")
    here.add_argument("--quiet", action="store_true", help="no progress bar and no account on standard error")


def run(arguments: argparse.Namespace) -> int:
    """Export, tell the account, and give the exit code."""
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.services.export.hit_export import ExportRequest, export_hits  # noqa: PLC0415

    request = ExportRequest(
        hits=None if arguments.hits == "-" else Path(arguments.hits),
        to=arguments.to,
        out=None if arguments.out == "-" else Path(arguments.out),
        account=arguments.account,
        summary=arguments.summary,
        tlp=arguments.tlp,
        overwrite=arguments.overwrite,
    )
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json)) as watch:
        summary = export_hits(request, watch)
    if arguments.json:
        sys.stderr.write(summary.to_json() + "\n")
    elif not arguments.quiet:
        print_summary(summary, sys.stderr)
    return summary.exit_code


def print_summary(summary: ExportSummary, out: TextIO) -> None:
    """Write the account for people: rows, lists and whose they are, what was written, what could not be read."""
    rejects = sum(summary.rejects.values())
    out.write(
        f"hits     {escape_text(summary.hits_path)}: "
        f"{count_noun(summary.rows, 'row')} = {count_noun(summary.hits, 'hit')}"
    )
    out.write(f" + {summary.repeated:,} repeated + {count_noun(rejects, 'reject')}\n")
    for origin in summary.lists:
        out.write(
            f"list     {origin.list_id} of {escape_text(origin.issuer or 'no issuer')}: {escape_text(origin.origin)}\n"
        )
    if not all(list_.is_known for list_ in summary.lists):
        out.write("         give the account, `match --summary`: --account FILE\n")
    objects = ", ".join(f"{count:,} {kind}" for kind, count in summary.objects.items())
    out.write(f"{summary.to:<8} TLP:{summary.tlp.upper()}; {objects}\n")
    for code, count in summary.rejects.items():
        out.write(f"         reject {code}: {count:,}\n")
        out.writelines(
            f"             row {bad.number:,}: {bad.reason}\n" for bad in summary.examples if bad.code == code
        )
