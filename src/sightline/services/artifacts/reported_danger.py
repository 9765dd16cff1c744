"""Leads of reports that ask for high priority: which of them an officer has confirmed or answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import polars as pl

from sightline.stages.leads.rules import RULES
from sightline.stages.leads.triage import DANGER
from sightline.stages.leads.visits import PLACE_BITS
from sightline.storage.rows import LeadMark, Run
from sightline.storage.table import Tables

_RULE = RULES[DANGER]


def list_answered(
    tables: Tables,
    files: Iterable[Path],
    places: Callable[[], Mapping[int, tuple[str, str | None]]],
    current_id: Callable[[str], str],
) -> frozenset[str]:
    """Return the leads whose reports were all there when an officer last marked or answered the lead.

    A report that came later asks again. `files`: leads and their sessions; `places`: exhibit and member by ordinal;
    `current_id`: the lead that now has an older id.
    """
    marks = tables[LeadMark].select()
    reported = [] if not marks else [result for path in files for result in list_reported(path)]
    if not reported:
        return frozenset()
    last: dict[str, int] = {}
    for lead_mark in marks:
        lead_id = current_id(lead_mark.lead_id)
        last[lead_id] = max(last.get(lead_id, 0), lead_mark.lifted_at_us or lead_mark.set_at_us)
    asked = [(lead_id, places()[ordinal][0]) for lead_id, ordinal in reported if lead_id in last]
    came: dict[str, int] = {}
    for run in tables[Run].select_within("exhibit_id", sorted({exhibit for _, exhibit in asked})):
        came[run.exhibit_id] = min(came.get(run.exhibit_id, run.registered_at_us), run.registered_at_us)
    again = {lead_id for lead_id, exhibit in asked if came.get(exhibit, 0) > last[lead_id]}
    return frozenset({lead_id for lead_id, _ in asked} - again)


def list_reported(path: Path) -> list[tuple[str, int]]:
    """Return the lead, and the exhibit's ordinal, of each row of a file that a report asks for high priority."""
    rows = pl.scan_parquet(path)
    if _RULE.at not in rows.collect_schema():
        return []
    reported = rows.filter(pl.col(_RULE.count) > 0)
    return reported.select("lead_id", pl.col(_RULE.at) // (1 << PLACE_BITS)).collect().rows()
