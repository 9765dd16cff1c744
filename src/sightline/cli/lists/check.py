"""`sightline lists check`: what a list holds, what could not be read, who signed it."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from sightline.cli.lists import compile as compiling
from sightline.cli.lists.files import reading
from sightline.cli.lists.rows import Rejects, surveyed
from sightline.errors import UntrustedList, UsageError

if TYPE_CHECKING:
    from sightline.stages.lists.model import Signature


def run(arguments: argparse.Namespace, now: datetime) -> int:
    """Say what the list holds, and of its signature what can be said."""
    from sightline.stages.lists import compiled, trust  # noqa: PLC0415

    keys = trust.trusted_keys(arguments.trust)
    with reading(arguments.file), arguments.file.open("rb") as stream:
        head = compiled.read_head(stream, str(arguments.file)) if compiled.is_compiled(stream) else None
    if arguments.against is not None:
        if head is None:
            raise UsageError(f"{arguments.file} is not a compiled list", hint="--against checks a compiled list")
        compiling.compare(arguments.file, arguments.against)
    rejects = Rejects(sys.stdout.write, as_json=arguments.json)
    account: dict[str, object] = {"path": str(arguments.file)}
    if head is None:
        found = surveyed(arguments.file, rejects)
        rejects.finish()
        prehash, minisig, bad = found.prehash, trust.signature_text(arguments.file), found.reject_count
        account |= {
            "list_id": found.list_id,
            "file_kind": found.file_kind,
            "rows": found.rows,
            "rejects": found.rejects,
        }
    else:
        prehash, minisig, bad = head.prehash, head.minisig, sum(head.rejects.values())
        account |= {"list_id": head.list_id, "file_kind": "compiled", "rows": head.counts, "rejects": head.rejects}
    refusal: UntrustedList | None = None
    signature: Signature | None = None
    try:
        if arguments.trust:
            signature = trust.verified(prehash, minisig, keys, now, str(arguments.file))
        elif minisig is not None:
            signature = trust.claimed(minisig, str(arguments.file))
    except UntrustedList as why:
        refusal = why
    account["signature"] = _signature(signature, refusal, now, is_verified=bool(arguments.trust))
    print(json.dumps(account, ensure_ascii=False, default=str) if arguments.json else _told(account))
    if refusal is not None and arguments.trust:
        raise refusal
    return 1 if bad else 0


def _signature(
    found: Signature | None, refusal: UntrustedList | None, now: datetime, *, is_verified: bool
) -> dict[str, object]:
    """What is known of the signature; `state` first."""
    if found is None:
        return {"state": "refused", "why": str(refusal)} if refusal else {"state": "unsigned"}
    state = (
        "verified" if is_verified else "expired" if found.valid_until <= now else "not verified: no --trust was given"
    )
    return {
        "state": state,
        "origin": found.origin,
        "issuer": found.issuer,
        "key_id": found.key_id,
        "version": found.version,
        "valid_until": found.valid_until.isoformat(),
        "category": found.category,
        "use": found.use,
        "transcribed_by": found.transcribed_by,
        "original_sha256": found.original_sha256,
    }


def _told(account: dict[str, object]) -> str:
    """The account for people."""
    lines = [f"{account['path']}: {account['file_kind']}, list id {account['list_id']}"]
    for title in ("rows", "rejects"):
        counts = account[title]
        assert isinstance(counts, dict)
        parts = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        lines.append(f"  {title:<10} {sum(counts.values()):,}" + (f": {parts}" if parts else ""))
    signature = account["signature"]
    assert isinstance(signature, dict)
    lines.append(f"  signature  {signature['state']}")
    lines += [f"    {name}: {value}" for name, value in signature.items() if name != "state" and value is not None]
    return "\n".join(lines)
