"""`sightline watch`: scan live feeds part by part, and rebuild the leads as hits come."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.options import parse_percent
from sightline.cli.terminal_text import escape_text
from sightline.errors import UsageError
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.services.live.disk_space import DiskLimits
    from sightline.services.live.request import WatchRequest
    from sightline.services.live.watch import WatchTotals

DESCRIPTION = """\
Read live feeds as they grow: log files through every kind of rotation, spool folders of closed files, streams of NATS
JetStream, topics of Kafka, sockets for dnstap, and standard input. New lines become parts; each part is an exhibit of
its own, scanned and registered with its place in the file, so that a watch that stops, or is killed, goes on where it
was. Lines that match nothing are kept nowhere, unless the authority says that the whole feed is retained. After parts
with hits, the leads are rebuilt. The watch ends by itself when its authority ends.
"""

EPILOG = """\
examples:
  sightline watch /var/log/feed/access.log --source sinkhole --authority "direction 4/2026" --list flagged.csv
      # a growing file; without --list: with the current lists of the workspace
  sightline watch /var/spool/feed --source resolver --authority "direction 4/2026" --format unbound
      # a folder of closed files: each is deleted once all of it is registered
  sightline watch "nats://127.0.0.1/FEED?subject=dns.>" --source resolver --authority "direction 4/2026"
      # a stream of NATS JetStream; needs: pip install sightline[nats]
  sightline watch kafka://127.0.0.1:9092/resolver --source resolver --authority "direction 4/2026"
      # all partitions of a topic of Kafka; needs: pip install sightline[kafka]
  sightline watch dnstap:///run/sightline/dnstap.sock --source resolver --authority "direction 4/2026" --format dnstap
      # a socket into which a name server writes
  zcat feed.pipe | sightline watch - --source proxy --authority "direction 4/2026"
  sightline watch --status
      # how far each feed is: lag, rate, rejects, silence, gaps
"""
EVERY_S = 5.0
"""Seconds between two lines about a running watch."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = commands.add_parser(
        "watch",
        help="scan live feeds as they grow, and keep the leads up to date",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    here.add_argument(
        "inputs", nargs="*", metavar="INPUT", help="a log, a spool folder, the URL of a stream or socket, or -"
    )
    here.add_argument("--status", action="store_true", help="show how far each feed is, and end")
    here.add_argument("--json", action="store_true", help="with --status: as JSON on standard output")
    here.add_argument("--metrics", action="store_true", help="with --status: in the text format of Prometheus")
    _add_alarms(here)
    under = here.add_argument_group("under what it is held")
    under.add_argument("--source", metavar="S", help="the live feed: its name or id")
    under.add_argument("--authority", metavar="A", help="the instrument, which must have an end: its number or id")
    under.add_argument(
        "--broker-login", type=Path, metavar="FILE", help="how to sign in to brokers: a private TOML file"
    )
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
    lists.add_argument("--digest-key", type=Path, metavar="FILE", help="key of lists of keyed digests")
    reading = here.add_argument_group("how its lines are read")
    reading.add_argument("--format", default="auto", metavar="NAME", help="a format's name or TOML file")
    reading.add_argument("--timezone", metavar="ZONE", help="zone of times that name none: Area/City or +05:30")
    reading.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="order of dates like 03/04/2019")
    _add_parts(here)
    add_officer_options(here)


def _add_parts(here: argparse.ArgumentParser) -> None:
    parts = here.add_argument_group("parts")
    parts.add_argument("--part-size", type=_parse_size, metavar="SIZE", help="most bytes of one part (default 16M)")
    parts.add_argument("--pause", type=float, default=0.2, metavar="S", help="seconds between looks (default 0.2)")
    parts.add_argument(
        "--retain", type=Path, metavar="DIR", help="keep the parts here: only where the authority says so"
    )
    parts.add_argument(
        "--least-free", type=_parse_size, metavar="SIZE", help="read nothing while a disk has less room (default 1G)"
    )
    parts.add_argument(
        "--most-waiting", type=_parse_size, metavar="SIZE", help="refuse more while more than this waits (default 16G)"
    )
    parts.add_argument("--no-leads", action="store_true", help="do not rebuild the leads")
    parts.add_argument(
        "--leads-size",
        type=_parse_size,
        metavar="SIZE",
        help="bytes of leads a day, and 32K more for each part (default 2G)",
    )
    parts.add_argument(
        "--max-rejects", type=parse_percent, default=1.0, metavar="P", help="exit 1 above P percent (default 1)"
    )
    parts.add_argument("--quiet", action="store_true", help="say nothing while it runs")
    parts.add_argument("--threads", type=int, default=None, metavar="N", help="threads (default: all cores)")


def _add_alarms(here: argparse.ArgumentParser) -> None:
    alarms = here.add_argument_group("limits of the alarms that --status shows")
    alarms.add_argument(
        "--alarm-lag", type=_parse_size, default=1 << 30, metavar="SIZE", help="bytes that wait (default 1G)"
    )
    alarms.add_argument(
        "--alarm-lag-messages",
        type=int,
        default=1_000_000,
        metavar="N",
        help="messages of a broker that wait (default 1000000)",
    )
    alarms.add_argument(
        "--alarm-silence", type=float, default=900.0, metavar="S", help="seconds without a part (default 900)"
    )
    alarms.add_argument(
        "--alarm-rejects",
        type=parse_percent,
        default=1.0,
        metavar="P",
        help="rejects of the last minute (default 1 percent)",
    )


def _parse_size(text: str) -> int:
    from sightline.cli.match import parse_size  # noqa: PLC0415

    return parse_size(text)


def run(arguments: argparse.Namespace) -> int:
    """Watch, or show the status of feeds."""
    if arguments.status:
        return _show_status(arguments)
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.live.watch import watch  # noqa: PLC0415

    request = build_request(arguments)
    stop, report = stop_on_signal(), WatchReport(is_quiet=arguments.quiet)
    totals = watch(start_session(arguments), request, report, stop)
    report.end(totals)
    if totals.refusal is not None:
        return 1
    if totals.lines and totals.rejects * 100 > arguments.max_rejects * totals.lines:
        return 1
    return 0


def build_request(arguments: argparse.Namespace) -> WatchRequest:
    """The request that the arguments make; nothing is opened yet."""
    from sightline.services.live.rebuild_budget import DAY_BYTES  # noqa: PLC0415
    from sightline.services.live.request import PART_BYTES, WatchRequest, parse_input  # noqa: PLC0415
    from sightline.services.scan.request import ScanRequest  # noqa: PLC0415

    for name in ("source", "authority"):
        if getattr(arguments, name) is None:
            raise UsageError(f"--{name} is missing", hint="each feed is of a source, and is read under an authority")
    if not arguments.inputs:
        raise UsageError("no input is given", hint="name a growing log, a spool folder, or - for standard input")
    scan = ScanRequest(
        logs=(),
        source=arguments.source,
        authority=arguments.authority,
        lists=tuple(arguments.lists),
        format=arguments.format,
        timezone=arguments.timezone,
        date_order=arguments.date_order,
        digest_key=arguments.digest_key,
        threads=arguments.threads,
    )
    part_bytes = PART_BYTES if arguments.part_size is None else arguments.part_size
    return WatchRequest(
        tuple(map(parse_input, arguments.inputs)),
        scan,
        part_bytes,
        arguments.pause,
        not arguments.no_leads,
        arguments.retain,
        _build_limits(arguments),
        arguments.broker_login,
        DAY_BYTES if arguments.leads_size is None else arguments.leads_size,
    )


def _build_limits(arguments: argparse.Namespace) -> DiskLimits:
    from sightline.services.live.disk_space import LIMITS, DiskLimits  # noqa: PLC0415

    free, most_waiting = arguments.least_free, arguments.most_waiting
    return DiskLimits(
        LIMITS.least_free_bytes if free is None else free,
        LIMITS.most_waiting_bytes if most_waiting is None else most_waiting,
    )


def stop_on_signal() -> Event:
    """Return an event that SIGTERM or SIGINT sets. A second signal interrupts at once."""
    stop = Event()

    def handle(number: int, frame: object) -> None:
        if stop.is_set():
            signal.default_int_handler(number, frame)  # type: ignore[arg-type]
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)
    return stop


class WatchReport:
    """The printed report on a running watch: a line every few seconds, and each gap at once."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self._next_s, self._gaps, self._refusals, self._lists, self._rescans = 0.0, 0, 0, 0, 0

    def __call__(self, totals: WatchTotals) -> None:
        """Take the totals after a part or a rebuild."""
        for gap in totals.gaps[self._gaps :]:
            sys.stderr.write(f"GAP      {escape_text(gap)}\n")
        self._gaps = len(totals.gaps)
        for change in totals.lists[self._lists :]:
            sys.stderr.write(f"LISTS    {escape_text(change)}\n")
        self._lists = len(totals.lists)
        for command in totals.rescans[self._rescans :]:
            sys.stderr.write(f"RESCAN   what was read before was not compared with it: {escape_text(command)}\n")
        self._rescans = len(totals.rescans)
        for refusal in totals.refusals[self._refusals :]:
            sys.stderr.write(f"ROOM     {escape_text(refusal)}\n")
        self._refusals = len(totals.refusals)
        if not self._is_quiet and time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + EVERY_S
            sys.stderr.write(format_watch_line(totals))

    def end(self, totals: WatchTotals) -> None:
        """Say what the watch did, and why it ended."""
        if totals.end is not None:
            sys.stderr.write(f"ended    {escape_text(totals.end)}\n")
        if not self._is_quiet:
            sys.stderr.write(format_watch_line(totals))


def format_watch_line(totals: WatchTotals) -> str:
    """The line about what a watch did so far."""
    counts = (
        count_noun(totals.parts, "part"),
        count_noun(totals.bytes, "byte"),
        count_noun(totals.lines, "line"),
        count_noun(totals.hits, "hit"),
        count_noun(totals.rejects, "reject"),
    )
    leads = "" if totals.leads is None else f"; {count_noun(totals.leads, 'lead')}"
    leads += ", without the newest hits" if totals.leads_wait else ""
    return f"watched  {', '.join(counts)}{leads}\n"


def _show_status(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415
    from sightline.services.live.alarms import AlarmLimits  # noqa: PLC0415
    from sightline.services.live.metrics import format_metrics  # noqa: PLC0415
    from sightline.services.live.status import list_feeds  # noqa: PLC0415

    limits = AlarmLimits(
        arguments.alarm_lag, arguments.alarm_silence, arguments.alarm_rejects, arguments.alarm_lag_messages
    )
    feed_statuses = list_feeds(start_session(arguments), limits)
    if arguments.metrics:
        sys.stdout.write(format_metrics(feed_statuses))
    elif arguments.json:
        for feed_status in feed_statuses:
            print(as_json(feed_status, lists=[change.format_text() for change in feed_status.lists]))
    else:
        print("\n".join(format_columns([HEAD, *(feed_status.to_row() for feed_status in feed_statuses)])))
        for status in feed_statuses:
            for what in (*status.gaps, *status.breaks):
                print(f"GAP  {escape_text(status.input)}: {escape_text(what)}")
            for change in status.lists[1:]:
                print(f"LISTS  {escape_text(status.input)}: {escape_text(change.format_text())}")
            if any(change.is_newer for change in status.lists):
                whole = f"if the whole of {escape_text(status.input)} is retained"
                print(f"RESCAN  {whole}: {escape_text(status.rescan_command)}")
            if status.missing or status.repeated:
                print(
                    f"BROKER  {escape_text(status.input)}: {status.missing:,} messages missing,"
                    f" {status.repeated:,} came again"
                )
            if status.refusal is not None:
                print(f"ROOM  {escape_text(status.input)}: {escape_text(status.refusal)}")
            if status.leads_wait_s is not None:
                print(f"LEADS  {escape_text(status.input)}: {describe_wait(status.leads_wait_s, status.leads_due_s)}")
            for name in status.damaged:
                print(f"SET ASIDE  {escape_text(status.input)}: {escape_text(name)}")
    return 0


def describe_wait(wait_s: float, due_s: float | None) -> str:
    """Return how long hits have waited for leads, why, and until when."""
    due = "not before more parts come" if due_s is None else f"in {due_s:,.0f} s, or earlier if more parts come"
    return (
        f"the newest hits are in no lead yet, for {wait_s:,.0f} s. The watch may write a limited number of bytes of"
        f" leads (--leads-size). Its next rebuild is allowed {due}. Rebuild now: sightline leads rebuild"
    )


HEAD = ("FEED", "SOURCE", "INPUT", "PARTS", "LINES", "REJECTS", "HITS", "LINES/S", "LAG", "SILENT", "ALARM")
