"""Retention of lead papers: a number of days from the last of them, once the lead is closed or gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import polars as pl

from sightline.casework.leads.lead_papers import LeadPapers, list_holds_on_lead
from sightline.casework.leads.lead_work import NOTHING, LeadWork, compute_states, read_steps_and_batches
from sightline.casework.leads.retention_period import require_days
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.artifacts.lead_files import Leads, open_generation
from sightline.services.lead_status.status import find_close_reason
from sightline.services.leads.visit_lines import list_exhibits_of_lead
from sightline.services.outcomes.outcomes import find_current_ids
from sightline.storage.rows import Hold, LeadBatch, LeadMark, LeadNote, Outcome
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

DAY_US = 86_400 * 1_000_000


def list_due_papers(officer_session: OfficerSession, days: int) -> list[tuple[LeadPapers, list[Hold]]]:
    """Return the papers whose retention is over, each with the holds on them, by lead. Raises UsageError."""
    require_days(days)
    officer_session.look(Action.PURGE, "leads:due", JournalVerb.VIEW_LEADS)
    before_us = to_microseconds(officer_session.clock()) - days * DAY_US
    with open_generation(officer_session.workspace) as leads:
        with officer_session.workspace.read() as tables:
            over = list(_list_expired_papers(officer_session.workspace, tables, leads))
        due = [lead_papers for lead_papers in over if lead_papers.last_us <= before_us and lead_papers.papers]
    with officer_session.workspace.read() as tables:
        return [(lead_papers, list_holds_on_lead(tables, lead_papers)) for lead_papers in due]


def _list_expired_papers(workspace: Workspace, tables: Tables, lead_files: Leads) -> Iterator[LeadPapers]:
    """Yield the papers of each lead that is closed or not there any more."""
    notes, marks, outcomes = tables[LeadNote].select(), tables[LeadMark].select(), tables[Outcome].select()
    steps, batches = read_steps_and_batches(tables)
    every = (
        {lead_note.lead_id for lead_note in notes}
        | {lead_mark.lead_id for lead_mark in marks}
        | {outcome.lead_id for outcome in outcomes}
    )
    every |= {lead_id for lead_id, _, _ in steps}
    current = find_current_ids(lead_files, every)
    states = compute_states(steps, batches, current)
    closed = {lead_id for lead_id in set(current.values()) if _is_closed(lead_id, states, marks, outcomes, current)}
    rows = _load_rows(lead_files, set(current.values()))
    over = closed | (set(current.values()) - rows.keys())
    of_batch: dict[str, set[str]] = {}
    for old_id, _, batch_id in steps:
        of_batch.setdefault(batch_id, set()).add(current[old_id])
    for lead_id in sorted(over):
        ids = tuple(sorted({one for one, now in current.items() if now == lead_id} | {lead_id}))
        own_batches = [batches[one] for one, leads in sorted(of_batch.items()) if leads == {lead_id}]
        shared = [batches[one] for one, leads in of_batch.items() if lead_id in leads]
        lead_papers = LeadPapers(
            lead_id,
            ids,
            0,
            list_exhibits_of_lead(workspace, lead_files, rows[lead_id]) if lead_id in rows else None,
            tuple(lead_note for lead_note in notes if lead_note.lead_id in ids),
            tuple(lead_mark for lead_mark in marks if lead_mark.lead_id in ids),
            tuple(outcome for outcome in outcomes if outcome.lead_id in ids),
            tuple(own_batches),
        )
        yield _date_papers(lead_papers, shared)


def _is_closed(
    lead_id: str, states: dict[str, LeadWork], marks: list[LeadMark], outcomes: list[Outcome], current: dict[str, str]
) -> bool:
    is_marked = any(current[lead_mark.lead_id] == lead_id and lead_mark.lifted_at_us is None for lead_mark in marks)
    lead_outcomes = [
        outcome for outcome in outcomes if current[outcome.lead_id] == lead_id and outcome.withdrawn_at_us is None
    ]
    return (
        not is_marked
        and find_close_reason(states.get(lead_id, NOTHING), lead_outcomes, is_marked=is_marked) is not None
    )


def _load_rows(leads: Leads, lead_ids: set[str]) -> dict[str, dict[str, object]]:
    """The leads of these ids that are there, as the current generation has them."""
    rows = leads.open_frame().filter(pl.col("lead_id").is_in(sorted(lead_ids)))
    return {lead_json["lead_id"]: lead_json for lead_json in leads.to_json(rows)}


def _date_papers(papers: LeadPapers, acts: Iterable[LeadBatch]) -> LeadPapers:
    """Return the papers with the instant of the last of them; acts on several leads count too."""
    instants = [lead_note.changed_at_us or lead_note.made_at_us for lead_note in papers.notes]
    instants += [lead_mark.lifted_at_us or lead_mark.set_at_us for lead_mark in papers.marks]
    instants += [outcome.withdrawn_at_us or outcome.recorded_at_us for outcome in papers.outcomes]
    instants += [lead_batch.made_at_us for lead_batch in acts]
    return replace(papers, last_us=max(instants))
