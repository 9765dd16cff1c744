"""The command line: one file per command, imported when it is called, so that starting costs nothing."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence

from sightline import __version__
from sightline.cli.masked_output import masked_output
from sightline.cli.process_safety import harden, hold_standard_files, stop_as_interrupted
from sightline.errors import OutputUnwritable, ProgramFault, SightlineError, UnknownFormat
from sightline.waits import tell_waits_to

COMMANDS = {
    "init": "make a workspace and its first officer",
    "login": "unlock your key for some hours",
    "logout": "end your login on this machine",
    "whoami": "say as which officer you act here",
    "officer": "officers and their keys: make, add, list, rotate, revoke",
    "issuer": "issuers of flag lists: enrol, list, revoke",
    "approve": "see what waits for a second officer; approve or refuse it",
    "case": "registered matters: new, show",
    "authority": "instruments of law: add, list, show, end",
    "source": "sources of records: add, list, show",
    "scan": "find every visit, into a workspace, under an authority",
    "leads": "leads: which line, from where, how certain: list, explain, rebuild, diff",
    "notice": "notices to licensees, and replies: new, list, show, export, sent, reply",
    "resolve": "from replies to subscribers, candidates or nobody",
    "operation": "a named drive: its leads, what happened, measured precision, report",
    "search": "do we know this? one question over the whole record",
    "refer": "leads for another force: requests, referrals, sealed packages, receipts, recalls",
    "exchange": "a server apart for other forces, which holds sealed referrals only",
    "outcome": "what was found where leads led, and how often they were right",
    "serve": "open the operations room",
    "exhibit": "exhibits: list, show, custody, certificates, bundles",
    "ledger": "the ledger: show, checkpoint, countersign, take, prove",
    "witness": "witnesses of the ledger: enrol, list",
    "verify": "recompute the record, or a package, and name what is not as it was",
    "hold": "legal holds: set, lift, list",
    "purge": "destroy an exhibit's content, by two officers",
    "backup": "write the whole workspace into one file, while it is in use",
    "upgrade": "bring a workspace of an older Sightline to this one",
    "restore": "make a workspace of a backup, or check the backup",
    "doctor": "name what is wrong with a workspace or its machine, and what to do",
    "match": "find every visit to a flagged site in logs",
    "tip": "read referrals that name an address and a time",
    "lists": "make keys; sign, check, compare and compile flag lists",
    "datasets": "data sets of places, networks, relays: list, import",
    "formats": "show, detect, draft and test log formats",
    "exercise": "a simulated world with known truth: new, run, answer, grade, benchmark",
    "export": "give hits to others: STIX 2.1 sightings, CASE/UCO graphs",
    "completion": "print a completion script for your shell",
}
"""Command and what it is for; each is a module of this package with `add(commands)` and `run(arguments)`."""

EPILOG = """examples:
  sightline match access.log.gz --list flagged.csv --trust AGENCY.pub
  sightline match proxy.log --list flagged.csv --trust AGENCY.pub --out hits.parquet
  sightline tip report.json --source "NCMEC CyberTipline" --authority "GD 12 of 6.6.2026"
  sightline lists check flagged.csv --trust AGENCY.pub
  sightline formats detect access.log
  sightline export hits.jsonl --account summary.json --to stix --out hits.stix.json
  sightline init cyber-ps --name "Cyber PS, Thrissur" --officer "A. Nair"
  sightline scan /evidence/nginx --source server --authority "SM 3/2026" --skip-unknown
  sightline exhibit certificate 4cedfc69 --language ml --out papers
  sightline verify --checkpoint kept-elsewhere.note

exit codes: 0 done, every frame accounted for; 1 too many rejects; 2 wrong use;
3 refused (untrusted list, no authority, unknown format, undeclared time); 4 damaged input or store;
70 a bug in Sightline, with a report to send; 130 interrupted
"""


def parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The parser with the chosen command whole and the others by name only."""
    top = argparse.ArgumentParser(
        prog="sightline",
        description="From visit records and signed flag lists to hits that can be proved. No network, ever.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"sightline {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        if chosen in {name, "*"}:
            importlib.import_module(f"sightline.cli.{name}").add(commands)
        else:
            commands.add_parser(name, help=summary)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one run of the command line."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    chosen = next((word for word in words if not word.startswith("-")), None)
    # Imports make half a million objects that live to the end: looking for garbage among them doubles the start.
    gc.set_threshold(100_000, 50, 50)
    harden()
    if not hold_standard_files():
        return print_error("standard output is closed", "name a file or /dev/null for it: >/dev/null", 2)
    stop_as_interrupted()
    tell_waits_to(lambda what: sys.stderr.write(f"{safe_text(what)}\n"))
    chosen_arguments = argparse.Namespace(command=chosen)
    try:
        chosen_arguments = parser(chosen).parse_args(words)
        command = importlib.import_module(f"sightline.cli.{chosen_arguments.command}")
        with masked_output(chosen_arguments):
            code: int = command.run(chosen_arguments)
        sys.stdout.flush()
    except OutputUnwritable as error:
        return unwritable(error)
    except ProgramFault as fault:
        return _fault(fault, chosen)
    except SightlineError as error:
        with masked_output(chosen_arguments):
            return print_error(str(error), error.hint, error.exit_code, [*error.details, *unread(error)])
    except KeyboardInterrupt:
        return print_error("interrupted", None, 130)
    except OSError as error:
        if error.filename is None:  # what is written to a file names it
            return unwritable(OutputUnwritable(None, error))
        return print_error(f"{error.filename}: {error.strerror or error}", "put that right, then run again", 4)
    except Exception as fault:  # the edge: a bug is reported without data
        return _fault(fault, chosen)
    return code


def _fault(fault: Exception, command: str | None) -> int:
    from sightline.cli.fault_report import report_fault  # noqa: PLC0415

    return report_fault(fault, command if command in COMMANDS else None)


def unwritable(error: OutputUnwritable) -> int:
    """Say which output could not be written. What Python still holds for standard output goes nowhere."""
    if error.path is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return print_error(str(error), error.hint, error.exit_code)


def print_error(what: str, hint: str | None, code: int, details: Sequence[str] = ()) -> int:
    """Say what went wrong on standard error; gives the exit code back."""
    sys.stderr.write(f"sightline: {safe_text(what)}\n")
    sys.stderr.write("".join(f"  {safe_text(detail)}\n" for detail in details))
    if hint:
        sys.stderr.write(f"  {safe_text(hint)}\n")
    return code


def unread(error: SightlineError) -> list[str]:
    """What the nearest format cannot read, in shapes, for a terminal only."""
    if not isinstance(error, UnknownFormat) or not sys.stderr.isatty():
        return []
    return [f"  not read: like {shape}" for shape in error.unread]


def safe_text(path: str) -> str:
    """A text that cannot disturb a terminal: control characters as escapes, bytes that are not UTF-8 as `\\xHH`."""
    whole = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in whole)
