"""Assign leads that nobody has to the officer who begins to work on them."""

from __future__ import annotations

from collections.abc import Iterable

from sightline.casework.leads import lead_work
from sightline.casework.permissions.access import Action, Actor, allow
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.model import LeadStatus
from sightline.services.artifacts.lead_files import Leads
from sightline.services.lead_status.selection import select_with_earlier_ids
from sightline.services.lead_status.status import derive_statuses, select_statuses


def take_unassigned(officer_session: OfficerSession, leads: Leads, lead_ids: Iterable[str], why: str) -> int:
    """Assign those of the leads that are open and have no owner to this officer; return how many they were.

    An officer who may not assign leads takes none. Raises Conflict.
    """
    officer = officer_session.officer
    if not allow(Actor(officer.officer_id, officer.role), Action.LEAD_ASSIGN).allowed:
        return 0
    ids = sorted(set(lead_ids))
    known = select_statuses(derive_statuses(officer_session.workspace, leads), ids)
    free = [
        lead_id
        for lead_id in ids
        if lead_id not in known
        or (known[lead_id]["officer_id"] is None and known[lead_id]["status"] != LeadStatus.CLOSED.value)
    ]
    if free:
        lead_work.assign_leads(officer_session, select_with_earlier_ids(leads, free), officer.officer_id, why)
    return len(free)
