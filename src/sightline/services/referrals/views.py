"""Views of referrals: what may be referred, requests, the state of each referral, and one whole.

The command line and the web app show the same. A partner officer sees only the own force's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sightline.casework.forces import forces, referrals
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.permissions.roster import list_names
from sightline.ledger.verbs import JournalVerb
from sightline.model import Role
from sightline.services.referrals.drafts import ReferralDraftRequest, ReferralPlan, plan_referral
from sightline.services.referrals.timeline import ReferralStep, list_steps
from sightline.storage.rows import (
    Approval,
    Case,
    Force,
    ForceOfficer,
    ForceOutcome,
    ForceRequest,
    Officer,
    Outcome,
    Referral,
    ReferralLead,
    ReferralRecall,
)
from sightline.storage.table import Tables


@dataclass(frozen=True, slots=True)
class ListedForce:
    """A force, with its states, its partner officers by name, and its number of referrals."""

    force: Force
    states: tuple[str, ...]
    officers: tuple[str, ...]
    referrals: int


@dataclass(frozen=True, slots=True)
class GivenBefore:
    """The earlier referral that answers a request, by id and number, and why it does."""

    referral_id: str
    number: str
    why: str
    answered_at_us: int


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """A request, its force, and the referrals that answer it. `given`: one that gave before what is asked for."""

    request: ForceRequest
    force: Force
    states: tuple[str, ...]
    answered_by: tuple[Referral, ...]
    given: GivenBefore | None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the numbers of the referrals that answer it."""
        return (*(referral.number for referral in self.answered_by), *((self.given.number,) if self.given else ()))


@dataclass(frozen=True, slots=True)
class ReferralSummary:
    """A referral, its force, and its number of recalled leads."""

    referral: Referral
    force: Force
    recalled: int


@dataclass(frozen=True, slots=True)
class ReferralLeadView:
    """A lead of a referral, the reason of its recall, if any, and what its force found, by kind."""

    lead: ReferralLead
    recalled: str | None
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class ReferralView:
    """A whole referral: its request, who drafted and approved it, its leads, what was left out, its recalls.

    `was_given`: whether its force has anything of it, and can confirm that.

    A partner does not see the names of officers, the own case, or what was left out: those are None or empty.
    """

    referral: Referral
    force: Force
    request: ForceRequest | None
    case: Case | None
    drafted_by: str | None
    approved_by: str | None
    leads: tuple[ReferralLeadView, ...]
    left_out: Mapping[str, int]
    recalls: tuple[ReferralRecall, ...]
    steps: tuple[ReferralStep, ...]
    was_given: bool


def plan_candidates(officer_session: OfficerSession, request: ReferralDraftRequest) -> ReferralPlan:
    """Return what might be referred, and how many of the chosen leads not, by reason. Drafts nothing."""
    return plan_referral(officer_session, request)


def list_forces(officer_session: OfficerSession, *, ended: bool = False) -> list[ListedForce]:
    """Return the current forces, or all with `ended`, by code."""
    with officer_session.read(Action.FORCE_LIST, "force:all", JournalVerb.VIEW_REFERRALS) as tables:
        known_forces = sorted(tables[Force].select(), key=lambda force: (force.code, force.enrolled_at_us))
        officers = {officer.officer_id: officer.name for officer in tables[Officer].select(role=Role.PARTNER.value)}
        tied = tables[ForceOfficer].select()
        return [
            ListedForce(
                force,
                forces.list_states(force),
                tuple(
                    officers.get(each.officer_id, each.officer_id) for each in tied if each.force_id == force.force_id
                ),
                len(tables[Referral].select(force_id=force.force_id)),
            )
            for force in known_forces
            if ended or force.ended_at_us is None
        ]


def list_requests(officer_session: OfficerSession) -> list[ListedRequest]:
    """Return the requests of forces, oldest first."""
    with _read_for_view(officer_session, "force-request:all") as tables:
        own, known = (
            forces.find_own_force(tables, officer_session.officer),
            {force.force_id: force for force in tables[Force].select()},
        )
        seen = referrals.list_visible_referrals(tables, officer_session.officer)
        return [
            ListedRequest(
                force_request,
                known[force_request.force_id],
                forces.list_states(force_request),
                tuple(each for each in seen if each.request_id == force_request.request_id),
                _find_given_before(tables, force_request),
            )
            for force_request in tables[ForceRequest].select()
            if own is None or known[force_request.force_id].code == own.code
        ]


def _find_given_before(tables: Tables, force_request: ForceRequest) -> GivenBefore | None:
    answer = forces.find_answer(tables, force_request)
    referral = None if answer is None else tables[Referral].get(answer.referral_id)
    if answer is None or referral is None:
        return None
    return GivenBefore(referral.referral_id, referral.number, answer.why, answer.answered_at_us)


def list_given_before(officer_session: OfficerSession, text: str) -> list[Referral]:
    """Return the referrals that may answer a request without another one, oldest first."""
    with officer_session.read(Action.REFERRAL, name_thing("force-request", text), JournalVerb.VIEW_REFERRALS) as tables:
        return forces.list_earlier_referrals(tables, forces.find_request(tables, text))


def list_referrals(officer_session: OfficerSession) -> list[ReferralSummary]:
    """Return the referrals that the officer may see, oldest first."""
    with _read_for_view(officer_session, "referral:all") as tables:
        known = {force.force_id: force for force in tables[Force].select()}
        return [
            ReferralSummary(
                _redact_for_officer(officer_session, referral),
                known[referral.force_id],
                len(referrals.list_recalled_leads(tables, referral.referral_id)),
            )
            for referral in referrals.list_visible_referrals(tables, officer_session.officer)
        ]


def show_referral(officer_session: OfficerSession, text: str) -> ReferralView:
    """Return one referral that the officer may see, by id, number, or part of its id. Raises UsageError."""
    with _read_for_view(officer_session, name_thing("referral", text)) as tables:
        referral = referrals.find_visible_referral(tables, officer_session.officer, text)
        force = tables[Force].get(referral.force_id)
        assert force is not None, "a referral has a force"
        is_partner = officer_session.officer.role is Role.PARTNER
        approval = tables[Approval].get(referral.approval_id) if referral.approval_id else None
        who = list_names(tables)
        return ReferralView(
            _redact_for_officer(officer_session, referral),
            force,
            tables[ForceRequest].get(referral.request_id) if referral.request_id else None,
            None if is_partner else tables[Case].get(referral.case_id),
            None if is_partner else who.get(referral.made_by),
            None if is_partner or approval is None or approval.decided_by is None else who.get(approval.decided_by),
            _list_leads(tables, referral),
            {} if is_partner else json.loads(referral.left_out_json),
            tuple(referrals.list_recalls(tables, referral.referral_id)),
            list_steps(tables, referral, officer_session.officer),
            referrals.was_given(tables, referral),
        )


def _redact_for_officer(officer_session: OfficerSession, referral: Referral) -> Referral:
    """Return a referral as an officer may see it: a partner sees no own case, officers, or what was left out."""
    if officer_session.officer.role is not Role.PARTNER:
        return referral
    return replace(referral, case_id="", generation=0, tree_size=0, left_out_json="{}", made_by="", approval_id=None)


@contextmanager
def _read_for_view(officer_session: OfficerSession, about: str) -> Iterator[Tables]:
    """Read tables for a view. The journal also records a partner officer without a force."""
    with (
        officer_session.record_refusals(JournalVerb.REFUSED_RIGHT, about),
        officer_session.read(Action.REFERRAL_VIEW, about, JournalVerb.VIEW_REFERRALS) as tables,
    ):
        yield tables


def _list_leads(tables: Tables, referral: Referral) -> tuple[ReferralLeadView, ...]:
    gone = referrals.list_recalled_leads(tables, referral.referral_id)
    ids = [force_outcome.outcome_id for force_outcome in tables[ForceOutcome].select(referral_id=referral.referral_id)]
    outcomes = [
        outcome for outcome in tables[Outcome].select_within("outcome_id", ids) if outcome.withdrawn_at_us is None
    ]
    return tuple(
        ReferralLeadView(
            referral_lead,
            gone.get(referral_lead.lead_id),
            tuple(outcome for outcome in outcomes if outcome.lead_id == referral_lead.lead_id),
        )
        for referral_lead in referrals.list_leads(tables, referral.referral_id)
    )
