"""`sightline lists check`: what a list holds, how its rows were understood, what could not be read, who signed it."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.lists import compile as compiling
from sightline.cli.lists.file_output import map_input_errors
from sightline.cli.lists.list_rows import UNDATED, RejectPrinter, RowPrinter, add_digest_key, show_survey
from sightline.cli.subcommands import Parsers, add_command
from sightline.errors import UntrustedList, UsageError
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.stages.lists.model import Signature

EXAMPLES = """\
  sightline lists check flagged.csv --trust AGENCY.pub
      # what it holds, how each row was understood, what could not be read, who signed it
"""
CODES = """
exit codes: 0 fine; 1 rows could not be read; 3 not trusted (only with --trust); 4 damaged compiled list"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(
        verbs, "check", "show what a list contains, what could not be read, and who signed it", EXAMPLES + CODES
    )
    here.add_argument("file", type=Path, metavar="FILE", help="a list, plain or compiled")
    here.add_argument(
        "--trust", action="append", type=Path, default=[], metavar="PUB", help="public key of a trusted issuer"
    )
    add_digest_key(here)
    here.add_argument("--against", type=Path, metavar="LIST", help="compile LIST again and compare it with FILE")
    here.add_argument("--rows", action="store_true", help="show every row as it was understood, not the first 20")
    here.add_argument(
        "--json",
        action="store_true",
        help="JSON lines: one for each row that could not be read (--rows: each row), then one for the list",
    )


def run(arguments: argparse.Namespace) -> int:
    """Say what the list holds, and of its signature what can be said."""
    from sightline.stages.lists import trust  # noqa: PLC0415

    now = datetime.now(UTC)
    keys = trust.read_trusted_keys(arguments.trust)
    holding = _read_holding(arguments)
    refusal: UntrustedList | None = None
    signature: Signature | None = None
    try:
        if arguments.trust:
            signature = trust.verify_unexpired(holding.prehash, holding.minisig, keys, now, str(arguments.file))
        elif holding.minisig is not None:
            signature = trust.read_unverified(holding.minisig, str(arguments.file))
    except UntrustedList as error:
        refusal = error
    account = holding.account | {
        "signature": _describe_signature(signature, refusal, now, is_verified=bool(arguments.trust))
    }
    print(json.dumps(account, ensure_ascii=False) if arguments.json else _format_account(account))
    if refusal is not None and arguments.trust:
        raise refusal
    return 1 if holding.account["rejects"] else 0


@dataclass(frozen=True, slots=True)
class _ListFileContent:
    """The contents of a list file for the report, and the digest that its signature covers."""

    account: dict[str, object]
    prehash: bytes
    minisig: str | None


def _read_holding(arguments: argparse.Namespace) -> _ListFileContent:
    """Read the list and count its rows. Rejects of a plain list are printed while it is read."""
    from sightline.stages.lists import compiled, trust  # noqa: PLC0415
    from sightline.stages.lists.digest_key import read_digest_key  # noqa: PLC0415

    digest_key = read_digest_key(arguments.digest_key)
    path: Path = arguments.file
    with map_input_errors(path), path.open("rb") as stream:
        if compiled.is_compiled(stream):
            head = compiled.read_head(stream, str(path))
            compiled.verify_compiled(stream, head, str(path))
            if arguments.against is not None:
                compiling.compare(path, arguments.against, digest_key)
            holds = {"path": str(path), "file_kind": "compiled", "list_id": head.list_id}
            return _ListFileContent(
                holds | {"indicators": head.counts, "rejects": head.rejects}, head.prehash, head.minisig
            )
    if arguments.against is not None:
        raise UsageError(f"{path} is not a compiled list", hint="--against checks a compiled list")
    rejects = RejectPrinter(sys.stdout.write, as_json=arguments.json)
    rows = RowPrinter(sys.stdout.write, digest_key, every=arguments.rows, as_json=arguments.json)
    survey = show_survey(path, rejects, digest_key, rows)
    rows.finish()
    rejects.finish()
    facts: dict[str, object] = {"path": str(path), "file_kind": survey.file_kind, "list_id": survey.list_id}
    facts |= {"rows": survey.rows, "rejects": survey.rejects, "undated_references": survey.undated}
    return _ListFileContent(facts, survey.prehash, trust.read_signature_text(path))


def _describe_signature(
    signature: Signature | None, refusal: UntrustedList | None, now: datetime, *, is_verified: bool
) -> dict[str, object]:
    """Return what is known of the signature; `state` first."""
    if signature is None:
        return {"state": "refused", "why": str(refusal)} if refusal else {"state": "unsigned"}
    state = (
        "verified"
        if is_verified
        else "expired"
        if signature.valid_until <= now
        else "not verified: no --trust was given"
    )
    return {
        "state": state,
        "origin": signature.origin,
        "issuer": signature.issuer,
        "key_id": signature.key_id,
        "series": signature.series,
        "version": signature.version,
        "valid_until": signature.valid_until.isoformat(),
        "category": signature.category,
        "use": signature.use,
        "transcribed_by": signature.transcribed_by,
        "original_sha256": signature.original_sha256,
    }


def _format_account(account: dict[str, object]) -> str:
    """The account for people."""
    lines = [f"{account['path']}: {account['file_kind']}, list id {account['list_id']}"]
    for title, counts in account.items():
        if title == "signature" or not isinstance(counts, dict):
            continue
        parts = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        lines.append(f"  {title:<10} {sum(counts.values()):,}" + (f": {parts}" if parts else ""))
    undated = account.get("undated_references")
    if isinstance(undated, int) and undated:
        lines.append(f"  {UNDATED.format(rows=count_noun(undated, 'row has', 'rows have'))}")
    signature = account["signature"]
    assert isinstance(signature, dict)
    lines.append(f"  signature  {signature['state']}")
    lines += [f"    {name}: {value}" for name, value in signature.items() if name != "state" and value is not None]
    return "\n".join(lines)
