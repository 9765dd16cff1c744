"""`sightline scan`: find the same hits as `match`, and store them in a workspace under an authority."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sightline.cli.cluster_options import add_cluster, check_cluster
from sightline.cli.officer_options import add_officer_options
from sightline.cli.options import add_times, add_year_at_end, parse_hops, parse_percent, parse_seconds
from sightline.cli.terminal_text import escape_text
from sightline.errors import UsageError
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.services.scan.list_replacements import Agree, Replacement
    from sightline.services.scan.request import ScanRequest
    from sightline.services.scan.scan import WorkspaceScan
    from sightline.services.scan.summary import RunAccount, ScanSummary

DESCRIPTION = """\
Find every visit to a flagged site in logs that you hold under a recorded authority. The hits go into sealed segments of
the workspace; each exhibit and run has an entry in the ledger. A log that the workspace has already is not read again.
A scan that was interrupted continues where it stopped.
"""

EPILOG = """\
examples:
  sightline scan access.log.gz --source proxy --authority "s.94 order 7/2026" --list flagged.csv
  sightline scan /evidence/nginx --source server --authority "SM 3/2026" --skip-unknown --dry-run
      # a folder: the plan first, nothing is read to its end
  sightline scan access.log.gz --source proxy --authority "s.94 order 7/2026" --dry-run --count
      # also reads the log, and accounts for every line; nothing is stored
  sightline scan /evidence/nginx --source server --authority "SM 3/2026" --skip-unknown
      # without --list: with the current lists of the workspace
  sightline scan access.log.gz --source proxy --authority "s.94 order 7/2026" --list flagged-2025.csv --as-of 2025-11-30
      # repeats the run that was made with that list by then; no other log is scanned with it
  sightline scan seized.log --source server --authority "SM 3/2026" --all-hits-of flagged.example --why "SM 3/2026"
      # a seized server's whole log: takes two officers, and the server's name as the source has it
  sightline scan /evidence/nginx --source server --authority "SM 3/2026" \
    --cluster tls://scheduler.example:8786 --cluster-keys cluster-keys
      # workers on other machines read the logs: sightline cluster --help
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = commands.add_parser(
        "scan",
        help="find every visit in a log and store it under an authority",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    here.add_argument("logs", nargs="+", metavar="LOG", help="a log, packed or plain; a folder; s3://BUCKET/KEY")
    under = here.add_argument_group("under what it is held")
    under.add_argument("--source", required=True, metavar="S", help="where the logs come from: its name or id")
    under.add_argument("--authority", required=True, metavar="A", help="the instrument: its number or id")
    lists = here.add_argument_group("flag lists")
    lists.add_argument(
        "--list",
        action="append",
        default=[],
        type=Path,
        dest="lists",
        metavar="FILE",
        help="a signed list, plain or compiled; may be repeated (default: the current ones of the workspace)",
    )
    lists.add_argument(
        "--yes", action="store_true", help="let a newer version take the place of a list without being asked"
    )
    lists.add_argument(
        "--as-of",
        type=_parse_instant,
        metavar="TIME",
        help="repeat an old run, with the lists as they were valid then; no lead rests on it",
    )
    lists.add_argument("--digest-key", type=Path, metavar="FILE", help="key of lists of keyed digests")
    lists.add_argument("--all-hits-of", metavar="INDICATOR", help="a seized server's own log: every record is a visit")
    lists.add_argument(
        "--why", default="", metavar="TEXT", help="why a log is taken whole: the second officer reads it"
    )
    add_reading(here)
    _add_doing(here)
    add_officer_options(here)


def _add_doing(here: argparse.ArgumentParser) -> None:
    """Options of how it is done, and of what it says."""
    doing = here.add_argument_group("doing it")
    doing.add_argument("--dry-run", action="store_true", help="show the plan, and do nothing")
    doing.add_argument(
        "--count", action="store_true", help="with --dry-run: also read the logs and account for every line"
    )
    doing.add_argument("--json", action="store_true", help="the account as JSON on standard output")
    doing.add_argument(
        "--max-rejects", type=parse_percent, default=1.0, metavar="P", help="exit 1 above P percent (default 1)"
    )
    doing.add_argument("--quiet", action="store_true", help="no progress bar and no account")
    doing.add_argument("--threads", type=int, default=None, metavar="N", help="threads (default: all cores)")
    add_cluster(doing, "read")


def add_reading(here: argparse.ArgumentParser) -> None:
    """Add the options for exhibits that differ from what is declared for their source."""
    reading = here.add_argument_group("of these exhibits, where it differs from what the source declares")
    reading.add_argument("--format", default="auto", metavar="NAME", help="a format's name or TOML file")
    reading.add_argument("--skip-unknown", action="store_true", help="leave out, and name, what no format reads")
    add_times(reading)
    add_year_at_end(reading)
    reading.add_argument("--timezone-basis", metavar="TEXT", help="what that zone rests on")
    reading.set_defaults(clock_uncertainty=None)
    reading.add_argument("--made-at", type=datetime.fromisoformat, metavar="TIME", help="when a manifest was made")
    reading.add_argument(
        "--clock-offset", type=parse_seconds, metavar="S", help="recorded time minus true time, seconds"
    )
    reading.add_argument("--clock-measured", metavar="TEXT", help="how the offset was measured")
    reading.add_argument("--trusted-hops", type=parse_hops, metavar="N", help="proxies of its own before the server")
    reading.add_argument(
        "--trusted-proxy", action="append", default=[], metavar="ADDR|CIDR", help="a proxy of its own before the server"
    )
    reading.add_argument("--max-ratio", type=int, metavar="N", help="stop unpacking beyond N:1 (default 1000)")
    reading.add_argument(
        "--max-unpacked", type=_parse_size, metavar="SIZE", help="stop unpacking beyond SIZE (default 1T)"
    )


def _parse_size(text: str) -> int:
    from sightline.cli.match import parse_size  # noqa: PLC0415

    return parse_size(text)


def run(arguments: argparse.Namespace) -> int:
    """Scan, tell the account, and give the exit code."""
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.scan.scan import scan_logs  # noqa: PLC0415
    from sightline.services.scan.summary import summarise_scan  # noqa: PLC0415

    officer_session = start_session(arguments)
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json)) as watch:
        outcome = scan_logs(officer_session, build_request(arguments), watch, choose_agreement(is_given=arguments.yes))
    if arguments.dry_run:
        tell_plan(outcome, sys.stdout)
        return 0
    summary = summarise_scan(officer_session.workspace, outcome)
    if arguments.json:
        sys.stdout.write(summary.to_json() + "\n")
    elif not arguments.quiet:
        print_summary(summary, sys.stderr)
    return summary.choose_exit_code(arguments.max_rejects)


def build_request(arguments: argparse.Namespace) -> ScanRequest:
    """The request that the arguments make; nothing is opened yet."""
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.services.scan.request import ScanRequest  # noqa: PLC0415
    from sightline.storage.exhibit_path import parse_exhibit_path  # noqa: PLC0415

    check_cluster(arguments)
    if arguments.count and not arguments.dry_run:
        raise UsageError("--count is for a dry run", hint="add --dry-run; a scan accounts for every line anyway")
    return ScanRequest(
        logs=tuple(map(parse_exhibit_path, arguments.logs)),
        source=arguments.source,
        authority=arguments.authority,
        lists=tuple(arguments.lists),
        format=arguments.format,
        skip_unknown=arguments.skip_unknown,
        timezone=arguments.timezone,
        timezone_basis=arguments.timezone_basis,
        year=arguments.year,
        year_at_end=arguments.year_at_end,
        date_order=arguments.date_order,
        made_at=arguments.made_at,
        clock_offset_s=arguments.clock_offset,
        clock_uncertainty_s=arguments.clock_uncertainty,
        clock_measured=arguments.clock_measured,
        trusted_hops=arguments.trusted_hops,
        trusted_proxies=tuple(arguments.trusted_proxy),
        all_hits_of=arguments.all_hits_of,
        digest_key=arguments.digest_key,
        max_ratio=arguments.max_ratio,
        max_unpacked_bytes=arguments.max_unpacked,
        threads=arguments.threads,
        cluster=arguments.cluster,
        cluster_keys=arguments.cluster_keys,
        dry_run=arguments.dry_run,
        counts=arguments.count,
        why=require_reason(arguments.why, "--why") if arguments.why else "",
        as_of=arguments.as_of,
    )


def _parse_instant(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def choose_agreement(*, is_given: bool) -> Agree:
    """Return who decides whether a newer list may replace another: the option, else the person at the terminal."""

    def agree(replacements: Sequence[Replacement]) -> bool:
        from sightline.cli import prompts  # noqa: PLC0415

        sys.stderr.write("".join(map(format_replacement_lines, replacements)))
        if is_given:
            return True
        return prompts.is_terminal() and prompts.ask_consent("use the newer list, and so no longer the older?")

    return agree


def format_replacement_lines(replacement: Replacement) -> str:
    """The lines of a list that a newer version takes the place of."""
    old, new = replacement.old, replacement.new
    was = f"version {old.version}" if old.version else "the list without a version"
    now_is = f"version {new.version}" if new.version else "a list without a version"
    lines = f"list     {escape_text(replacement.path)}: {now_is} takes the place of {was} of {escape_text(new.issuer)}"
    lines += f", series {escape_text(new.series)}\n" if new.series else "\n"
    if (old.use, old.category) != (new.use, new.category):
        lines += f"         it was for {old.use}, category {escape_text(old.category or 'none')}; now for {new.use}"
        lines += f", category {escape_text(new.category or 'none')}\n"
    if replacement.counts is None:
        return lines + "         a compiled list does not show what was removed: sightline lists diff OLD NEW\n"
    counts = replacement.counts
    changes = f"{counts['removed']:,} removed, {counts['changed']:,} changed, {counts['added']:,} added"
    lines += f"         {changes}\n"
    if replacement.leads is not None and (
        counts["removed"] or (replacement.is_no_longer_for_leads and replacement.leads + (replacement.partly or 0))
    ):
        what = "the older list" if replacement.is_no_longer_for_leads else "removed ones"
        lines += (
            f"         {count_noun(replacement.leads, 'lead rests', 'leads rest')}"
            f" on {what} alone, {replacement.partly or 0:,} on others too;"
        )
        lines += " scan their logs with the new list, and those leads are gone\n"
    return lines


def tell_plan(outcome: WorkspaceScan, out: TextIO) -> None:
    """Write what a scan would do, and what a trial counted."""
    from sightline.cli import match_report  # noqa: PLC0415
    from sightline.services.match.summary import build_exhibit_account  # noqa: PLC0415

    context = outcome.context
    out.write(
        f"under    {escape_text(context.authority.number)}, "
        f"of {escape_text(context.source.name)} ({context.source.use})\n"
    )
    for used in outcome.ready.lists:
        out.write(f"list     {escape_text(used.path)}: {count_noun(used.indicators, 'indicator')}, {used.origin}\n")
    out.write("".join(map(format_replacement_lines, outcome.replacements)))
    for job in outcome.work:
        what = (
            f"run {job.run.run_id[:12]} is there: not read again"
            if job.run
            else f"to be read as {job.chosen.format.name}"
        )
        counted = ", counted only" if job.reading.use == "statistics" else ""
        out.write(
            f"exhibit  {escape_text(job.chosen.scan.name)}: "
            f"{count_noun(job.chosen.size_bytes or 0, 'byte')}; {what}{counted}\n"
        )
    for copy in outcome.ready.distinct.copies:
        out.write(f"copy     {escape_text(copy.path)} of {escape_text(copy.copy_of)}: not read\n")
    for left in outcome.ready.left_out:
        out.write(f"left out {escape_text(left.path)}: {escape_text(left.what)}\n")
    for job, scanned in outcome.trial:
        out.write("".join(match_report.format_exhibit_lines(build_exhibit_account(job.chosen, scanned))))
    todo = [job for job in outcome.work if job.run is None]
    size = sum(job.chosen.size_bytes or 0 for job in todo)
    out.write(
        f"plan     {len(todo):,} to read, {count_noun(size, 'byte')};"
        f" {len(outcome.work) - len(todo):,} known; nothing was done\n"
    )


def print_summary(summary: ScanSummary, out: TextIO) -> None:
    """Write the account."""
    from sightline.cli import match_report  # noqa: PLC0415

    if summary.swept:
        out.write(f"swept    {count_noun(summary.swept, 'unfinished scan')}: the files left behind are removed\n")
    out.write("".join(map(match_report.list_line, summary.lists)))
    run_accounts = [run_account for run_account in summary.runs if not run_account.was_there]
    for account in run_accounts[: match_report.MANY]:
        out.write("".join(run_lines(account)))
    if len(run_accounts) > match_report.MANY:
        out.write(f"exhibits {len(run_accounts) - match_report.MANY:,} more; --json names each\n")
    known = Counter(run_account.was_there for run_account in summary.runs)[True]
    if known:
        out.write(f"known    {known:,} of {len(summary.runs):,}: the same run is in the record; nothing was done\n")
    unused: Counter[str] = Counter()
    for account in summary.runs:
        unused.update({account.not_used: account.hits} if account.not_used else {})
    for why, count in sorted(unused.items()):
        out.write(f"not used {count_noun(count, 'hit')}, for no lead: {escape_text(why)}\n")
    for difference in summary.differences:
        is_repeated = any(
            run_account.run_id == difference.run_id and run_account.repeated for run_account in summary.runs
        )
        what = "repeated run {} repeats {}" if is_repeated else "newer    run {} supersedes {}"
        out.write(
            what.format(difference.run_id[:12], ", ".join(run_id[:12] for run_id in difference.superseded)) + "\n"
        )
        for sign, hits in (("+", difference.added), ("-", difference.dropped)):
            for name, count in list(hits.items())[: match_report.MANY]:
                out.write(f"         {sign}{count:,} {escape_text(name)}\n")
        if not (difference.added or difference.dropped):
            out.write("         the same hits\n")
    exhibits = [run_account.exhibit for run_account in run_accounts if run_account.exhibit is not None]
    out.write(match_report.format_unnamed_site_warning(summary.lists, exhibits))
    out.write(match_report.format_not_matched_line(exhibits))
    out.write("".join(match_report.format_beside_lines(summary.copies, summary.alike, summary.left_out)))


def run_lines(run_account: RunAccount) -> list[str]:
    """The lines of one exhibit, and of the run that it became."""
    from sightline.cli import match_report  # noqa: PLC0415

    lines = match_report.format_exhibit_lines(run_account.exhibit) if run_account.exhibit else []
    summary = (
        count_noun(len(run_account.segments), "segment")
        if run_account.use == "leads"
        else "counted only: for statistics"
    )
    return [*lines, f"run      {run_account.run_id}: {count_noun(run_account.hits, 'hit')}, {summary}\n"]
