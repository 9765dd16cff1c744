"""Show, accept, answer and purge referrals that other forces sent to this unit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.casework.forces import incoming_referrals
from sightline.casework.identities.disclosures import open_addresses
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import JournalVerb
from sightline.model import OutcomeKind
from sightline.model.short_ids import names_lead
from sightline.services.referrals import package_reader
from sightline.services.referrals.bag_store import read_bag, read_sheet
from sightline.services.referrals.timeline import ReferralStep, list_incoming_steps
from sightline.storage.rows import Approval, Force, Incoming, IncomingOutcome, IncomingRecall
from sightline.workspace import orphans
from sightline.workspace.unit_keys import read_unit_key


@dataclass(frozen=True, slots=True)
class IncomingReferralSummary:
    """An incoming referral, its sender, and its numbers of recalled leads and of leads with a finding."""

    row: Incoming
    force: Force
    recalled: int
    answered: int


@dataclass(frozen=True, slots=True)
class IncomingLead:
    """A lead as it was sent (`docs/schema/lead.json`), the reason of its recall, and this unit's finding."""

    lead_json: Mapping[str, Any]
    recalled: str | None
    outcomes: tuple[IncomingOutcome, ...]


@dataclass(frozen=True, slots=True)
class IncomingView:
    """A whole incoming referral. After a purge, `about` is None and there are no leads.

    `purging`: the approval of its purge that waits for a second officer, or was given and not used yet.
    """

    row: Incoming
    force: Force
    about: Mapping[str, Any] | None
    leads: tuple[IncomingLead, ...]
    recalls: tuple[IncomingRecall, ...]
    proved: tuple[str, ...]
    steps: tuple[ReferralStep, ...]
    purging: Approval | None

    @property
    def has_outcomes(self) -> bool:
        """Return whether there is something to report to its sender."""
        return any(incoming_lead.outcomes for incoming_lead in self.leads)

    def find_lead(self, text: str) -> IncomingLead:
        """Return the lead whose id begins so. Raises UsageError."""
        incoming_leads = [
            incoming_lead for incoming_lead in self.leads if names_lead(text, str(incoming_lead.lead_json["lead_id"]))
        ]
        if len(incoming_leads) != 1:
            number = self.row.number
            many = f"{len(incoming_leads)} leads of {number} begin with {text}"
            raise UsageError(many if incoming_leads else f"no leads of {number} begin with {text}")
        return incoming_leads[0]


def list_incoming(officer_session: OfficerSession) -> list[IncomingReferralSummary]:
    """Return the referrals to this unit, oldest first."""
    with officer_session.read(Action.INCOMING_VIEW, "incoming:all", JournalVerb.VIEW_REFERRALS) as tables:
        known = {force.force_id: force for force in tables[Force].select()}
        return [
            IncomingReferralSummary(
                incoming,
                known[incoming.force_id],
                len(incoming_referrals.list_recalled_leads(tables, incoming)),
                len({outcome.lead_id for outcome in incoming_referrals.list_outcomes(tables, incoming)}),
            )
            for incoming in tables[Incoming].select()
        ]


def show_incoming(officer_session: OfficerSession, text: str) -> IncomingView:
    """Return one incoming referral with its leads. Raises UsageError."""
    with officer_session.read(Action.INCOMING_VIEW, name_thing("incoming", text), JournalVerb.VIEW_REFERRALS) as tables:
        row = incoming_referrals.find_incoming(tables, text)
        force = tables[Force].get(row.force_id)
        assert force is not None, "an incoming referral has a sender"
        gone, incoming_outcomes = (
            incoming_referrals.list_recalled_leads(tables, row),
            incoming_referrals.list_outcomes(tables, row),
        )
        recalls, steps = tuple(incoming_referrals.list_recalls(tables, row)), tuple(list_incoming_steps(tables, row))
        purging = incoming_referrals.find_waiting_purge(tables, row, officer_session.clock())
    about, package_leads = (None, []) if row.identity is None else read_bag(officer_session.workspace, row)
    leads = tuple(
        IncomingLead(
            package_lead,
            gone.get(package_lead["lead_id"]),
            tuple(
                incoming_outcome
                for incoming_outcome in incoming_outcomes
                if incoming_outcome.lead_id == package_lead["lead_id"]
            ),
        )
        for package_lead in package_leads
    )
    proved = tuple(json.loads(row.proved_json))
    return IncomingView(row, force, about, leads, recalls, proved, steps, purging)


def open_lead(
    officer_session: OfficerSession, text: str, lead: str, why: str
) -> tuple[IncomingView, IncomingLead, str]:
    """Return one lead with its sheet and whole address, after a journal entry of officer and reason."""
    view = show_incoming(officer_session, text)
    incoming_lead = view.find_lead(lead)
    open_addresses(officer_session, [f"incoming:{view.row.incoming_id}"], why)
    return view, incoming_lead, read_sheet(officer_session.workspace, view.row, str(incoming_lead.lead_json["lead_id"]))


def accept_referral(officer_session: OfficerSession, text: str) -> tuple[Incoming, bytes]:
    """Accept an incoming referral. Returns its row and the signed receipt, the same bytes whenever it is made."""
    row, key = incoming_referrals.accept(officer_session, text), read_unit_key(officer_session.workspace)
    assert row.accepted_at_us is not None, "it was just accepted"
    about = {"referral": row.referral_id, "number": row.number, "to": {"code": key.issuer}}
    at = to_instant(row.accepted_at_us)
    return row, package_reader.build_receipt(about, row.content_sha256, row.leads, key, at)


def report_outcome(
    officer_session: OfficerSession, text: str, lead: str, kind: OutcomeKind, on: str, why: str
) -> IncomingOutcome:
    """Record what was found by a lead, by the beginning of its id. Raises UsageError."""
    view = show_incoming(officer_session, text)
    lead_id = str(view.find_lead(lead).lead_json["lead_id"])
    return incoming_referrals.record_outcome(
        officer_session, view.row.incoming_id, incoming_referrals.IncomingOutcomeForm(lead_id, kind, on, why)
    )


def sign_outcomes_note(officer_session: OfficerSession, text: str) -> bytes:
    """Return a signed note of all findings of an incoming referral. Raises UsageError if there are none."""
    with officer_session.read(Action.INCOMING_TAKE, name_thing("incoming", text), JournalVerb.VIEW_REFERRALS) as tables:
        row = incoming_referrals.find_incoming(tables, text)
        incoming_outcomes = incoming_referrals.list_outcomes(tables, row)
    if not incoming_outcomes:
        raise UsageError(f"nothing was found of {row.number} yet", hint="record an outcome of one of its leads first")
    key = read_unit_key(officer_session.workspace)
    about = {"referral": row.referral_id, "number": row.number, "to": {"code": key.issuer}}
    at = to_instant(max(outcome.recorded_at_us for outcome in incoming_outcomes))
    return package_reader.sign_answer(
        about, key, at, [(outcome.lead_id, outcome.kind, outcome.said_on) for outcome in incoming_outcomes]
    )


def find_incoming_recall(officer_session: OfficerSession, text: str, recall_id: str) -> IncomingRecall:
    """Return a recall of an incoming referral. Raises UsageError."""
    with officer_session.read(Action.INCOMING_VIEW, name_thing("incoming", text), JournalVerb.VIEW_REFERRALS) as tables:
        row = incoming_referrals.find_incoming(tables, text)
        for recall in incoming_referrals.list_recalls(tables, row):
            if recall.recall_id == recall_id:
                return recall
    raise UsageError(f"there is no recall {recall_id} of {row.number}")


def purge_referral(officer_session: OfficerSession, text: str, why: str) -> Incoming:
    """Destroy an incoming referral, by two officers: its key, everything written about it, and its file."""
    gone = incoming_referrals.purge(officer_session, text, why)
    orphans.remove_purged(officer_session.workspace)
    return gone
