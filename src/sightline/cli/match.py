"""`sightline match`: every visit to a flagged site, with proof of where each line stands."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.options import add_results, add_times, add_year_at_end, parse_seconds

if TYPE_CHECKING:
    from sightline.services.match.request import MatchRequest

DESCRIPTION = """\
Find every visit to a flagged site in logs that you hold lawfully. You need no workspace and no network.
Each hit names its line, its byte offset and the SHA-256 of the exhibit. Every line is accounted for: a line that
matches nothing is counted and dropped.
"""

EPILOG = """\
examples:
  sightline match access.log --list flagged.csv --trust AGENCY.pub
      # a table of hits on a terminal, JSON lines for a program (--json asks for them); the account on standard error
  sightline match proxy-*.log.gz --list a.csv --list b.compiled --trust A.pub --trust B.pub --out hits.parquet
  sightline match /evidence/var-log-nginx --skip-unknown --list flagged.csv --trust AGENCY.pub --out hits.csv
      # a folder and those below: logs in the order of their rotation, a copy once; other files are named
  sightline match query.log --timezone Asia/Kolkata --list flagged.csv --trust AGENCY.pub
      # times in the log name no zone: declare it
  zcat access.log.gz | sightline match - --list flagged.csv --trust AGENCY.pub --out hits.csv
  sightline match seized.log --all-hits-of flagged.example --list flagged.csv --trust AGENCY.pub
      # the flagged server's own log: every record is a visit to it

a trial: no authority is recorded, and no workspace imports the result.
"""

BYTES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = commands.add_parser(
        "match",
        help="find every visit to a flagged site in logs",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    here.add_argument(
        "logs",
        nargs="+",
        metavar="LOG",
        help="a log, plain or gzip, zstd, xz, bzip2, zip, tar; a folder of logs; - is stdin",
    )
    lists = here.add_argument_group("flag lists")
    lists.add_argument(
        "--list",
        action="append",
        required=True,
        type=Path,
        dest="lists",
        metavar="FILE",
        help="a signed flag list (FILE.minisig beside it), or a compiled one; may be repeated",
    )
    lists.add_argument(
        "--trust",
        action="append",
        required=True,
        type=Path,
        metavar="PUB",
        help="public key of an issuer that you trust; may be repeated",
    )
    lists.add_argument("--digest-key", type=Path, metavar="FILE", help="key of lists of keyed digests")
    lists.add_argument(
        "--all-hits-of",
        metavar="INDICATOR",
        help="the logs are a flagged server's own: every record is a visit to INDICATOR (value or id); not for logs of"
        " address assignments or manifests of files",
    )
    add_reading(here)
    results = add_results(here, "hits: FILE.jsonl, .csv or .parquet")
    results.add_argument("--threads", type=int, default=None, metavar="N", help="threads (default: all cores)")


def add_reading(here: argparse.ArgumentParser) -> None:
    """Options that declare what the records do not say themselves."""
    reading = here.add_argument_group("what the logs do not say themselves")
    reading.add_argument(
        "--format", default="auto", metavar="NAME", help="a format's name or TOML file (default: detected)"
    )
    reading.add_argument(
        "--skip-unknown", action="store_true", help="leave out, and name, files of a folder that no format reads"
    )
    add_times(reading)
    add_year_at_end(reading)
    reading.add_argument(
        "--made-at",
        type=datetime.fromisoformat,
        metavar="TIME",
        help="when a manifest of files was made, with its zone: 2026-07-31T12:34:56+05:30",
    )
    reading.add_argument(
        "--clock-offset", type=parse_seconds, default=0.0, metavar="S", help="recorded time minus true time, seconds"
    )
    reading.add_argument(
        "--trusted-hops",
        type=int,
        default=0,
        metavar="N",
        help="proxies of your own before the server, for X-Forwarded-For (default 0: do not believe it)",
    )
    reading.add_argument(
        "--trusted-proxy",
        action="append",
        default=[],
        metavar="ADDR|CIDR",
        help="a proxy of your own: where it connected, the visitor is the right-most address of X-Forwarded-For that is"
        " none of these; give it for each",
    )
    reading.add_argument(
        "--max-ratio", type=int, default=None, metavar="N", help="stop unpacking beyond N:1 (default 1000)"
    )
    reading.add_argument(
        "--max-unpacked",
        type=parse_size,
        default=None,
        metavar="SIZE",
        help="stop unpacking an exhibit beyond SIZE bytes, like 500G (default 1T)",
    )


def parse_size(text: str) -> int:
    """Bytes of a text like `500G`."""
    digits, unit = (text[:-1], text[-1].upper()) if text[-1:].upper() in BYTES else (text, "")
    return int(digits) * BYTES.get(unit, 1)


def run(arguments: argparse.Namespace) -> int:
    """Scan, tell the account, and give the exit code."""
    from sightline.cli import hit_table, match_report, progress  # noqa: PLC0415
    from sightline.services.match import pipeline  # noqa: PLC0415

    request = build_request(arguments)
    is_table = arguments.out == "-" and not arguments.json and sys.stdout.isatty()
    with (
        hit_table.collect_hits() if is_table else nullcontext() as collected,
        progress.show_bar(enabled=not (arguments.quiet or arguments.json)) as watch,
    ):
        summary, _ = pipeline.match_logs(request, watch)
    if collected is not None:
        hit_table.print_table(collected, summary, sys.stdout)
        sys.stdout.flush()
    if arguments.json:
        sys.stderr.write(summary.to_json() + "\n")
    elif not arguments.quiet:
        match_report.print_summary(summary, sys.stderr)
    return summary.choose_exit_code(arguments.max_rejects)


def build_request(arguments: argparse.Namespace) -> MatchRequest:
    """The request that the arguments make; nothing is opened yet."""
    from sightline.services.match.request import MatchRequest, Outputs  # noqa: PLC0415
    from sightline.storage.exhibit_path import parse_exhibit_path  # noqa: PLC0415

    return MatchRequest(
        logs=tuple(None if log == "-" else parse_exhibit_path(log) for log in arguments.logs),
        lists=tuple(arguments.lists),
        trust=tuple(arguments.trust),
        now=datetime.now(UTC),
        format=arguments.format,
        skip_unknown=arguments.skip_unknown,
        timezone=arguments.timezone,
        year=arguments.year,
        year_at_end=arguments.year_at_end,
        date_order=arguments.date_order,
        made_at=arguments.made_at,
        clock_offset_s=arguments.clock_offset,
        clock_uncertainty_s=arguments.clock_uncertainty,
        trusted_hops=arguments.trusted_hops,
        trusted_proxies=tuple(arguments.trusted_proxy),
        all_hits_of=arguments.all_hits_of,
        digest_key=arguments.digest_key,
        max_ratio=arguments.max_ratio,
        max_unpacked_bytes=arguments.max_unpacked,
        threads=arguments.threads,
        outputs=Outputs(arguments.out, arguments.rejects, arguments.summary, overwrite=arguments.overwrite),
    )
