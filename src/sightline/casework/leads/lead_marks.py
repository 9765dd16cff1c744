"""Marks that officers set on leads: a child is in present danger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession, decide
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.verbs import Verb
from sightline.model.short_ids import format_lead_number
from sightline.storage.rows import LeadMark
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Change

REPORTED = "a report asks for high priority"
"""The reason of a mark that an officer answers at once."""


def mark(officer_session: OfficerSession, lead_id: str, why: str, older: Iterable[str] = ()) -> LeadMark:
    """Mark a lead. Raises UsageError if it is marked, also under one of its older ids."""
    with officer_session.change(Action.LEAD_MARK, f"lead:{lead_id}") as change:
        lead_marks = _list_current_marks(change.tables, lead_id, older)
        if lead_marks:
            hint = "sightline leads flag-danger ID --lift ends it"
            raise UsageError(f"the lead is marked already: {lead_marks[0].why}", hint=hint)
        lead_mark = LeadMark(make_id(change.now), lead_id, why, change.now_us, officer_session.officer.officer_id)
        change.add(Verb.LEAD_MARKED, lead_mark, lead=lead_id)
    return lead_mark


def lift(
    officer_session: OfficerSession, lead_id: str, why: str, older: Iterable[str] = (), *, is_reported: bool = False
) -> list[LeadMark]:
    """Lift all marks of a lead, also those under its older ids. Raises UsageError if it has none.

    `is_reported`: a report asks for high priority, and nobody has answered it. Without a mark, one with that reason is
    set and lifted at once: the answer.
    """
    with officer_session.change(Action.LEAD_MARK, f"lead:{lead_id}") as change:
        lead_marks = _list_current_marks(change.tables, lead_id, older)
        if not lead_marks and is_reported:
            lead_mark = LeadMark(
                make_id(change.now), lead_id, REPORTED, change.now_us, officer_session.officer.officer_id
            )
            change.add(Verb.LEAD_MARKED, lead_mark, lead=lead_id)
            lead_marks = [lead_mark]
        if not lead_marks:
            hint = "sightline leads list --priority urgent shows those that are"
            raise UsageError("the lead is not marked", hint=hint)
        over = [replace(lead_mark, lifted_at_us=change.now_us, lifted_why=why) for lead_mark in lead_marks]
        for lifted_mark in over:
            change.put(Verb.LEAD_UNMARKED, lifted_mark, why=why)
    return over


def require_over(change: Change, lead_ids: Iterable[str], why: str, *, is_over: bool) -> None:
    """Lift the marks of leads to be closed (all ids that they had), if the officer says the danger is over.

    Raises UsageError, naming each marked lead, if that was not said; NotAllowed if the officer may lift no mark.
    """
    lead_marks = _list_marks_of(change.tables, lead_ids)
    if not lead_marks:
        return
    if not is_over:
        raise LeadInDanger(
            f"a child is in present danger: {len(lead_marks)} of the leads to close"
            f" {'is' if len(lead_marks) == 1 else 'are'} marked",
            hint="if the danger is over, close them with --danger-over, which lifts the marks too",
            details=[f"lead {format_lead_number(lead_mark.lead_id)}: {lead_mark.why}" for lead_mark in lead_marks],
        )
    decision = decide(change.tables, change.signer, Action.LEAD_MARK)
    if not decision.allowed:
        raise NotAllowed(f"only an officer who may lift the mark can close a lead in danger: {decision.reason}")
    for lead_mark in lead_marks:
        over = replace(lead_mark, lifted_at_us=change.now_us, lifted_why=why)
        change.put(Verb.LEAD_UNMARKED, over, why=why)


class LeadInDanger(UsageError):
    """A lead to close is marked: a child is in present danger."""


def _list_current_marks(tables: Tables, lead_id: str, older: Iterable[str]) -> list[LeadMark]:
    """Return the marks of a lead, under any of its ids, that nobody lifted."""
    return _list_marks_of(tables, {lead_id, *older})


def _list_marks_of(tables: Tables, lead_ids: Iterable[str]) -> list[LeadMark]:
    lead_marks = tables[LeadMark].select_within("lead_id", sorted(set(lead_ids)))
    return [lead_mark for lead_mark in lead_marks if lead_mark.lifted_at_us is None]
