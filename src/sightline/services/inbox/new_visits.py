"""Record in the ledger what a rebuild brought, so that officers are told of it.

These are visits that joined leads that somebody works on, and leads whose reports ask for high priority.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sightline.casework.leads.lead_watches import list_watchers
from sightline.casework.leads.lead_work import read_lead_work
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import Verb
from sightline.services.artifacts.lead_files import Leads, open_generation
from sightline.storage.rows import Generation, LeadMark, Operation
from sightline.storage.table import Tables

MOST = 500
"""Leads of one rebuild that get an entry of their own, those with the most new visits."""


def record_new_visits(officer_session: OfficerSession, older: Generation | None, newer: Generation) -> int:
    """Record which leads in danger, in an operation, assigned or watched by an officer have more visits than before.

    Return their number.
    """
    if older is None:
        return 0
    workspace = officer_session.workspace
    with workspace.read() as tables:
        watched = list_watched(tables) | set(list_watchers(tables))
    if not watched:
        return 0
    try:
        with open_generation(workspace, older.number, with_replies=False) as before:
            was = _read_visits(before, watched)
        with open_generation(workspace, newer.number, with_replies=False) as after:
            grown = _count_new(after, was)
    except UsageError:
        return 0  # one of them went with an exhibit that was purged
    return record_joined_visits(officer_session, grown)


def record_joined_visits(officer_session: OfficerSession, visits: Mapping[str, int]) -> int:
    """Record that visits joined leads: their number by lead. Return how many entries were made. Raises NotAllowed."""
    most = sorted(visits.items(), key=lambda one: (-one[1], one[0]))[:MOST]
    if not most:
        return 0
    with officer_session.change(Action.LEADS_REBUILD, "leads:all") as change:
        for lead_id, count in most:
            change.ledger.append(Verb.LEAD_VISITED, change.signer, f"lead:{lead_id}", facts={"visits": count})
    return len(most)


def record_reported_leads(officer_session: OfficerSession, older: Generation | None, newer: Generation) -> int:
    """Record the leads that a report newly asks to be dealt with at once. Return how many there are.

    A lead is new among them if the generation before had none of its reports, or an officer had answered those.
    """
    workspace = officer_session.workspace
    try:
        with open_generation(workspace, newer.number, with_replies=False) as after:
            asked = _list_asking(after)
            if asked and older is not None:
                with open_generation(workspace, older.number, with_replies=False) as before:
                    asked -= {after.find_current_id(session) for session in _list_asking(before)}
    except UsageError:
        return 0  # one of them went with an exhibit that was purged
    if not asked:
        return 0
    with officer_session.change(Action.LEADS_REBUILD, "leads:all") as change:
        for lead_id in sorted(asked)[:MOST]:
            change.ledger.append(Verb.LEAD_REPORTED, change.signer, f"lead:{lead_id}")
    return len(asked)


def _list_asking(leads: Leads) -> frozenset[str]:
    """Return the leads of reports that ask for high priority, without those that an officer confirmed or answered."""
    return leads.list_reported() - leads.answered


def list_watched(tables: Tables, *, has_assigned: bool = True) -> set[str]:
    """Return the leads in danger, and the open ones in an operation that goes on or, `has_assigned`, with an owner."""
    going_on = {operation.operation_id for operation in tables[Operation].select(closed_at_us=None)}
    marked = {lead_mark.lead_id for lead_mark in tables[LeadMark].select(lifted_at_us=None)}
    states = read_lead_work(tables).items() if going_on or has_assigned else ()
    return marked | {
        lead_id
        for lead_id, lead_work in states
        if lead_work.closed is None
        and ((has_assigned and lead_work.assigned is not None) or lead_work.operations & going_on)
    }


def _read_visits(leads: Leads, lead_ids: set[str]) -> dict[str, int]:
    condition = pl.col("lead_id").is_in(sorted(lead_ids))
    return dict(leads.open_frame().filter(condition).select("lead_id", "visits").collect().iter_rows())


def _count_new(after: Leads, was: Mapping[str, int]) -> dict[str, int]:
    """Return how many more visits each lead has now, under its current id."""
    current = (
        {old_id: after.find_current_id(old_id) for old_id in was}
        if after.files["aliases"]
        else {old_id: old_id for old_id in was}
    )
    before: dict[str, int] = {}
    for old, lead_id in current.items():
        before[lead_id] = before.get(lead_id, 0) + was[old]
    now = _read_visits(after, set(before))
    return {lead_id: now[lead_id] - before[lead_id] for lead_id in now if now[lead_id] > before[lead_id]}
