"""`sightline lists`: keys of issuers; flag lists signed, checked, compared and compiled."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

EXAMPLES = {
    "keygen": """\
  sightline lists keygen --issuer CELL-7 --out keys
      keys/CELL-7.key (keep it secret: it has no password) and keys/CELL-7.pub (give it to those who shall trust you)
""",
    "sign": """\
  sightline lists sign flagged.csv --key keys/CELL-7.key --valid-until 2027-03-31 --use leads
      writes flagged.csv.minisig; the stock `minisign` verifies it too
  sightline lists sign flagged.csv --key A.key --valid-until 2027-03-31 --transcribed-by "Unit 3" --original letter.pdf
      says that a unit typed it from what the agency gave, wherever the list is named
""",
    "check": """\
  sightline lists check flagged.csv --trust AGENCY.pub
      what it holds, row by row what could not be read, who signed it
""",
    "diff": """\
  sightline lists diff flagged-1.csv flagged-2.csv
      what was added, removed and changed
""",
    "compile": """\
  sightline lists compile flagged.csv --out flagged.compiled
      one file that opens at once, however large the list is
""",
}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its own commands."""
    here = _parser(
        commands, "lists", "make keys; sign, check, compare and compile flag lists", "".join(EXAMPLES.values())
    )
    own = here.add_subparsers(dest="lists_command", required=True, metavar="COMMAND", title="commands")
    _add_keygen(own)
    _add_sign(own)
    _add_check(own)
    _add_diff(own)
    _add_compile(own)


def _parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    examples: str,
    codes: str = "",
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog="\n".join(filter(None, (f"examples:\n{examples}", codes))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_keygen(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    here = _parser(own, "keygen", "make an issuer's keys, in minisign's format", EXAMPLES["keygen"])
    here.add_argument("--issuer", required=True, metavar="CODE", help="the issuer's code: letters, digits, . _ -")
    here.add_argument("--out", required=True, type=Path, metavar="DIR", help="where CODE.key and CODE.pub go")


def _add_sign(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    here = _parser(own, "sign", "sign a flag list: writes FILE.minisig beside it", EXAMPLES["sign"])
    here.add_argument("file", type=Path, metavar="FILE", help="the list")
    here.add_argument("--key", required=True, type=Path, metavar="KEY", help="your CODE.key")
    here.add_argument(
        "--valid-until", required=True, metavar="DATE", help="the last day (2027-03-31) or the instant of its end"
    )
    here.add_argument("--version", metavar="N", help="which version of the list this is")
    here.add_argument("--category", metavar="C", help="the category of rows that name none")
    here.add_argument(
        "--use",
        choices=("leads", "statistics"),
        default="statistics",
        help="what hits may be used for (default: statistics)",
    )
    here.add_argument(
        "--transcribed-by", metavar="NAME", help="who transcribed it, where the agency did not sign it itself"
    )
    here.add_argument(
        "--original", type=Path, metavar="FILE", help="the agency's original, whose SHA-256 is signed too"
    )
    here.add_argument(
        "--allow-rejects", action="store_true", help="sign although rows cannot be read; they match nothing"
    )
    _add_digest_key(here)
    here.add_argument("--overwrite", action="store_true", help="replace FILE.minisig")


def _add_check(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    here = _parser(
        own,
        "check",
        "say what a list holds, what could not be read, who signed it",
        EXAMPLES["check"],
        "exit codes: 0 fine; 1 rows could not be read; 3 not trusted (only with --trust); 4 damaged compiled list",
    )
    here.add_argument("file", type=Path, metavar="FILE", help="a list, plain or compiled")
    here.add_argument(
        "--trust", action="append", type=Path, default=[], metavar="PUB", help="public key of a trusted issuer"
    )
    _add_digest_key(here)
    here.add_argument("--against", type=Path, metavar="LIST", help="compile LIST again and compare it with FILE")
    here.add_argument(
        "--json", action="store_true", help="JSON lines: one for each row that could not be read, then one for the list"
    )


def _add_diff(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    here = _parser(
        own,
        "diff",
        "say what was added, removed and changed from one list to another",
        EXAMPLES["diff"],
        "exit codes: 0 done, whether they differ or not; 1 rows could not be read; 3 not trusted (only with --trust);\n"
        "4 damaged list. Without --trust, what signatures claim is shown unverified.",
    )
    here.add_argument("old", type=Path, metavar="OLD", help="the older list, which may have expired")
    here.add_argument("new", type=Path, metavar="NEW", help="the newer list")
    here.add_argument(
        "--trust", action="append", type=Path, default=[], metavar="PUB", help="refuse lists by nobody of these"
    )
    _add_digest_key(here)
    here.add_argument(
        "--json",
        action="store_true",
        help="JSON lines: one for each difference, then one for both lists and the counts",
    )


def _add_compile(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    here = _parser(own, "compile", "compile lists, each to one file that opens at once", EXAMPLES["compile"])
    here.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a list")
    here.add_argument(
        "--out", required=True, type=Path, metavar="COMPILED", help="the compiled file; for several FILEs a folder"
    )
    here.add_argument(
        "--trust", action="append", type=Path, default=[], metavar="PUB", help="refuse lists by nobody of these"
    )
    _add_digest_key(here)
    here.add_argument("--overwrite", action="store_true", help="replace compiled files that are there already")


def _add_digest_key(here: argparse.ArgumentParser) -> None:
    here.add_argument(
        "--digest-key",
        type=Path,
        metavar="KEYFILE",
        help="the key of keyed digests of names: digests of public suffixes and big hosts under it are refused",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the chosen command; gives the exit code."""
    from sightline.cli.lists import check, compile, diff, keys, sign  # noqa: PLC0415

    now = datetime.now(UTC)
    if arguments.lists_command == "keygen":
        return keys.run(arguments)
    if arguments.lists_command == "sign":
        return sign.run(arguments, now)
    if arguments.lists_command == "check":
        return check.run(arguments, now)
    if arguments.lists_command == "diff":
        return diff.run(arguments, now)
    return compile.run(arguments, now)
