"""Leads that an officer marks: a child is in present danger."""

from __future__ import annotations

from dataclasses import replace

from sightline.casework.access import Action
from sightline.casework.acting import Desk
from sightline.errors import UsageError
from sightline.record.ledger.verbs import Verb
from sightline.record.store.rows import LeadMark
from sightline.record.ulid import new_id


def mark(desk: Desk, lead_id: str, known: LeadMark | None, why: str) -> LeadMark:
    """Mark a lead. Raises UsageError if it is marked."""
    if known is not None:
        raise UsageError(f"the lead is marked already: {known.why}", hint="sightline leads mark ID --lift ends it")
    with desk.change(Action.LEAD_MARK, f"lead:{lead_id}") as change:
        made = LeadMark(new_id(change.now), lead_id, why, change.now_us, desk.officer.officer_id)
        change.add(Verb.LEAD_MARKED, made, lead=lead_id)
    return made


def lift(desk: Desk, lead_id: str, known: LeadMark | None, why: str) -> LeadMark:
    """End the mark of a lead. Raises UsageError if it has none."""
    if known is None:
        raise UsageError("the lead is not marked", hint="sightline leads list --priority urgent shows those that are")
    with desk.change(Action.LEAD_MARK, f"lead:{lead_id}") as change:
        over = replace(known, lifted_at_us=change.now_us, lifted_why=why)
        change.put(Verb.LEAD_UNMARKED, over, why=why)
    return over
