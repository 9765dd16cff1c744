"""History of one lead: its assignee, whether it is closed, operations, notes and acts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightline.casework.leads.lead_notes import list_notes
from sightline.casework.leads.lead_work import NOTHING, compute_states, read_steps_and_batches
from sightline.casework.permissions.roster import list_names
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import JournalVerb as Verb
from sightline.services.artifacts.lead_files import Leads
from sightline.services.lead_status.lead_notices import group_notices_by_lead, list_lead_notices
from sightline.services.lead_status.selection import select_with_earlier_ids
from sightline.services.lead_status.status import find_close_reason
from sightline.services.outcomes.outcomes import to_dicts
from sightline.storage.rows import LeadBatch, LeadMark, LeadNote, Operation, Outcome, StoredJournalRow
from sightline.storage.table import Tables
from sightline.workspace.cache import WORK
from sightline.workspace.workspace import Workspace

LeadJson = dict[str, Any]


def describe_lead_work(workspace: Workspace, leads: Leads, lead_id: str, as_of: int | None = None) -> LeadJson:
    """Return `version assigned_to closed operations outcomes notes acts` of a lead, under all its ids, in order.

    `as_of`: the oldest version of the workspace that the outcome_facts may show (`Workspace.get_cached`).
    """
    lead_selection = select_with_earlier_ids(leads, [lead_id])
    ids = lead_selection.list_all_ids()
    with workspace.read() as tables:
        steps, by_id = read_steps_and_batches(tables, ids)
        stands, batches = (
            compute_states(steps, by_id, lead_selection.find_current_ids()).get(lead_id, NOTHING),
            list(by_id.values()),
        )
        notes = list_notes(tables, ids)
        officers = workspace.get_cached("names", lambda: _load_names(workspace), as_of, WORK)
        named = {batch.operation_id for batch in batches if batch.operation_id} | stands.operations
        operations = {
            operation.operation_id: operation.name
            for operation in tables[Operation].select_within("operation_id", sorted(named))
        }
        outcomes = [
            outcome for outcome in tables[Outcome].select_within("lead_id", ids) if outcome.withdrawn_at_us is None
        ]
        marks = tables[LeadMark].select_within("lead_id", sorted(set(ids)))
        is_marked = any(mark.lifted_at_us is None for mark in marks)
        reason, outcome_facts = find_close_reason(stands, outcomes, is_marked=is_marked), to_dicts(tables, outcomes)
        others = [
            *_list_mark_events(marks),
            *_list_opening_events(tables, ids),
            *_list_notice_events(workspace, leads, lead_id, as_of),
        ]
    last = stands.closed
    return {
        "version": stands.version,
        "assigned_to": officers.get(stands.assigned.officer_id or "") if stands.assigned else None,
        "closed": reason and {"reason": reason, "why": last.why if last else None},
        "operations": sorted(operations[operation] for operation in stands.operations),
        "outcomes": outcome_facts,
        "notes": [_build_note_json(note, officers) for note in notes],
        "acts": [
            _build_act_json(lead_event, officers, operations)
            for lead_event in sorted([*map(_build_batch_event, batches), *others], key=lambda each: each.at_us)
        ],
    }


def _build_note_json(one: LeadNote, officers: Mapping[str, str]) -> LeadJson:
    return {
        "note_id": one.note_id,
        "version": one.version,
        "text": one.text,
        "why": one.why,
        "by": officers.get(one.changed_by or one.made_by),
        "at": _format_time(one.changed_at_us or one.made_at_us),
    }


def _build_act_json(one: LeadEvent, officers: Mapping[str, str], operations: Mapping[str, str]) -> LeadJson:
    return {
        "act": one.act,
        "to": officers.get(one.to or ""),
        "operation": operations.get(one.operation_id or ""),
        "notice": one.notice,
        "reason": one.reason,
        "why": one.why,
        "leads": one.leads,
        "by": officers.get(one.by or ""),
        "at": _format_time(one.at_us),
    }


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """An event of a lead: an act on leads, a mark, an opened address, or a step of a notice."""

    act: str
    at_us: int
    by: str | None
    why: str | None
    to: str | None = None
    operation_id: str | None = None
    notice: str | None = None
    reason: str | None = None
    leads: int = 1


def _build_batch_event(one: LeadBatch) -> LeadEvent:
    return LeadEvent(
        one.act.value,
        one.made_at_us,
        one.made_by,
        one.why,
        to=one.officer_id,
        operation_id=one.operation_id,
        reason=one.reason,
        leads=one.leads,
    )


def _list_mark_events(marks: Sequence[LeadMark]) -> Iterator[LeadEvent]:
    """Yield that a child was said to be in danger, and that this was over; the ledger has who lifted a mark."""
    for mark in marks:
        yield LeadEvent("marked", mark.set_at_us, mark.set_by, mark.why)
        if mark.lifted_at_us is not None:
            yield LeadEvent("unmarked", mark.lifted_at_us, None, mark.lifted_why)


def _list_opening_events(tables: Tables, lead_ids: Sequence[str]) -> Iterator[LeadEvent]:
    """Yield who opened the lead's address, and why."""
    things = sorted({f"lead:{lead_id}" for lead_id in lead_ids})
    for row in tables[StoredJournalRow].select_within("thing", things):
        if row.verb == Verb.VIEW_ADDRESS.value:
            yield LeadEvent("address-opened", row.at_us, row.actor, row.text)


def _list_notice_events(workspace: Workspace, leads: Leads, lead_id: str, as_of: int | None) -> Iterator[LeadEvent]:
    """Yield the steps of the notices that ask about the lead."""
    for notice in group_notices_by_lead(workspace, leads, list_lead_notices(workspace, as_of), [lead_id]).get(
        lead_id, ()
    ):
        for act, at_us, by, why in (
            ("notice-drafted", notice.made_at_us, notice.made_by, None),
            ("notice-approved", notice.approved_at_us, None, None),
            ("notice-sent", notice.sent_at_us, None, notice.sent_how),
            ("notice-closed", notice.closed_at_us, None, notice.closed_why),
        ):
            if at_us is not None:
                yield LeadEvent(act, at_us, by, why, notice=notice.number)


def _load_names(workspace: Workspace) -> dict[str, str]:
    with workspace.read() as tables:
        return list_names(tables)


def _format_time(at_us: int) -> str:
    return f"{to_instant(at_us):%Y-%m-%dT%H:%M:%S.%fZ}"
