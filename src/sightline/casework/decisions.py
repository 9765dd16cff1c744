"""The second officer's decisions: what waits, what exactly is asked, and approval or refusal.

An act that only changes the workspace (an issuer's key, an officer) is done in the transaction of the decision. For any
other act, the officer who asked runs the command again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sightline.casework.cases import cases, live_authorities
from sightline.casework.forces import forces, referrals
from sightline.casework.input_checks import name_thing
from sightline.casework.notices import notices
from sightline.casework.oversight import backups
from sightline.casework.people import officers
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action, allow, allow_second, may_see_approval
from sightline.casework.permissions.officer_session import OfficerSession, find_actor
from sightline.casework.permissions.roster import list_names
from sightline.casework.reference_data import issuers
from sightline.errors import UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import ApprovalState
from sightline.model.short_ids import is_short_for
from sightline.storage.rows import Approval, Authority, Source
from sightline.storage.table import Tables
from sightline.workspace.workspace import Change

AT_ONCE: Mapping[Action, Callable[[Change, Approval], object]] = {
    Action.OFFICER_ENROL: officers.enrol_approved,
    Action.ISSUER_ENROL: issuers.enrol_approved,
    Action.AUTHORITY_LIVE: live_authorities.add_approved,
    Action.SOURCE_USE: cases.set_source_use_approved,
    **dict.fromkeys(notices.APPROVES.values(), notices.approve_drafted),
    Action.FORCE_ENROL: forces.enrol_approved,
    Action.FORCE_TIE: forces.add_approved_officer,
    Action.REFERRAL: referrals.approve_drafted,
    Action.BACKUP_RECIPIENT: backups.add_approved_recipient,
}
"""The acts that are done in the transaction of the decision."""
IF_REFUSED: Mapping[Action, Callable[[Change, Approval], object]] = {
    **dict.fromkeys(notices.APPROVES.values(), notices.refuse_drafted),
    Action.REFERRAL: referrals.refuse_drafted,
}
"""What a refusal does, in its transaction."""


@dataclass(frozen=True, slots=True)
class Question:
    """An approval as shown to an officer: who asked, who can decide, and what the ids in it mean."""

    approval: Approval
    asked_by: str
    can_decide: tuple[str, ...]
    is_mine: bool
    meanings: Mapping[str, str]

    @property
    def request(self) -> dict[str, object]:
        """Return what exactly is asked for."""
        content: dict[str, object] = json.loads(self.approval.request_json)
        return content


def list_questions(officer_session: OfficerSession) -> list[Question]:
    """Return what waits for a decision, as far as it concerns the officer."""
    with officer_session.read(Action.APPROVAL_LIST, "approval:all", JournalVerb.VIEW_OFFICERS) as tables:
        actor = find_actor(tables, officer_session.signer)
        pending_approvals = approvals.list_waiting(tables, to_microseconds(officer_session.clock()))
        return [
            _build_question(officer_session, tables, approval)
            for approval in pending_approvals
            if may_see_approval(actor, Action(approval.action))
        ]


def find_whole_id(officer_session: OfficerSession, text: str) -> str:
    """Return the waiting id that a short id stands for, or the text itself if there is none.

    Raises UsageError if it stands for several.
    """
    with officer_session.workspace.read() as tables:
        pending_approvals = approvals.list_waiting(tables, to_microseconds(officer_session.clock()))
    result = [approval.approval_id for approval in pending_approvals if is_short_for(text, approval.approval_id)]
    if len(result) > 1:
        raise UsageError(
            f"{len(result)} open approvals have an id that begins or ends with {text}",
            hint="give more letters of the id",
        )
    return result[0] if result else text


def find_question(officer_session: OfficerSession, approval_id: str) -> Question | None:
    """Return an approval that the officer may decide, or None if a decision would be refused. Raises UsageError."""
    with officer_session.read(
        Action.APPROVAL_LIST, name_thing("approval", approval_id), JournalVerb.VIEW_OFFICERS
    ) as tables:
        approval = approvals.open_approval(tables, approval_id, to_microseconds(officer_session.clock()))
        may = allow_second(
            find_actor(tables, officer_session.signer), Action(approval.action), approval.asked_by
        ).allowed
        return _build_question(officer_session, tables, approval) if may else None


def _build_question(officer_session: OfficerSession, tables: Tables, approval: Approval) -> Question:
    can = approvals.list_possible_deciders(tables, approval)
    is_mine = officer_session.officer.officer_id in {officer.officer_id for officer in can}
    may_see = allow(find_actor(tables, officer_session.signer), Action.CASE_VIEW).allowed
    meanings = _explain_ids(tables, json.loads(approval.request_json)) if may_see else {}
    return Question(
        approval, list_names(tables)[approval.asked_by], tuple(officer.name for officer in can), is_mine, meanings
    )


def _explain_ids(tables: Tables, request: Mapping[str, object]) -> dict[str, str]:
    """Return what the ids of a request stand for, in the words of those who registered it."""
    source, authority = tables[Source].get(str(request.get("source"))), request.get("authority")
    result = {} if source is None else {"source": f"{source.name}, {source.kind}"}
    stored_authority = tables[Authority].get(str(authority))
    result |= live_authorities.describe_request(tables, request)
    return (
        result
        if stored_authority is None
        else result
        | {"authority": f"{stored_authority.number}, {stored_authority.kind}, by {stored_authority.issued_by}"}
    )


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """A decision. `done`: the act was done with it."""

    approval: Approval
    asked_by: str
    done: bool


def send_back(officer_session: OfficerSession, approval_id: str, why: str) -> DecisionResult:
    """Refuse what another officer asked for, with what to change in it. The officer who asked drafts it again."""
    return decide(officer_session, approval_id, give=False, why=f"{approvals.SENT_BACK}{why}")


def decide(officer_session: OfficerSession, approval_id: str, *, give: bool, why: str) -> DecisionResult:
    """Decide what another officer asked for. Raises NotAllowed, which the journal records, and UsageError."""
    what = name_thing("approval", approval_id)
    with officer_session.change(Action.APPROVAL_DECIDE, what, JournalVerb.REFUSED_APPROVAL) as change:
        decided = approvals.decide(officer_session, change, approval_id, give=give, why=why)
        act = AT_ONCE.get(Action(decided.action))
        is_done = decided.state is ApprovalState.GIVEN and act is not None
        if is_done and act is not None:
            act(change, decided)
            approvals.use(change, decided)
        if decided.state is ApprovalState.REFUSED and (undo := IF_REFUSED.get(Action(decided.action))) is not None:
            undo(change, decided)
        return DecisionResult(decided, list_names(change.tables)[decided.asked_by], is_done)
