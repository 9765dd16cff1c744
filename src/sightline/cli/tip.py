"""`sightline tip`: referrals that name an address and a time themselves, as sessions under their ceilings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sightline.cli import shown
from sightline.cli.match import percent

if TYPE_CHECKING:
    from sightline.engines.tip_request import TipRequest
    from sightline.engines.tip_summary import TipAccount, TipSummary
    from sightline.stages.tips.model import Place

KINDS = ("auto", "cybertip-json", "cybertip-xml", "sheet", "p2p")

DESCRIPTION = """\
Read tips: referrals that name an address and a time themselves, so that no list is needed. CyberTipline reports (JSON,
XML), referral spreadsheets (XLSX, CSV), captures of peer-to-peer networks (CSV), and zips of them. Each row is one
session of one line, with every event's place in the file, and the ceiling: the most that its evidence can show.
What a spreadsheet mangled is refused with its row, never mended.
"""

EPILOG = """\
examples:
  sightline tip report.json --source "NCMEC CyberTipline" --authority "GD 12 of 6.6.2026"
      sessions as JSON lines on standard output, the account on standard error
  sightline tip referral.xlsx --source "Interpol" --authority "letter 7/2026" --timezone Asia/Kolkata --out sessions.csv
      date cells of a spreadsheet name no zone: declare it, or the ceiling is time-unproven
  sightline tip list.csv --columns address=IP,port=Port,time=Seen --date-order dmy --source S --authority A
  sightline tip capture.csv --kind p2p --source S --authority A
  sightline tip reports.zip --source S --authority A --rejects rejects.jsonl --summary account.json

a trial: the source and the authority are what you say they are, and no workspace imports the result.
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = commands.add_parser(
        "tip",
        help="read referrals that name an address and a time",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    here.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a tip, or a zip of tips")
    under = here.add_argument_group("under what it is held")
    under.add_argument("--source", required=True, metavar="NAME", help="whose referral it is")
    under.add_argument("--authority", required=True, metavar="TEXT", help="by what right you hold it")
    add_reading(here)
    add_outputs(here)


def add_reading(here: argparse.ArgumentParser) -> None:
    """Options that declare what the tips do not say themselves."""
    reading = here.add_argument_group("what the tips do not say themselves")
    reading.add_argument("--kind", choices=KINDS, default="auto", help="what it is (default: told by what it holds)")
    reading.add_argument(
        "--columns", metavar="FIELD=HEADING,...", help="which column of a table is what; #3 is a third without heading"
    )
    reading.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook (default: all visible ones that fit)")
    reading.add_argument("--timezone", metavar="ZONE", help="zone of times that name none: Area/City or +05:30")
    reading.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="order of dates like 03/04/2019")
    reading.add_argument("--year", type=int, metavar="Y", help="year of times that name none")
    reading.add_argument(
        "--clock-uncertainty",
        type=float,
        default=900.0,
        metavar="S",
        help="how far off the clock may be, seconds (default 900: a clock nobody measured)",
    )
    reading.add_argument(
        "--exercise",
        action="store_true",
        help="an exercise: documentation addresses count as public; every row says so",
    )


def add_outputs(here: argparse.ArgumentParser) -> None:
    """Options that say where results go."""
    outputs = here.add_argument_group("results")
    outputs.add_argument(
        "--out", default="-", metavar="FILE", help="sessions: FILE.jsonl or .csv; - is stdout (default)"
    )
    outputs.add_argument(
        "--rejects", type=Path, metavar="FILE", help="frames that could not be read, as JSON lines, never their bytes"
    )
    outputs.add_argument("--summary", type=Path, metavar="FILE", help="the account of all frames, as JSON")
    outputs.add_argument(
        "--json", action="store_true", help="the account as JSON on standard error, nothing else there"
    )
    outputs.add_argument(
        "--max-rejects", type=percent, default=1.0, metavar="P", help="exit 1 above P percent rejects (default 1)"
    )
    outputs.add_argument("--overwrite", action="store_true", help="replace outputs that are there already")
    outputs.add_argument("--quiet", action="store_true", help="no account on standard error")


def run(arguments: argparse.Namespace) -> int:
    """Read, tell the account, and give the exit code."""
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.engines import tips  # noqa: PLC0415

    request = request_of(arguments)
    with progress.bar(enabled=not (arguments.quiet or arguments.json), found="events") as watch:
        summary = tips.tip(request, watch)
    if arguments.json:
        sys.stderr.write(summary.to_json() + "\n")
    elif not arguments.quiet:
        tell(summary, sys.stderr)
    return summary.exit_code(arguments.max_rejects)


def request_of(arguments: argparse.Namespace) -> TipRequest:
    """The request that the arguments make; nothing is opened yet."""
    from sightline.engines.request import Outputs  # noqa: PLC0415
    from sightline.engines.tip_request import TipRequest  # noqa: PLC0415

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


def tell(summary: TipSummary, out: TextIO) -> None:
    """Write the account."""
    for exhibit in summary.exhibits:
        out.write("".join(exhibit_lines(exhibit)))
    ceilings = ", ".join(f"{count:,} {name}" for name, count in summary.ceilings.items()) or "none"
    out.write(f"sessions {summary.sessions:,} under {shown(summary.source)}, {shown(summary.authority)}: {ceilings}\n")
    for party, count in summary.parties.items():
        if party != "reported":
            out.write(f"         {count:,} are of a {party}, as the tip says: not of whom it reports\n")
    if summary.exercise:
        out.write("exercise: documentation addresses count as public\n")
    out.write("trial: source and authority are as declared; no workspace imports this\n")


def exhibit_lines(exhibit: TipAccount) -> list[str]:
    """The lines of one exhibit."""
    lines = [
        f"exhibit  {shown(exhibit.path)}  SHA-256 {exhibit.sha256}\n",
        f"         {exhibit.frames:,} frames = {exhibit.records:,} records + {exhibit.comments:,} comments"
        f" + {exhibit.reject_count:,} rejects\n",
    ]
    for chosen in exhibit.kinds:
        member = f"{shown(chosen.member)}: " if chosen.member else ""
        lines.append(f"         {member}{chosen.kind}: {chosen.reason}\n")
    lines += [f"         note: {shown(note)}\n" for note in exhibit.notes]
    for code, count in exhibit.rejects.items():
        where = "; ".join(place_text(place) for place in exhibit.places[code])
        lines.append(
            f"         reject {code}: {count:,}, at {where}{' ...' if count > len(exhibit.places[code]) else ''}\n"
        )
    return lines


def place_text(place: Place) -> str:
    """Where a reject stands."""
    parts = [place.member, place.sheet and f"sheet {place.sheet!r}", place.row_number and f"row {place.row_number:,}"]
    if place.row_number is None and place.byte_offset is not None:
        parts.append(f"byte {place.byte_offset:,}")
    return shown(" ".join(part for part in parts if part)) or "the whole of it"
