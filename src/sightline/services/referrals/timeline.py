"""Timeline of a referral, each step with time and officer, from the ledger's entries about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sightline.casework.forces import incoming_referrals, referrals
from sightline.casework.permissions.roster import list_names
from sightline.ledger.entry import Entry
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.model import ReferralState, Role
from sightline.storage.rows import (
    Approval,
    ForceOfficer,
    ForceOutcome,
    ForceRequest,
    Incoming,
    LedgerRow,
    Officer,
    Outcome,
    Referral,
    Workspace,
)
from sightline.storage.table import Tables


class ReferralStage(StrEnum):
    """A stage of a referral, in order. The last three apply to incoming ones."""

    ASKED = "asked"
    DRAFTED = "drafted"
    APPROVED = "approved"
    REFUSED = "refused"
    SENT = "sent"
    FETCHED = "fetched"
    RECEIVED = "received"
    ANSWERED = "answered"
    CLOSED = "closed"
    RECALLED = "recalled"
    OPENED = "opened"
    ACCEPTED = "accepted"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class ReferralStep:
    """A stage of a referral: its time and its officer, or None if still to come. For answered leads, how many."""

    stage: ReferralStage
    at_us: int | None = None
    who: str | None = None
    count: int | None = None


def list_steps(tables: Tables, referral: Referral, viewer: Officer) -> tuple[ReferralStep, ...]:
    """Return the steps of a referral. A partner officer sees the unit's name for any of its officers."""
    entry = _TimelineEntry(tables, referral, viewer)
    return tuple(_list_steps(entry, referral))


def _list_steps(entry: _TimelineEntry, referral: Referral) -> Iterator[ReferralStep]:
    if (force_request := entry.request()) is not None:
        yield ReferralStep(ReferralStage.ASKED, force_request.recorded_at_us, entry.name(force_request.recorded_by))
    yield ReferralStep(ReferralStage.DRAFTED, referral.made_at_us, entry.name(referral.made_by))
    if referral.state is ReferralState.REFUSED:
        yield entry.find_first_step(ReferralStage.REFUSED, Verb.REFERRAL_REFUSED)
        return
    yield ReferralStep(
        ReferralStage.APPROVED, referral.approved_at_us, entry.find_approver() if referral.approved_at_us else None
    )
    sent = entry.find_first_step(ReferralStage.SENT, Verb.REFERRAL_SENT)
    if (recalled := entry.find_ungiven_recall()) is not None:
        yield from (sent, recalled) if sent.at_us is not None else (recalled,)
        return
    yield sent
    fetched, received = (
        entry.find_first_step(ReferralStage.FETCHED, Verb.REFERRAL_FETCHED),
        entry.find_first_step(ReferralStage.RECEIVED, Verb.REFERRAL_RECEIVED),
    )
    if fetched.at_us is not None and received.at_us is None:
        yield fetched
    answered, closed = entry.find_outcome_steps()
    if referral.state is ReferralState.RECALLED:
        yield from (step for step in (received, answered) if step.at_us is not None)
        yield entry.find_first_step(ReferralStage.RECALLED, Verb.REFERRAL_RECALLED)
        return
    yield from (received, answered, closed)


def list_incoming_steps(tables: Tables, row: Incoming) -> Iterator[ReferralStep]:
    """Yield the steps of another force's referral to this unit."""
    who = list_names(tables)
    yield ReferralStep(ReferralStage.OPENED, row.opened_at_us, who.get(row.opened_by))
    yield ReferralStep(ReferralStage.ACCEPTED, row.accepted_at_us, who.get(row.accepted_by or ""))
    incoming_outcomes = incoming_referrals.list_outcomes(tables, row)
    leads = {outcome.lead_id for outcome in incoming_outcomes}
    if incoming_outcomes:
        yield ReferralStep(
            ReferralStage.ANSWERED,
            incoming_outcomes[0].recorded_at_us,
            who.get(incoming_outcomes[0].recorded_by),
            len(leads),
        )
    else:
        yield ReferralStep(ReferralStage.ANSWERED)
    if row.purged_at_us is not None:
        yield ReferralStep(ReferralStage.PURGED, row.purged_at_us)
        return
    gone = incoming_referrals.list_recalls(tables, row)
    done = len(leads | incoming_referrals.list_recalled_leads(tables, row).keys()) == row.leads
    ends = [(outcome.recorded_at_us, outcome.recorded_by) for outcome in incoming_outcomes] + [
        (recall.taken_at_us, recall.taken_by) for recall in gone
    ]
    last = max(ends, default=None)
    yield (
        ReferralStep(ReferralStage.CLOSED, last[0], who.get(last[1]))
        if done and last
        else ReferralStep(ReferralStage.CLOSED)
    )


class _TimelineEntry:
    """The facts of one referral for one officer."""

    def __init__(self, tables: Tables, referral: Referral, viewer: Officer) -> None:
        self._shelves, self._referral = tables, referral
        self._names, self._unit = list_names(tables), tables[Workspace].select()[0].name
        self._partners = {force_officer.officer_id for force_officer in tables[ForceOfficer].select()}
        self._to_partner = viewer.role is Role.PARTNER

    def name(self, officer_id: str) -> str:
        """Return the officer's name. For a partner, the unit's name stands for its officers."""
        is_hidden = self._to_partner and officer_id not in self._partners
        return self._unit if is_hidden else self._names.get(officer_id, self._unit)

    def request(self) -> ForceRequest | None:
        """Return the force's request that the referral answers, or None."""
        request_id = self._referral.request_id
        return self._shelves[ForceRequest].get(request_id) if request_id else None

    def find_approver(self) -> str | None:
        """Return the step at which a second officer approved the referral."""
        approval = self._shelves[Approval].get(self._referral.approval_id or "")
        return self.name(approval.decided_by) if approval and approval.decided_by else None

    def find_first_step(self, stage: ReferralStage, verb: Verb) -> ReferralStep:
        """Return the step of a stage, from the first ledger entry about it."""
        ledger_rows = self._shelves[LedgerRow].select(thing=f"referral:{self._referral.referral_id}", verb=verb.value)
        if not ledger_rows:
            return ReferralStep(stage)
        entry = Entry.read(ledger_rows[0].entry_json.encode())
        return ReferralStep(stage, to_microseconds(entry.at), self.name(entry.actor))

    def find_ungiven_recall(self) -> ReferralStep | None:
        """Return the first recall of a referral that was never handed over: nothing comes after it."""
        recalls = referrals.list_recalls(self._shelves, self._referral.referral_id)
        if not recalls or referrals.was_given(self._shelves, self._referral):
            return None
        first = recalls[0]
        leads = len(referrals.list_recalled_leads(self._shelves, self._referral.referral_id))
        return ReferralStep(ReferralStage.RECALLED, first.made_at_us, self.name(first.made_by), leads)

    def find_outcome_steps(self) -> tuple[ReferralStep, ReferralStep]:
        """Return the steps for answered leads: the first outcome, and the last if all leads have one."""
        tables, about = self._shelves, self._referral.referral_id
        ids = [force_outcome.outcome_id for force_outcome in tables[ForceOutcome].select(referral_id=about)]
        outcomes = [
            outcome for outcome in tables[Outcome].select_within("outcome_id", ids) if outcome.withdrawn_at_us is None
        ]
        if not outcomes:
            return ReferralStep(ReferralStage.ANSWERED), ReferralStep(ReferralStage.CLOSED)
        first, last = (pick(outcomes, key=lambda one: one.recorded_at_us) for pick in (min, max))
        leads = {outcome.lead_id for outcome in outcomes}
        answered = ReferralStep(ReferralStage.ANSWERED, first.recorded_at_us, self.name(first.recorded_by), len(leads))
        stand = {referral_lead.lead_id for referral_lead in referrals.list_leads(tables, about)}
        if stand - set(referrals.list_recalled_leads(tables, about)) - leads:
            return answered, ReferralStep(ReferralStage.CLOSED)
        return answered, ReferralStep(ReferralStage.CLOSED, last.recorded_at_us, self.name(last.recorded_by))
