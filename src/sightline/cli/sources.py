"""`sightline sources`: where records come from, and what their times and addresses need to be read right."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.options import parse_hops, parse_seconds
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs, add_why
from sightline.message_text import count_noun
from sightline.model import ListUse, SourceKind

if TYPE_CHECKING:
    from sightline.casework.cases.declarations import SourceTimes
    from sightline.storage.rows import Source

EXAMPLES = {
    "add": """\
  sightline sources add --kind proxy --name proxy --use leads --timezone Asia/Kolkata \\
      --timezone-basis "the operator's letter of 5.6.2026"
      # a clock that nobody measured: 900 seconds of uncertainty
  sightline sources add --kind seized-server --name server --use leads --server-name board.example \\
      --clock-offset 42 --clock-uncertainty 2 --clock-measured "compared with NTP at the seizure, 5.6.2026, S. Rao" \\
      --device server --make Dell --model R740 --serial 7XK2J13
""",
    "set-proxies": """\
  sightline sources set-proxies server --trusted-proxy 198.51.100.7 --trusted-proxy 203.0.113.0/28 \\
      --why "nginx.conf of the seizure, set_real_ip_from"
      # the visitor is the right-most address of X-Forwarded-For that is none of these, if one of these connected
""",
    "set-times": """\
  sightline sources set-times server --time-is end --duration s --why "nginx.conf of the seizure: $request_time is last"
      # a request began as long before its time as its line says
  sightline sources set-times server --time-is start --why "httpd.conf of the seizure: Apache"
""",
    "list": "  sightline sources list\n",
    "show": "  sightline sources show server\n",
    "set-use": """\
  sightline sources set-use proxy --use statistics --why "order of 3.8.2026: its records are to be counted only"
      # no lead and no name rests on it once another officer approved
""",
}

UNPROVEN = """\
a zone that rests on nothing: times that name no zone will be time-unproven, and no ISP can be asked for them
  say what it rests on, if anything: --timezone-basis TEXT, here or at the scan
"""

AGAIN = """\
its logs that were read by other proxies do not count any more, and no line is named by them
  scan its exhibits again, then: sightline leads rebuild; sightline resolve
"""

DEVICES = ("computer", "dvr", "mobile", "flash_drive", "cd_dvd", "server", "cloud", "other")


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = add_command(
        commands,
        "sources",
        "sources of records: add, list, show, set-proxies, set-times, set-use",
        "".join(EXAMPLES.values()),
    )
    verbs = add_verbs(here)
    adding = add_command(verbs, "add", "record where records come from", EXAMPLES["add"])
    adding.add_argument(
        "--kind", required=True, choices=[source_kind.value for source_kind in SourceKind], help="what it is"
    )
    adding.add_argument("--name", required=True, metavar="NAME", help="a name for it, by which scan finds it")
    adding.add_argument(
        "--use",
        required=True,
        choices=[list_use.value for list_use in ListUse],
        help="leads; or statistics: scanned and counted, never a lead",
    )
    adding.add_argument("--server-name", metavar="HOST", help="a flagged server's own name or address")
    _add_clock(adding)
    _add_device(adding)
    proxies = add_command(verbs, "set-proxies", "declare all proxies in front of a source", EXAMPLES["set-proxies"])
    proxies.add_argument("source", metavar="ID|NAME", help="which")
    _add_proxies(proxies)
    proxies.add_argument("--why", required=True, metavar="TEXT", help="how it is known that these are its proxies")
    _add_times(
        add_command(verbs, "set-times", "declare what the times of a web server's log mean", EXAMPLES["set-times"])
    )
    add_json(add_command(verbs, "list", "list the sources", EXAMPLES["list"]))
    show = add_command(verbs, "show", "show one source with its declarations", EXAMPLES["show"])
    show.add_argument("source", metavar="ID|NAME", help="which")
    add_json(show)
    setting = add_command(
        verbs, "set-use", "ask to use a source for statistics only; takes two officers", EXAMPLES["set-use"]
    )
    setting.add_argument("source", metavar="ID|NAME", help="which")
    setting.add_argument("--use", required=True, choices=[ListUse.STATISTICS.value], help="statistics: never a lead")
    add_why(setting)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def _add_times(here: argparse.ArgumentParser) -> None:
    here.add_argument("source", metavar="ID|NAME", help="which")
    here.add_argument(
        "--time-is",
        required=True,
        choices=["start", "end", "as-format"],
        help="the start of a request (Apache), its end (nginx), or what the format says (until now)",
    )
    here.add_argument(
        "--duration", choices=["s", "ms", "us"], help="the last number of a line is how long the request took, in this"
    )
    here.add_argument("--why", required=True, metavar="TEXT", help="how it is known: a configuration that was seen")


def _add_clock(here: argparse.ArgumentParser) -> None:
    clock = here.add_argument_group("its clock and its addresses")
    clock.add_argument("--timezone", metavar="ZONE", help="zone of times that name none: Area/City or +05:30")
    clock.add_argument(
        "--timezone-basis",
        metavar="TEXT",
        help="what the zone rests on: a letter, a setting that was seen; without one, no lead says when",
    )
    clock.add_argument(
        "--clock-offset",
        type=parse_seconds,
        default=0.0,
        metavar="S",
        help="recorded time minus true time, seconds (default 0)",
    )
    clock.add_argument(
        "--clock-uncertainty", type=int, default=900, metavar="S", help="how far off it may still be (default 900)"
    )
    clock.add_argument(
        "--clock-measured",
        metavar="TEXT",
        help="how and when both were measured, and who did it (default: not measured)",
    )
    clock.add_argument(
        "--trusted-hops",
        type=parse_hops,
        default=0,
        metavar="N",
        help="how many proxies of X-Forwarded-For are believed",
    )
    _add_proxies(clock)


def _add_proxies(here: argparse._ActionsContainer) -> None:
    here.add_argument(
        "--trusted-proxy",
        action="append",
        default=[],
        dest="trusted_proxies",
        metavar="ADDR|CIDR",
        help="a proxy whose X-Forwarded-For is believed when it connects; give it for each",
    )


def _add_device(here: argparse.ArgumentParser) -> None:
    device = here.add_argument_group("what the certificate says of the device (BSA s.63(4)(c), Schedule)")
    device.add_argument("--device", choices=DEVICES, help="which box is ticked on the certificate")
    device.add_argument("--make", metavar="TEXT")
    device.add_argument("--model", metavar="TEXT")
    device.add_argument("--colour", metavar="TEXT")
    device.add_argument("--serial", metavar="TEXT", help="serial number")
    device.add_argument("--identifiers", metavar="TEXT", help="IMEI, UIN, UID, MAC or cloud ID")
    device.add_argument("--more", metavar="TEXT", help="anything else that identifies it")


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _add(arguments: argparse.Namespace) -> int:
    from sightline.casework.cases import cases  # noqa: PLC0415
    from sightline.casework.cases.case_forms import ClockForm, read_source  # noqa: PLC0415
    from sightline.casework.cases.declarations import declare_proxies  # noqa: PLC0415
    from sightline.cli.officer_options import get_current_time, start_session  # noqa: PLC0415
    from sightline.cli.options import name_option  # noqa: PLC0415
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.stages.scan.proxies import parse_proxy_ranges  # noqa: PLC0415

    if arguments.trusted_hops and arguments.trusted_proxies:
        raise UsageError(
            "--trusted-hops and --trusted-proxy are both given", hint="name the proxies, or count them; not both"
        )
    parse_proxy_ranges(arguments.trusted_proxies)
    clock = ClockForm(arguments.clock_offset, arguments.clock_uncertainty, arguments.trusted_hops)
    form = read_source(vars(arguments), clock, name_option, get_current_time())
    officer_session = start_session(arguments)
    added = cases.add_source(officer_session, form)
    if arguments.trusted_proxies:
        declare_proxies(officer_session, added.source_id, arguments.trusted_proxies, "declared with the source")
    if cases.get_zone_basis(added) is None and added.timezone is not None:
        sys.stderr.write(UNPROVEN)
    print(added.source_id)
    return 0


def _declare_proxies(arguments: argparse.Namespace) -> int:
    from sightline.casework.cases.cases import find_source  # noqa: PLC0415
    from sightline.casework.cases.declarations import declare_proxies  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.workspace.read() as tables:
        source = find_source(tables, arguments.source)
    declaration = declare_proxies(officer_session, source.source_id, arguments.trusted_proxies, arguments.why)
    print(
        f"{declaration.declaration_id}  "
        f"{count_noun(len(arguments.trusted_proxies), 'trusted proxy', 'trusted proxies')} of {source.name}"
    )
    sys.stderr.write(AGAIN)
    return 0


def _declare_times(arguments: argparse.Namespace) -> int:
    from sightline.casework.cases.cases import find_source  # noqa: PLC0415
    from sightline.casework.cases.declarations import declare_times  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.model.times import TimeIs  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.workspace.read() as tables:
        source = find_source(tables, arguments.source)
    time_is = None if arguments.time_is == "as-format" else TimeIs(arguments.time_is)
    declaration = declare_times(officer_session, source.source_id, time_is, arguments.duration, arguments.why)
    print(f"{declaration.declaration_id}  times of {source.name}: {arguments.time_is}")
    sys.stderr.write(AGAIN.replace("by other proxies", "otherwise"))
    return 0


def _list_sources(arguments: argparse.Namespace) -> int:
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.storage.rows import Source  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(Action.CASE_VIEW, "source:all", JournalVerb.VIEW_CASE) as tables:
        sources = tables[Source].select()
    if arguments.json:
        print("".join(f"{as_json(source)}\n" for source in sources), end="")
        return 0
    rows = [("ID", "NAME", "KIND", "USE", "CLOCK")]
    rows += [(source.source_id, source.name, source.kind, source.use, describe_clock(source)) for source in sources]
    print("\n".join(format_columns(rows)))
    return 0


def describe_clock(source: Source) -> str:
    """Describe what is declared of a clock."""
    basis = f" ({source.timezone_basis})" if source.timezone_basis else ""
    zone = f"{source.timezone}{basis}" if source.timezone else "zone as recorded"
    offset = f"{source.clock_offset_us / 1e6:+g} s"
    return f"{zone}, {offset}, give or take {source.clock_uncertainty_s} s: {source.clock_measured}"


def _show_source(arguments: argparse.Namespace) -> int:
    from sightline.casework.cases.cases import find_source  # noqa: PLC0415
    from sightline.casework.cases.declarations import list_proxies, list_source_times  # noqa: PLC0415
    from sightline.casework.input_checks import name_thing  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.casework.permissions.roster import list_names  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_fields, format_minute  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(
        Action.CASE_VIEW, name_thing("source", arguments.source), JournalVerb.VIEW_CASE
    ) as tables:
        source = find_source(tables, arguments.source)
        by = list_names(tables)[source.added_by]
        times = list_source_times(tables).get(source.source_id)
        proxies = [
            first if first == last else f"{first}-{last}" for first, last in list_proxies(tables, source.source_id)
        ]
    if arguments.json:
        print(as_json(source))
        return 0
    facts = {
        "source": source.source_id,
        "name": source.name,
        "kind": source.kind.value,
        "use": source.use.value,
        "clock": describe_clock(source),
        "trusted hops": source.trusted_hops,
        "trusted proxies": ", ".join(proxies),
        "set-times": _describe_times(times),
        "server": source.server_name,
        **{name.replace("_", " "): value for name, value in json.loads(source.device_json).items() if name != "kind"},
        "added": f"{format_minute(source.added_at_us)} by {by}",
    }
    print("\n".join(format_fields(facts.items())))
    return 0


def _describe_times(times: SourceTimes | None) -> str | None:
    """Return what is declared of the times of a source's server; None where its formats say."""
    if times is None or times.time_is is None:
        return None
    unit = f", with its duration in {times.duration_unit} at the end of a line" if times.duration_unit else ""
    return f"{times.time_is.value} of the request{unit}"


def _set_use(arguments: argparse.Namespace) -> int:
    from sightline.casework.cases import cases  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.pending_approval import THEN_REBUILD, tell_asked  # noqa: PLC0415

    officer_session = start_session(arguments)
    why = require_reason(arguments.why, "--why")
    approval = cases.set_source_use(officer_session, arguments.source, ListUse(arguments.use), why)
    sys.stderr.write(THEN_REBUILD)
    return tell_asked(officer_session, approval)


VERBS = {
    "add": _add,
    "list": _list_sources,
    "show": _show_source,
    "set-proxies": _declare_proxies,
    "set-times": _declare_times,
    "set-use": _set_use,
}
