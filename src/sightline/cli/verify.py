"""`sightline verify`: recompute the whole workspace, or a package from it."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sightline.cli.cluster_options import add_cluster, build_cluster_access, check_cluster
from sightline.cli.officer_options import add_officer_options
from sightline.cli.options import add_met
from sightline.cli.terminal_text import Colour, colour_text, escape_text
from sightline.errors import UsageError
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.services.cluster.addresses import ClusterAccess
    from sightline.services.verification.report import VerificationReport
    from sightline.services.verification.verify import VerifyRequest

DESCRIPTION = """\
Recompute the workspace, and list everything that differs: each ledger entry with its signature and its place in the
tree, each checkpoint and seal, each row that an entry describes, each segment, list, data set, file of leads, notice
and reply, and the exhibits that are at hand.
"""

EPILOG = """\
examples:
  sightline verify  # all of it
  sightline verify --ledger --checkpoint kept.note  # against a checkpoint that was kept elsewhere
  sightline verify --segments --rows  # the roots of segments, from their rows
  sightline verify --cluster tls://scheduler.example:8786 --cluster-keys cluster-keys
      # workers on other machines hash the files: sightline cluster --help
  sightline verify --package bundle.zip --exhibit access.log.gz  # needs no workspace

exit codes: 0 all is as it was; 4 something is not
"""

PARTS = {
    "ledger": ("ledger", "journal", "checkpoint", "thing"),
    "segments": ("segment",),
    "lists": ("list",),
    "datasets": ("dataset",),
    "leads": ("leads",),
    "replies": ("replies",),
    "exhibits": ("exhibit",),
}


NAMES = {
    "ledger": "entries",
    "journal": "rows of the journal",
    "checkpoint": "checkpoints",
    "thing": "things",
    "segment": "segments",
    "list": "lists",
    "dataset": "data sets",
    "leads": "files of leads",
    "replies": "files of notices and replies",
    "exhibit": "exhibits",
}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = commands.add_parser(
        "verify",
        help="recompute the workspace, or a package, and name what is not as it was",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for name in PARTS:
        here.add_argument(f"--{name}", action="store_true", help=f"only the {name} (and what else is named)")
    here.add_argument(
        "--rows", action="store_true", help="recompute segments from their rows, not by their bytes alone"
    )
    here.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a checkpoint that was kept elsewhere",
    )
    add_met(here)
    package = here.add_argument_group("a package")
    package.add_argument("--package", type=Path, metavar="FILE", help="a bundle (zip); no workspace is needed")
    package.add_argument("--exhibit", action="append", default=[], type=Path, metavar="FILE", help="an exhibit of it")
    package.add_argument("--list", action="append", default=[], type=Path, metavar="FILE", help="a flag list of it")
    package.add_argument("--log-key", metavar="BASE64", help="the log's public key, from paper")
    add_cluster(here, "hash the files")
    here.add_argument("--json", action="store_true", help="what was found, as JSON on standard output")
    here.add_argument("--quiet", action="store_true", help="no progress bar")
    add_officer_options(here)


def run(arguments: argparse.Namespace) -> int:
    """Verify, tell, and give the exit code."""
    if arguments.package:
        if arguments.cluster:
            raise UsageError("--cluster with --package: one machine verifies a bundle", hint="leave one of them out")
        return _verify_package(arguments)
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.verification.verify import verify_as_officer  # noqa: PLC0415

    check_cluster(arguments)
    officer_session = start_session(arguments)
    verify_request = _build_request(arguments, build_cluster_access(arguments, officer_session.clock))
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json), noun="findings") as watch:
        report = verify_as_officer(officer_session, verify_request, watch)
    if arguments.json:
        facts = {
            "holds": report.is_intact,
            "counts": {part.value: count for part, count in report.counts.items()},
            "hashed_bytes": report.hashed_bytes,
            "findings": [asdict(finding) for finding in report.findings],
            "absent": [asdict(finding) for finding in report.absent],
            "notes": [asdict(finding) for finding in report.notes],
        }
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
    else:
        print_report(report, sys.stdout)
    return 0 if report.is_intact else 4


def _build_request(arguments: argparse.Namespace, cluster: ClusterAccess | None) -> VerifyRequest:
    from sightline.ledger.met_keys import read_met_keys  # noqa: PLC0415
    from sightline.services.verification.report import VerifiedPart  # noqa: PLC0415
    from sightline.services.verification.verify import VerifyRequest  # noqa: PLC0415

    chosen = [name for name in PARTS if getattr(arguments, name)]
    if (arguments.checkpoint or arguments.met) and chosen and "ledger" not in chosen:
        chosen.append("ledger")
    parts = [VerifiedPart(part) for name in chosen or PARTS for part in PARTS[name]]
    met = read_met_keys(arguments.met)
    checkpoints = tuple(arguments.checkpoint)
    return VerifyRequest(frozenset(parts), checkpoints, rows=arguments.rows, met_keys=met, cluster=cluster)


def _verify_package(arguments: argparse.Namespace) -> int:
    from sightline.evidence import verify_sightline  # noqa: PLC0415

    words = [str(arguments.package)]
    for option, paths in (
        ("--exhibit", arguments.exhibit),
        ("--list", arguments.list),
        ("--checkpoint", arguments.checkpoint),
    ):
        words += [word for path in paths for word in (option, str(path))]
    if arguments.log_key:
        words += ["--log-key", arguments.log_key]
    return verify_sightline.main(words)


def print_report(report: VerificationReport, out: TextIO) -> None:
    """Write what was verified, and what is not as it was."""
    counts = ", ".join(f"{count:,} {NAMES[part]}" for part, count in report.counts.items()) or "nothing"
    out.write(f"verified {counts}; {count_noun(report.hashed_bytes, 'byte')} hashed\n")
    for finding in report.absent:
        out.write(f"absent   {finding.part} {escape_text(finding.where)}: {escape_text(finding.what)}\n")
    for finding in report.notes:
        out.write(f"note     {finding.part}: {escape_text(finding.where)} {escape_text(finding.what)}\n")
    for finding in report.findings:
        place = f"{finding.part}: {escape_text(finding.where)}"
        out.write(f"{colour_text('WRONG', Colour.RED, out)}    {place} {escape_text(finding.what)}\n")
    count = len(report.findings)
    wrong = f"{count_noun(count, 'finding')}: this workspace is not as it was\n"
    away = f"; {len(report.absent):,} not at hand, and not looked at" if report.absent else ""
    out.write(f"all is as it was{away}\n" if report.is_intact else wrong)
