"""Runs of tips: which are current. A tip has no flag list; its newest run of one source counts (ADR 26)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, and_, or_, select

from sightline.storage.rows import Exhibit, Run
from sightline.storage.table import Tables

TIP_FORMAT = "tip:"
"""How the format of a tip's run begins. No log format has such a name."""


def is_tip(run: Run) -> bool:
    """Return whether a run read a tip."""
    return run.format.startswith(TIP_FORMAT)


def select_newest_tip_runs(runs: Iterable[Run]) -> Mapping[tuple[str, str], Run]:
    """Return the newest run of each tip that was not purged, by exhibit and source. Other runs are left out."""
    result: dict[tuple[str, str], Run] = {}
    for run in sorted(runs, key=lambda each: (each.registered_at_us, each.run_id)):
        if is_tip(run) and run.row_key is not None:
            result[run.exhibit_id, run.source_id] = run
    return result


def list_uncounted_reports(run: Run) -> frozenset[str]:
    """Return the numbers of the reports in a tip that do not count: a newer version is in another exhibit."""
    return frozenset(json.loads(run.manifest_json)["options"]["without_reports"])


def list_newest_tips(tables: Tables, limit: int, before: str = "") -> list[Run]:
    """Return the runs that count of the newest tips, newest first. `before`: the last tip of the page before."""
    table, runs = tables[Exhibit], tables[Run]
    key, at_us = table.get_column("exhibit_id"), table.get_column("registered_at_us")
    read = select(runs.get_column("exhibit_id")).where(_match_current_tip_runs(tables))
    conditions: list[ColumnElement[bool]] = [key.in_(read)]
    last = table.get(before) if before else None
    if last is not None:
        is_same = and_(at_us == last.registered_at_us, key < last.exhibit_id)
        conditions.append(or_(at_us < last.registered_at_us, is_same))
    exhibits = table.list_newest(limit, *conditions, by=("registered_at_us", "exhibit_id"))
    newest = select_newest_tip_runs(runs.select_within("exhibit_id", [exhibit.exhibit_id for exhibit in exhibits]))
    return [
        run
        for exhibit in exhibits
        for (exhibit_id, _), run in sorted(newest.items())
        if exhibit_id == exhibit.exhibit_id
    ]


def list_current_tips(tables: Tables) -> list[Run]:
    """Return the runs that count of all tips, in the order of their registration."""
    newest = select_newest_tip_runs(tables[Run].read_each(_match_current_tip_runs(tables)))
    return sorted(newest.values(), key=lambda run: (run.registered_at_us, run.run_id))


def _match_current_tip_runs(tables: Tables) -> ColumnElement[bool]:
    runs = tables[Run]
    is_tip_run = runs.get_column("format").startswith(TIP_FORMAT, autoescape=True)
    return and_(is_tip_run, runs.get_column("row_key").is_not(None))
