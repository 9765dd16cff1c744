"""The command line: one module or package per command, imported when it is called, so that starting costs nothing."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from sightline import __version__
from sightline.cli.argument_parser import Parser, ProgramParser
from sightline.cli.masked_output import mask_output
from sightline.cli.old_names import find_command_position, replace_old_names
from sightline.cli.process_safety import harden_process, hold_standard_files, stop_as_interrupted
from sightline.cli.short_options import add_log_options, add_short_options
from sightline.cli.terminal_text import Colour, colour_text, escape_text
from sightline.errors import OutputUnwritable, ProgramFault, SightlineError, UnknownFormat
from sightline.waits import set_wait_reporter

COMMAND_GROUPS: Mapping[str, Mapping[str, str]] = {
    "Try it": {
        "match": "find every visit to a flagged site in logs",
        "tips": "read and import tips: referrals that name an address and a time",
        "lists": "create keys; sign, check, compare and compile flag lists",
        "formats": "show, detect, draft, test and propose log formats",
        "export": "write hits as STIX 2.1 sightings or CASE/UCO graphs",
    },
    "Workspace": {
        "init": "make a workspace and its first officer",
        "login": "unlock your key for some hours",
        "logout": "end your login on this machine",
        "whoami": "show as which officer you act",
        "officers": "officers and their keys: add, list, rotate, revoke",
        "approve": "see what waits for a second officer; approve or refuse it",
    },
    "Collect": {
        "cases": "registered cases: add, list, show",
        "authorities": "instruments of law: add, list, show, end",
        "sources": "sources of records: add, list, show",
        "issuers": "issuers of flag lists: add, list, revoke",
        "datasets": "data sets of places, networks, relays: list, import",
        "scan": "find every visit in a log and store it under an authority",
        "devices": "seized devices: import manifests and browser histories, show what matched",
        "watch": "scan live feeds as they grow, and keep the leads up to date",
    },
    "Investigate": {
        "leads": "leads and what their evidence can show: rebuild, list, explain, assign, close, report",
        "search": "search leads, subscribers and notices with one question",
        "notices": "notices to ISPs, and replies: draft, export, mark-sent, import-reply",
        "licensees": "contact and retention details of ISPs: set, list",
        "resolve": "resolve replies to subscribers, candidates or nobody",
        "operations": "operations: their leads, events, measured precision and report",
        "outcomes": "outcomes of leads, and how often leads were right",
    },
    "Share": {
        "referrals": "leads for another force: draft, seal, open, recall",
        "forces": "other forces, their keys and officers: add, list, revoke",
        "exchange": "a separate server for other forces, which holds sealed referrals only",
    },
    "Prove": {
        "exhibits": "custody, certificates, bundles and graphs of exhibits",
        "ledger": "the ledger: show, export, countersign and import checkpoints, prove",
        "witnesses": "witnesses of the ledger: add, list",
        "verify": "recompute a workspace or a package, and list what differs",
        "holds": "legal holds: add, lift, list",
        "purge": "destroy an exhibit's content, by two officers",
    },
    "Run": {
        "serve": "start the web app",
        "backup": "write the whole workspace into one file, while it is in use",
        "restore": "make a workspace from a backup, or check the backup",
        "cluster": "let several machines read the exhibits of one scan",
        "upgrade": "upgrade a workspace of an older Sightline",
        "doctor": "check a workspace and its machine, and say what to do",
        "completion": "print a completion script for your shell",
    },
    "Train": {
        "exercise": "a simulated world with known truth: create, run, answer, grade, benchmark",
    },
}
"""Title, and the commands under it with what each is for."""
COMMANDS: Mapping[str, str] = {name: summary for group in COMMAND_GROUPS.values() for name, summary in group.items()}
"""Command and what it is for; each is a module of this package with `add(commands)` and `run(arguments)`."""

EPILOG = """examples:
  sightline match access.log.gz --list flagged.csv --trust AGENCY.pub
  sightline match proxy.log --list flagged.csv --trust AGENCY.pub --out hits.parquet
  sightline tips read report.json --source "NCMEC CyberTipline" --authority "GD 12 of 6.6.2026"
  sightline lists check flagged.csv --trust AGENCY.pub
  sightline formats detect access.log
  sightline export hits.jsonl --account summary.json --to stix --out hits.stix.json
  sightline init cyber-ps --name "Cyber PS, Thrissur" --officer "A. Nair"
  sightline scan /evidence/nginx --source server --authority "SM 3/2026" --skip-unknown
  sightline exhibits export-certificate 4cedfc69 --language ml --out papers
  sightline verify --checkpoint kept-elsewhere.note

exit codes: 0 done, every frame accounted for; 1 too many rejects; 2 wrong use;
3 refused (untrusted list, no authority, unknown format, undeclared time); 4 damaged input or store;
70 a bug in Sightline, with a report to send; 130 interrupted
"""


def build_parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The parser with the chosen command whole and the others by name only."""
    top = ProgramParser(
        COMMAND_GROUPS,
        prog="sightline",
        description="Match visit records with signed flag lists, and prove each hit. Sightline uses no network that you"
        " did not configure.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"sightline {__version__}")
    add_log_options(top)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for name, summary in COMMANDS.items():
        if chosen in {name, "*"}:
            importlib.import_module(f"sightline.cli.{name}").add(commands)
            add_short_options(commands.choices[name])
            add_log_options(commands.choices[name])
        else:
            commands.add_parser(name, help=summary, add_help=False)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one run of the command line."""
    words, now_named = replace_old_names(sys.argv[1:] if arguments is None else arguments)
    position = find_command_position(words)
    chosen = None if position is None else words[position]
    # Imports make half a million objects that live to the end: looking for garbage among them doubles the start.
    gc.set_threshold(100_000, 50, 50)
    harden_process()
    if not hold_standard_files():
        return print_error("standard output is closed", "name a file or /dev/null for it: >/dev/null", 2)
    stop_as_interrupted()
    set_wait_reporter(lambda what: sys.stderr.write(f"{escape_text(what)}\n"))
    if now_named is not None and not (chosen == "tips" and "--json" in words):  # its standard error is JSON then
        sys.stderr.write(f"sightline: {escape_text(now_named)}\n")
    chosen_arguments = argparse.Namespace(command=chosen)
    try:
        top = build_parser(chosen)
        chosen_arguments = top.parse_args(words)
        command = importlib.import_module(f"sightline.cli.{chosen_arguments.command}")
        with _open_log(chosen_arguments, top, words) as log_end, mask_output(chosen_arguments):
            code: int = command.run(chosen_arguments)
            sys.stdout.flush()
            log_end(code)
    except OutputUnwritable as error:
        with mask_output(chosen_arguments):
            return report_unwritable_output(error)
    except ProgramFault as fault:
        return _report_bug(fault, chosen)
    except SightlineError as error:
        with mask_output(chosen_arguments):
            return print_error(str(error), error.hint, error.exit_code, [*error.details, *describe_unread(error)])
    except KeyboardInterrupt:
        return print_error("interrupted", None, 130)
    except OSError as error:
        if error.filename is None:  # what is written to a file names it
            return report_unwritable_output(OutputUnwritable(None, error))
        with mask_output(chosen_arguments):
            return print_error(f"{error.filename}: {error.strerror or error}", "put that right, then run again", 4)
    except Exception as fault:  # the edge: a bug is reported without data
        return _report_bug(fault, chosen)
    return code


def _open_log(
    arguments: argparse.Namespace, top: argparse.ArgumentParser, words: Sequence[str]
) -> AbstractContextManager[Callable[[int], object]]:
    """Return the log of this run, or nothing where none was asked for."""
    if not hasattr(arguments, "verbose") and not hasattr(arguments, "log_file"):
        return nullcontext(lambda _code: None)
    from sightline.cli.run_log import run_log  # noqa: PLC0415

    return run_log(arguments, top, words)


def _report_bug(fault: Exception, command: str | None) -> int:
    from sightline.cli.fault_report import report_fault  # noqa: PLC0415

    return report_fault(fault, command if command in COMMANDS else None)


def report_unwritable_output(error: OutputUnwritable) -> int:
    """Say which output could not be written. What Python still holds for standard output goes nowhere."""
    if error.path is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return print_error(str(error), error.hint, error.exit_code)


def print_error(what: str, hint: str | None, code: int, details: Sequence[str] = ()) -> int:
    """Say what went wrong on standard error; gives the exit code back."""
    sys.stderr.write(f"{colour_text('sightline:', Colour.RED, sys.stderr)} {escape_text(what)}\n")
    sys.stderr.write("".join(f"  {escape_text(detail)}\n" for detail in details))
    if hint:
        sys.stderr.write(f"  {escape_text(hint)}\n")
    return code


def describe_unread(error: SightlineError) -> list[str]:
    """Return a description of the lines that the nearest format cannot read, in shapes, for a terminal only."""
    if not isinstance(error, UnknownFormat) or not sys.stderr.isatty():
        return []
    return [f"  not read: like {shape}" for shape in error.unread]
