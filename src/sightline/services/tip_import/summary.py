"""Summary of an import of tips, and its exit code."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sightline.services.tip_import.import_tips import ImportedTip, TipImport


def to_json(tip_import: TipImport) -> dict[str, Any]:
    """Return the account of an import as JSON. It names no address."""
    return {
        "source": tip_import.context.source.name,
        "authority": tip_import.context.scan.authority.number,
        "tips": [_describe_tip(imported_tip) for imported_tip in tip_import.read],
        "failed": [asdict(failed_file) for failed_file in tip_import.failed],
        "replaced": [asdict(report) for report in tip_import.replaced],
        "known": tip_import.known,
        "copies": [{"path": path, "copy_of": other} for path, other in tip_import.copies],
        "ignored": dict(sorted(tip_import.tip_files.attachments.items())),
        "connections": sum(imported_tip.rows for imported_tip in tip_import.read),
        "swept": tip_import.swept,
    }


def _describe_tip(imported_tip: ImportedTip) -> dict[str, Any]:
    account = {name: value for name, value in asdict(imported_tip.account).items() if name != "places"}
    return account | {
        "run_id": imported_tip.run_id,
        "connections": imported_tip.rows,
        "others": {party.value: count for party, count in sorted(imported_tip.others.items())},
        "low_ports": imported_tip.low_ports,
        "long_events": imported_tip.long_events,
        "zoneless": imported_tip.zoneless,
        "flags": dict(imported_tip.flags),
    }


def choose_exit_code(tip_import: TipImport, max_rejects_percent: float) -> int:
    """Return 4 for a damaged tip, 3 for a file that was refused, 1 for a tip with more rejects than allowed, else 0.

    Wrong use of a file, such as columns that are not named, is 2, and comes first.
    """
    failed = {failed_file.exit_code for failed_file in tip_import.failed}
    failed |= {4} if any(imported_tip.account.is_damaged for imported_tip in tip_import.read) else set()
    if failed:
        return min(failed)
    accounts = [imported_tip.account for imported_tip in tip_import.read]
    return (
        1
        if any(tip_account.reject_count * 100 > max_rejects_percent * tip_account.frames for tip_account in accounts)
        else 0
    )
