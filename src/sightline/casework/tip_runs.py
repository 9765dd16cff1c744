"""Runs of tips: which are current. A tip has no flag list; its newest run of one source counts (ADR 26)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sightline.storage.rows import Run

TIP_FORMAT = "tip:"
"""How the format of a tip's run begins. No log format has such a name."""


def is_tip(run: Run) -> bool:
    """Return whether a run read a tip."""
    return run.format.startswith(TIP_FORMAT)


def newest_tip_runs(runs: Iterable[Run]) -> Mapping[tuple[str, str], Run]:
    """Return the newest run of each tip that was not purged, by exhibit and source. Other runs are left out."""
    found: dict[tuple[str, str], Run] = {}
    for run in sorted(runs, key=lambda each: (each.registered_at_us, each.run_id)):
        if is_tip(run) and run.row_key is not None:
            found[run.exhibit_id, run.source_id] = run
    return found


def reports_without(run: Run) -> frozenset[str]:
    """Return the numbers of the reports in a tip that do not count: a newer version is in another exhibit."""
    return frozenset(json.loads(run.manifest_json)["options"]["without_reports"])
