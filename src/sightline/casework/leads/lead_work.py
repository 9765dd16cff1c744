"""Acts on leads: assign, close, reopen, add to operations, many at once, with one ledger entry per act.

An act is a batch. The entry commits to its row, which has the digest over its leads. Versions order the steps of a
lead, and the lead's state is their result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sightline.casework.leads.lead_marks import require_over
from sightline.casework.permissions.access import POLICY, Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.permissions.roster import list_names, list_officers_on_duty
from sightline.errors import Conflict, NotAllowed, UsageError
from sightline.ledger.verbs import Verb
from sightline.model import CloseReason, LeadAct
from sightline.model.short_ids import format_lead_number
from sightline.storage.lead_steps import list_lead_steps
from sightline.storage.rows import LeadBatch, LeadStep, Officer
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Change

MOST = 100_000
"""Maximum number of leads in one act, because others wait for its transaction."""
VERBS = {
    LeadAct.ASSIGNED: Verb.LEADS_ASSIGNED,
    LeadAct.CLOSED: Verb.LEADS_CLOSED,
    LeadAct.REOPENED: Verb.LEADS_REOPENED,
    LeadAct.ADDED: Verb.OPERATION_ADDED,
    LeadAct.TAKEN_OUT: Verb.OPERATION_TAKEN_OUT,
}


@dataclass(frozen=True, slots=True)
class SelectedLeads:
    """The leads of an act, by current id.

    `older`: earlier ids of each. `seen`: the version of each that the officer saw. Leads not in it are acted on as
    they are.
    """

    lead_ids: Sequence[str]
    older: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)

    def list_all_ids(self) -> list[str]:
        """Return every current and earlier id of these leads."""
        return [each_id for lead_id in self.lead_ids for each_id in (lead_id, *self.older.get(lead_id, ()))]

    def find_current_ids(self) -> dict[str, str]:
        """Return the current id for each of `list_all_ids`."""
        return {each_id: lead_id for lead_id in self.lead_ids for each_id in (lead_id, *self.older.get(lead_id, ()))}


@dataclass(frozen=True, slots=True)
class LeadWork:
    """State of a lead: the last batch of each kind, and its operations."""

    version: int = 0
    assigned: LeadBatch | None = None
    closed: LeadBatch | None = None
    reopened: LeadBatch | None = None
    operations: frozenset[str] = frozenset()

    def apply_batch(self, batch: LeadBatch, version: int) -> LeadWork:
        """Return the state after one more batch."""
        latest = max(version, self.version)
        if batch.act is LeadAct.ASSIGNED:
            return replace(self, version=latest, assigned=batch)
        if batch.act is LeadAct.CLOSED:
            return replace(self, version=latest, closed=batch)
        if batch.act is LeadAct.REOPENED:
            return replace(self, version=latest, closed=None, reopened=batch)
        assert batch.operation_id is not None, "a lead is added to an operation"
        one = frozenset({batch.operation_id})
        left = self.operations | one if batch.act is LeadAct.ADDED else self.operations - one
        return replace(self, version=latest, operations=left)


NOTHING = LeadWork()


def assign_leads(officer_session: OfficerSession, selected_leads: SelectedLeads, to: str, why: str) -> LeadBatch:
    """Assign leads to an officer, by name or id.

    Raises UsageError if no such officer is on duty, Conflict, NotAllowed.
    """
    with officer_session.change(Action.LEAD_ASSIGN, _name_thing(selected_leads)) as change:
        officer = find_worker(change.tables, to)
        lead_batch = make_batch(change, LeadAct.ASSIGNED, why, officer_id=officer.officer_id)
        return register_batch(change, lead_batch, selected_leads, f"assigned to {officer.name}: {why}")


def close_leads(
    officer_session: OfficerSession,
    selected_leads: SelectedLeads,
    reason: CloseReason,
    why: str,
    *,
    danger_over: bool = False,
) -> LeadBatch:
    """Close leads. Raises UsageError for closed leads, Conflict, NotAllowed.

    Raises LeadInDanger for marked leads, unless `danger_over`: then their marks are lifted too.
    """
    if reason is CloseReason.OUTCOME:
        raise UsageError("an outcome closes a lead by itself", hint="sightline outcomes record LEAD --kind ...")
    with officer_session.change(Action.LEAD_CLOSE, _name_thing(selected_leads)) as change:
        lead_batch = make_batch(change, LeadAct.CLOSED, why, reason=reason.value)
        closed = register_batch(change, lead_batch, selected_leads, f"closed, {reason}: {why}")
        require_over(change, selected_leads.list_all_ids(), why, is_over=danger_over)
        return closed


def reopen_leads(officer_session: OfficerSession, selected_leads: SelectedLeads, why: str) -> LeadBatch:
    """Reopen leads, also those that an outcome closed. Raises Conflict, NotAllowed."""
    with officer_session.change(Action.LEAD_CLOSE, _name_thing(selected_leads)) as change:
        return register_batch(change, make_batch(change, LeadAct.REOPENED, why), selected_leads, f"reopened: {why}")


def register_operation_batch(
    change: Change, operation_id: str, selected_leads: SelectedLeads, why: str, *, is_added: bool
) -> LeadBatch:
    """Add leads to an operation, or remove them, in the caller's transaction."""
    lead_act = LeadAct.ADDED if is_added else LeadAct.TAKEN_OUT
    return register_batch(
        change, make_batch(change, lead_act, why, operation_id=operation_id), selected_leads, f"{lead_act}: {why}"
    )


def register_batch(change: Change, batch: LeadBatch, selected_leads: SelectedLeads, yours: str) -> LeadBatch:
    """Register a batch with its steps and one entry.

    Raises UsageError, and Conflict for a lead seen in an older version.
    """
    if not selected_leads.lead_ids:
        raise UsageError("no lead was chosen", hint="sightline leads list shows them")
    if len(selected_leads.lead_ids) > MOST:
        raise UsageError(
            f"{len(selected_leads.lead_ids):,} leads are more than {MOST:,} at once", hint="choose fewer of them"
        )
    lead_work = read_lead_work(change.tables, selected_leads)
    _require_as_seen(change.tables, selected_leads, lead_work, yours)
    if batch.act is LeadAct.CLOSED:
        _require_open(selected_leads, lead_work)
    ids = sorted(set(selected_leads.lead_ids))
    steps = [LeadStep(id_, lead_work.get(id_, NOTHING).version + 1, batch.batch_id) for id_ in ids]
    lead_batch = replace(batch, leads=len(steps), leads_sha256=hash_steps(steps))
    facts: dict[str, str | int] = {"leads": lead_batch.leads, "leads_sha256": lead_batch.leads_sha256}
    facts |= {"officer": lead_batch.officer_id} if lead_batch.officer_id else {}
    facts |= {"operation": lead_batch.operation_id} if lead_batch.operation_id else {}
    facts |= {"reason": lead_batch.reason} if lead_batch.reason else {}
    change.add(VERBS[lead_batch.act], lead_batch, **facts)
    change.tables[LeadStep].add(*steps)
    return lead_batch


def hash_steps(steps: Iterable[LeadStep]) -> str:
    """Return the SHA-256 over `LEAD VERSION` of each step and a line feed, by lead."""
    whole = hashlib.sha256()
    for lead_step in sorted(steps, key=lambda each: each.lead_id):
        whole.update(f"{lead_step.lead_id} {lead_step.version}\n".encode())
    return whole.hexdigest()


def read_lead_work(
    tables: Tables, selected_leads: SelectedLeads | None = None, now: Mapping[str, str] | None = None
) -> dict[str, LeadWork]:
    """Return the states of the chosen leads with acts, or of all. `now`: the current id of each older one."""
    steps, batches = read_steps_and_batches(tables, None if selected_leads is None else selected_leads.list_all_ids())
    return compute_states(steps, batches, now or {} if selected_leads is None else selected_leads.find_current_ids())


def read_steps_and_batches(
    tables: Tables, lead_ids: Sequence[str] | None = None
) -> tuple[list[tuple[str, int, str]], dict[str, LeadBatch]]:
    """Return lead, version and batch of every step, or of those of leads; and the batches by id."""
    steps = list(list_lead_steps(tables, lead_ids))
    of_these = dict.fromkeys(batch_id for _, _, batch_id in steps)
    return steps, {
        lead_batch.batch_id: lead_batch for lead_batch in tables[LeadBatch].select_within("batch_id", list(of_these))
    }


def compute_states(
    steps: list[tuple[str, int, str]], batches: Mapping[str, LeadBatch], current: Mapping[str, str]
) -> dict[str, LeadWork]:
    """Return the states of leads after steps. `current`: the current id of each older one."""
    if any(current.get(lead_id, lead_id) != lead_id for lead_id, _, _ in steps):
        # Several ids are one lead now, so its acts are in order of time.
        steps = sorted(steps, key=lambda one: (batches[one[2]].made_at_us, one[1]))
    result: dict[str, LeadWork] = {}
    for old_id, version, batch_id in steps:
        lead_id = current.get(old_id, old_id)
        result[lead_id] = result.get(lead_id, NOTHING).apply_batch(batches[batch_id], version)
    return result


def describe_work(stands: LeadWork, officers: Mapping[str, str]) -> str:
    """Return the last act on a lead as a sentence, with its officer and its reason."""
    acts = [lead_batch for lead_batch in (stands.assigned, stands.closed, stands.reopened) if lead_batch is not None]
    if not acts:
        return "nothing was done yet"
    last = max(acts, key=lambda one: (one.made_at_us, one.batch_id))
    to = f" to {officers.get(last.officer_id, last.officer_id)}" if last.officer_id else ""
    return f"{last.act}{to} by {officers.get(last.made_by, last.made_by)}: {last.why}"


def find_worker(tables: Tables, text: str) -> Officer:
    """Return the officer on duty with that id or name who may work on leads. Raises UsageError, NotAllowed."""
    officers = [officer for officer in list_officers_on_duty(tables) if text in {officer.officer_id, officer.name}]
    if len(officers) != 1:
        what = f"several officers are called {text}" if officers else f"nobody on duty is called {text}"
        raise UsageError(what, hint="sightline officers list shows names; give the id where two share one")
    if officers[0].role not in POLICY[Action.LEAD_NOTE]:
        raise NotAllowed(
            f"{officers[0].name} is {officers[0].role}, and that role does not work on leads",
            hint="choose another officer",
        )
    return officers[0]


def _require_as_seen(tables: Tables, selected_leads: SelectedLeads, known: Mapping[str, LeadWork], yours: str) -> None:
    """Raise Conflict for a lead that another officer acted on since it was seen."""
    for lead_id, version in selected_leads.seen.items():
        stands = known.get(lead_id, NOTHING)
        if stands.version != version:
            theirs = describe_work(stands, list_names(tables))
            what = f"the lead {format_lead_number(lead_id)} was changed meanwhile"
            raise Conflict(what, yours=yours, theirs=theirs, version=stands.version)


def _require_open(selected_leads: SelectedLeads, known: Mapping[str, LeadWork]) -> None:
    closed = [lead_id for lead_id in selected_leads.lead_ids if known.get(lead_id, NOTHING).closed is not None]
    if closed:
        more = f", and {len(closed) - 1:,} more" if len(closed) > 1 else ""
        raise UsageError(
            f"the lead {format_lead_number(closed[0])} is closed already{more}", hint="sightline leads reopen ID"
        )


def make_batch(
    change: Change,
    lead_act: LeadAct,
    why: str,
    *,
    officer_id: str | None = None,
    operation_id: str | None = None,
    reason: str | None = None,
) -> LeadBatch:
    """Return a batch of the change's officer. `act` fills in its leads and registers it."""
    by = change.signer.officer_id
    return LeadBatch(make_id(change.now), lead_act, officer_id, operation_id, reason, why, 0, "", change.now_us, by)


def _name_thing(selected_leads: SelectedLeads) -> str:
    return f"lead:{selected_leads.lead_ids[0]}" if len(selected_leads.lead_ids) == 1 else "leads:chosen"
