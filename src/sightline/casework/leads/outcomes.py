"""Outcomes of leads: what was found, recorded once per lead, case and kind, and withdrawn with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sightline.casework.cases.cases import find_case
from sightline.casework.input_checks import is_future_day
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import Verb
from sightline.model import OutcomeKind
from sightline.model.short_ids import is_short_for
from sightline.storage.rows import Outcome
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id


@dataclass(frozen=True, slots=True)
class OutcomeForm:
    """The outcome of a lead, and its day. `older_ids`: earlier ids of the lead. `case`: an id or number."""

    lead_id: str
    case: str
    kind: OutcomeKind
    said_on: str
    why: str
    subscriber_id: str | None = None
    older_ids: Sequence[str] = ()


def record_outcome(officer_session: OfficerSession, form: OutcomeForm) -> Outcome:
    """Record an outcome. Raises UsageError for a future day, and if this lead and case have it already."""
    _require_past(form.said_on, officer_session.clock())
    with officer_session.change(Action.OUTCOME_RECORD, f"lead:{form.lead_id}") as change:
        case = find_case(change.tables, form.case)
        same = change.tables[Outcome].select_within("lead_id", [form.lead_id, *form.older_ids])
        lead_outcomes = [
            outcome
            for outcome in same
            if (outcome.case_id, outcome.kind) == (case.case_id, form.kind) and _is_current(outcome)
        ]
        if lead_outcomes:
            raise UsageError(
                f"{case.number} already has {form.kind} for this lead: outcome {lead_outcomes[0].outcome_id[-6:]}",
                hint="sightline outcomes withdraw ID ends the first, if it is wrong",
            )
        made = Outcome(
            make_id(change.now),
            form.lead_id,
            case.case_id,
            form.subscriber_id,
            form.kind,
            form.said_on,
            form.why,
            change.now_us,
            officer_session.officer.officer_id,
        )
        change.add(Verb.OUTCOME_RECORDED, made, lead=form.lead_id, case=case.case_id, kind=form.kind.value)
    return made


def withdraw_outcome(officer_session: OfficerSession, text: str, why: str) -> Outcome:
    """Withdraw an outcome. Raises UsageError if it was withdrawn already."""
    with officer_session.change(Action.OUTCOME_RECORD, "outcome:unknown") as change:
        outcome = find_outcome(change.tables, text)
        if not _is_current(outcome):
            raise UsageError(
                f"the outcome was withdrawn already: {outcome.withdrawn_why}", hint="sightline outcomes list"
            )
        over = replace(outcome, withdrawn_at_us=change.now_us, withdrawn_why=why)
        change.put(Verb.OUTCOME_WITHDRAWN, over, why=why, lead=over.lead_id, case=over.case_id)
    return over


def find_outcome(tables: Tables, text: str) -> Outcome:
    """Return the outcome with that id or short id. Raises UsageError."""
    lead_outcomes = [outcome for outcome in tables[Outcome].select() if is_short_for(text, outcome.outcome_id)]
    if len(lead_outcomes) != 1:
        what = f"{len(lead_outcomes)} outcomes end in {text}" if lead_outcomes else f"there is no outcome {text}"
        raise UsageError(what, hint="sightline outcomes list shows their ids")
    return lead_outcomes[0]


def list_outcomes(tables: Tables, case_id: str | None = None) -> list[Outcome]:
    """Return all outcomes, or those of a case, including withdrawn ones, by the day of the finding."""
    lead_outcomes = tables[Outcome].select(**({"case_id": case_id} if case_id else {}))
    return sorted(lead_outcomes, key=lambda outcome: (outcome.said_on, outcome.outcome_id))


def list_current_outcomes(tables: Tables) -> list[Outcome]:
    """Return the outcomes that count."""
    return [outcome for outcome in list_outcomes(tables) if _is_current(outcome)]


def _is_current(outcome: Outcome) -> bool:
    return outcome.withdrawn_at_us is None


def _require_past(said_on: str, now: datetime) -> None:
    """Raise UsageError for a day that has not begun in India."""
    if is_future_day(said_on, now):
        raise UsageError(f"{said_on} is in the future", hint="give the day on which it was found")
