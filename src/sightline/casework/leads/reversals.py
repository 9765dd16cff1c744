"""Undo an act on leads that nobody outside the unit knows of: an assignment or a closing, by new acts of the ledger."""

from __future__ import annotations

from collections.abc import Mapping

from sightline.casework.leads.lead_work import (
    NOTHING,
    SelectedLeads,
    compute_states,
    make_batch,
    read_steps_and_batches,
    register_batch,
)
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Conflict, UsageError
from sightline.model import LeadAct
from sightline.storage.rows import LeadBatch, LeadMark, LeadStep
from sightline.storage.table import Tables
from sightline.workspace.workspace import Change

LONGEST_US = 3_600 * 1_000_000
"""How long after an act its officer can undo it: an hour."""
NEEDS = {LeadAct.ASSIGNED: Action.LEAD_ASSIGN, LeadAct.CLOSED: Action.LEAD_CLOSE}


def undo(officer_session: OfficerSession, batch_id: str) -> int:
    """Undo one's own assignment or closing of the last hour. Return the number of its leads.

    Leads go back to the officer who had each, or to nobody; closed ones are open again. Raises UsageError for another
    act, Conflict if somebody acted on one of the leads since, NotAllowed.
    """
    with officer_session.workspace.read() as tables:
        made = _require_undoable(tables, officer_session.officer.officer_id, batch_id)
    with officer_session.change(NEEDS[made.act], "leads:chosen") as change:
        if change.now_us - made.made_at_us > LONGEST_US:
            raise UsageError("it was done more than an hour ago", hint="assign or reopen the leads instead")
        lead_ids = [lead_step.lead_id for lead_step in change.tables[LeadStep].select(batch_id=batch_id)]
        _require_unchanged(change.tables, made, lead_ids)
        why = f"undone: {made.why}"
        if made.act is LeadAct.CLOSED:
            register_batch(change, make_batch(change, LeadAct.REOPENED, why), SelectedLeads(lead_ids), why)
        else:
            _give_back(change, made, lead_ids, why)
    return len(lead_ids)


def _require_undoable(tables: Tables, officer_id: str, batch_id: str) -> LeadBatch:
    lead_batch = tables[LeadBatch].get(batch_id)
    if lead_batch is None or lead_batch.made_by != officer_id or lead_batch.act not in NEEDS:
        raise UsageError("there is no such act of yours to undo", hint="you can undo what you assigned or closed")
    return lead_batch


def _require_unchanged(tables: Tables, made: LeadBatch, lead_ids: list[str]) -> None:
    """Raise Conflict if anybody acted on the leads since, and UsageError if the act ended a mark of danger."""
    steps, _ = read_steps_and_batches(tables, lead_ids)
    last = {lead_id: batch_id for lead_id, _, batch_id in steps}
    if changed := [lead_id for lead_id in lead_ids if last[lead_id] != made.batch_id]:
        what = f"{len(changed):,} of these leads {'was' if len(changed) == 1 else 'were'} changed meanwhile"
        raise Conflict(what, yours=f"undo: {made.why}", theirs="a later act", version=0)
    if any(mark.lifted_at_us == made.made_at_us for mark in tables[LeadMark].select_within("lead_id", lead_ids)):
        raise UsageError(
            "closing these leads ended a mark of danger, which cannot be undone",
            hint="reopen the leads, and mark the danger again",
        )


def _give_back(change: Change, made: LeadBatch, lead_ids: list[str], why: str) -> None:
    for officer_id, owned_ids in _find_owners_before(change.tables, made, lead_ids).items():
        batch = make_batch(change, LeadAct.ASSIGNED, why, officer_id=officer_id)
        register_batch(change, batch, SelectedLeads(owned_ids), why)


def _find_owners_before(tables: Tables, made: LeadBatch, lead_ids: list[str]) -> Mapping[str | None, list[str]]:
    """Return the leads by the officer who had each before the act; None: nobody."""
    steps, batches = read_steps_and_batches(tables, lead_ids)
    before = compute_states([step for step in steps if step[2] != made.batch_id], batches, {})
    leads_by_officer: dict[str | None, list[str]] = {}
    for lead_id in lead_ids:
        assigned = before.get(lead_id, NOTHING).assigned
        leads_by_officer.setdefault(assigned.officer_id if assigned else None, []).append(lead_id)
    return leads_by_officer
