"""What was done about one lead: to whom it is assigned, whether it is closed, its operations, notes and acts."""

from __future__ import annotations

from typing import Any

from sightline.casework.notes import notes_of
from sightline.casework.roster import names
from sightline.casework.working import NOTHING, stands_after, steps_and_batches
from sightline.engines.leading.reading import Leads
from sightline.engines.measuring.outcomes import told_of
from sightline.engines.working.chosen import with_older
from sightline.engines.working.status import closed_why
from sightline.record.current import WORK
from sightline.record.ledger.instants import instant
from sightline.record.store.rows import Operation, Outcome
from sightline.record.workspace import Workspace

Told = dict[str, Any]


def work_of(workspace: Workspace, read: Leads, lead_id: str, as_of: int | None = None) -> Told:
    """`version assigned_to closed operations outcomes notes acts` of a lead, under all ids that it had, in their order.

    `as_of`: the version of the record that shall be in it at least (`Workspace.kept`).
    """
    mine = with_older(read, [lead_id])
    ids = mine.all_ids()
    with workspace.reading() as shelves:
        steps, by_id = steps_and_batches(shelves, ids)
        stands, batches = stands_after(steps, by_id, mine.now()).get(lead_id, NOTHING), list(by_id.values())
        notes = notes_of(shelves, ids)
        officers = workspace.kept("names", lambda: _names(workspace), as_of, WORK)
        named = {one.operation_id for one in batches if one.operation_id} | stands.operations
        operations = {one.operation_id: one.name for one in shelves[Operation].within("operation_id", sorted(named))}
        outcomes = [one for one in shelves[Outcome].within("lead_id", ids) if one.withdrawn_at_us is None]
        reason, found = closed_why(stands, outcomes), told_of(shelves, outcomes)
    last = stands.closed
    return {
        "version": stands.version,
        "assigned_to": officers.get(stands.assigned.officer_id or "") if stands.assigned else None,
        "closed": reason and {"reason": reason, "why": last.why if last else None},
        "operations": sorted(operations[one] for one in stands.operations),
        "outcomes": found,
        "notes": [
            {
                "note_id": one.note_id,
                "version": one.version,
                "text": one.text,
                "why": one.why,
                "by": officers.get(one.changed_by or one.made_by),
                "at": _time(one.changed_at_us or one.made_at_us),
            }
            for one in notes
        ],
        "acts": [
            {
                "act": one.act.value,
                "to": officers.get(one.officer_id or ""),
                "operation": operations.get(one.operation_id or ""),
                "reason": one.reason,
                "why": one.why,
                "leads": one.leads,
                "by": officers.get(one.made_by),
                "at": _time(one.made_at_us),
            }
            for one in sorted(batches, key=lambda each: (each.made_at_us, each.batch_id))
        ],
    }


def _names(workspace: Workspace) -> dict[str, str]:
    with workspace.reading() as shelves:
        return names(shelves)


def _time(at_us: int) -> str:
    return f"{instant(at_us):%Y-%m-%dT%H:%M:%S.%fZ}"
