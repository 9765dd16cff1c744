"""Summary of an import of tips, and its exit code."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sightline.services.tip_import.import_tips import ImportedTip, TipImport


def to_json(done: TipImport) -> dict[str, Any]:
    """Return the account of an import as JSON. It names no address."""
    return {
        "source": done.context.source.name,
        "authority": done.context.scan.authority.number,
        "tips": [_tip(one) for one in done.read],
        "failed": [asdict(one) for one in done.failed],
        "replaced": [asdict(one) for one in done.replaced],
        "known": done.known,
        "copies": [{"path": path, "copy_of": other} for path, other in done.copies],
        "ignored": dict(sorted(done.found.attachments.items())),
        "connections": sum(one.rows for one in done.read),
        "swept": done.swept,
    }


def _tip(one: ImportedTip) -> dict[str, Any]:
    account = {name: value for name, value in asdict(one.account).items() if name != "places"}
    return account | {
        "run_id": one.run_id,
        "connections": one.rows,
        "others": {party.value: count for party, count in sorted(one.others.items())},
        "low_ports": one.low_ports,
        "long_events": one.long_events,
        "zoneless": one.zoneless,
        "flags": dict(one.flags),
    }


def exit_code(done: TipImport, max_rejects_percent: float) -> int:
    """Return 4 for a damaged tip, 3 for a file that was refused, 1 for a tip with more rejects than allowed, else 0.

    Wrong use of a file, such as columns that are not named, is 2, and comes first.
    """
    failed = {one.exit_code for one in done.failed}
    failed |= {4} if any(one.account.is_damaged for one in done.read) else set()
    if failed:
        return min(failed)
    accounts = [one.account for one in done.read]
    return 1 if any(one.reject_count * 100 > max_rejects_percent * one.frames for one in accounts) else 0
