"""`sightline doctor`: what is wrong with a workspace and its machine, and what to do."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sightline.cli.officer_options import add_officer_options
from sightline.cli.options import add_met
from sightline.cli.subcommands import Parsers, add_command
from sightline.cli.terminal_text import Colour, colour_text, escape_text
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.services.doctor.check import Check

DESCRIPTION = """\
Check the machine (disk encryption, swap, core dumps, clock, free space), the workspace (permissions, keys, database,
segments, scans that died), and its oversight (officers, authorities, lists, checkpoints, witnesses, backups, due
purges). Each check is one line: ok, warning or WRONG, with what to do below it. A check that is impossible says so.
"""

EXAMPLES = """\
  sightline doctor
  sightline doctor --sweep
      # first removes what scans that died and purges that broke off left behind
  sightline doctor --accept disk
      # a drive or a host that encrypts by itself, which this system cannot see
  sightline doctor --notifications notifications.toml
      # whether mail relay and webhook can be reached
  sightline doctor --met compared-keys.txt
      # an auditor met these officers and compared their keys: they are tied to nobody
"""


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    summary = "name what is wrong with a workspace or its machine, and what to do"
    here = add_command(commands, "doctor", summary, EXAMPLES + EXIT, DESCRIPTION)
    here.add_argument("--sweep", action="store_true", help="remove what scans and purges that died left behind")
    here.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="NAME",
        help="count this failed check as a warning, because somebody takes responsibility for it",
    )
    add_met(here)
    here.add_argument(
        "--notifications",
        type=Path,
        metavar="FILE",
        help="the settings that serve has: check that mail relay and webhook answer; nothing is sent to an officer",
    )
    here.add_argument("--json", action="store_true", help="every check as JSON on standard output")
    add_officer_options(here)


EXIT = "\nexit codes: 0 all right, or warnings; 4 something is wrong\n"


def run(arguments: argparse.Namespace) -> int:
    """Examine, tell, and give the exit code."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.ledger.met_keys import read_met_keys  # noqa: PLC0415
    from sightline.services.doctor.check import Level  # noqa: PLC0415
    from sightline.services.doctor.examine import examine_workspace, sweep_workspace  # noqa: PLC0415
    from sightline.services.doctor.machine_facts import System  # noqa: PLC0415
    from sightline.services.notifications.reachability import check_channels  # noqa: PLC0415
    from sightline.services.notifications.settings import read_settings  # noqa: PLC0415

    officer_session = start_session(arguments)
    if arguments.sweep:
        swept = sweep_workspace(officer_session)
        sys.stderr.write(f"swept    {count_noun(swept.scans, 'scan')} that died, {count_noun(swept.files, 'file')}\n")
    checks = examine_workspace(officer_session, System(), arguments.accept, read_met_keys(arguments.met))
    if arguments.notifications is not None:
        checks += check_channels(read_settings(arguments.notifications))
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2) + "\n")
    else:
        print_checks(checks, sys.stdout)
    return 4 if any(check.level is Level.WRONG for check in checks) else 0


def print_checks(checks: Sequence[Check], out: TextIO) -> None:
    """Write one line for each check, and what to do below those that are not all right."""
    width = max(len(check.name) for check in checks)
    for done_check in checks:
        level = done_check.level.upper() if done_check.level == "wrong" else done_check.level
        colour = {"warning": Colour.YELLOW, "wrong": Colour.RED}.get(done_check.level.value)
        level_text = f"{level:<7}" if colour is None else colour_text(f"{level:<7}", colour, out)
        out.write(f"{level_text}  {done_check.name:<{width}}  {escape_text(done_check.what)}\n")
        if done_check.advice:
            out.write(f"{'':<7}  {'':<{width}}  -> {escape_text(done_check.advice)}\n")
    counts = Counter(check.level.value for check in checks)
    out.write(f"{counts['ok']} ok, {count_noun(counts['warning'], 'warning')}, {counts['wrong']} wrong\n")
