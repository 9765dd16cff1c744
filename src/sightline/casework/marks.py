"""Leads that an officer marks: a child is in present danger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sightline.casework.access import Action
from sightline.casework.acting import Desk
from sightline.errors import UsageError
from sightline.record.ledger.verbs import Verb
from sightline.record.store.rows import LeadMark
from sightline.record.store.shelf import Shelves
from sightline.record.ulid import new_id


def mark(desk: Desk, lead_id: str, why: str, older: Iterable[str] = ()) -> LeadMark:
    """Mark a lead. Raises UsageError if it is marked, also under one of its older ids."""
    with desk.change(Action.LEAD_MARK, f"lead:{lead_id}") as change:
        known = _standing(change.shelves, lead_id, older)
        if known:
            hint = "sightline leads mark ID --lift ends it"
            raise UsageError(f"the lead is marked already: {known[0].why}", hint=hint)
        made = LeadMark(new_id(change.now), lead_id, why, change.now_us, desk.officer.officer_id)
        change.add(Verb.LEAD_MARKED, made, lead=lead_id)
    return made


def lift(desk: Desk, lead_id: str, why: str, older: Iterable[str] = ()) -> list[LeadMark]:
    """End all marks of a lead, also those under its older ids. Raises UsageError if it has none."""
    with desk.change(Action.LEAD_MARK, f"lead:{lead_id}") as change:
        known = _standing(change.shelves, lead_id, older)
        if not known:
            hint = "sightline leads list --priority urgent shows those that are"
            raise UsageError("the lead is not marked", hint=hint)
        over = [replace(one, lifted_at_us=change.now_us, lifted_why=why) for one in known]
        for one in over:
            change.put(Verb.LEAD_UNMARKED, one, why=why)
    return over


def _standing(shelves: Shelves, lead_id: str, older: Iterable[str]) -> list[LeadMark]:
    """The marks of a lead, under any of its ids, that nobody lifted."""
    found = shelves[LeadMark].within("lead_id", sorted({lead_id, *older}))
    return [one for one in found if one.lifted_at_us is None]
