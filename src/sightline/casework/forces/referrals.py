"""Referrals of leads to another force: drafted by one officer, approved by another, sent, received, recalled.

`services/referrals` makes the content, which needs the workspace's files. A partner officer sees only the own force's
referrals, and of these only what was sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sightline.casework.forces import forces
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, NotThere, Refused, UsageError
from sightline.ledger.append import encode_canonical
from sightline.ledger.entry import Entry
from sightline.ledger.verbs import Verb
from sightline.model import OutcomeKind, ReferralState
from sightline.model.short_ids import is_short_for
from sightline.storage.rows import (
    Approval,
    Force,
    ForceOutcome,
    LedgerRow,
    Officer,
    Outcome,
    Referral,
    ReferralLead,
    ReferralRecall,
)
from sightline.storage.table import Tables, read_committed_columns
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Change

S = ReferralState

NEXT: Mapping[ReferralState, frozenset[ReferralState]] = {
    S.DRAFTED: frozenset({S.APPROVED, S.REFUSED}),
    S.APPROVED: frozenset({S.SENT, S.RECALLED}),
    S.REFUSED: frozenset(),
    S.SENT: frozenset({S.SENT, S.RECEIVED, S.RECALLED}),
    S.RECEIVED: frozenset({S.SENT, S.RECEIVED, S.RECALLED}),
    S.RECALLED: frozenset(),
}
"""The next states of a referral. One that was sent or received may be exported again."""
GOES = frozenset({S.APPROVED, S.SENT, S.RECEIVED})
"""States in which it may be exported."""
STANDS = frozenset(S) - {S.REFUSED, S.RECALLED}
"""States in which its leads are not referred to the same force again."""
WENT = frozenset({S.SENT, S.RECEIVED, S.RECALLED})
"""States that the force may see."""
MIN_ID = 4
HERE = "here"
"""Stands for a receipt's digest if the force's officer confirms in this ledger, with the own key."""
IN_ROOM = "left in the room for its own officers"
"""How a referral was sent that nobody fetched yet."""


def change_state(referral: Referral, to: ReferralState) -> Referral:
    """Return the referral in another state. Raises UsageError if that state cannot follow."""
    if to not in NEXT[referral.state]:
        possible = ", ".join(sorted(NEXT[referral.state])) or "nothing: draft another"
        raise UsageError(
            f"the referral {referral.number} is {referral.state}, and cannot be {to}", hint=f"next: {possible}"
        )
    return replace(referral, state=to)


def compute_leads_digest(leads: Sequence[ReferralLead]) -> str:
    """Return the digest of a referral's leads for the ledger."""
    rows = [
        {name: value for name, value in read_committed_columns(referral_lead).items() if name != "referral_id"}
        for referral_lead in leads
    ]
    return hashlib.sha256(encode_canonical(sorted(rows, key=lambda one: str(one["lead_id"]))).encode()).hexdigest()


def compute_next_number(tables: Tables, force: Force) -> str:
    """Return `KA-CYBER 3`, counted for each code."""
    same = [row.force_id for row in tables[Force].select(code=force.code)]
    return f"{force.code} {len(tables[Referral].select_within('force_id', same)) + 1}"


def register_draft(
    change: Change, draft: Referral, leads: Sequence[ReferralLead], facts: approvals.Request
) -> Referral:
    """Register a draft, ask the second officer in the caller's transaction, and return the draft.

    `facts`: what is approved beside the digest of the content. Raises UsageError if another officer drafted for
    this force meanwhile, because the number is part of the content.
    """
    force = change.tables[Force].get(draft.force_id)
    assert force is not None, "a referral has a force"
    if compute_next_number(change.tables, force) != draft.number:
        raise UsageError(f"another officer drafted {draft.number} meanwhile", hint="run it again")
    about = f"referral:{draft.referral_id}"
    asked = {"referral": draft.referral_id, "number": draft.number} | dict(facts)
    approval = approvals.ask(
        change, Action.REFERRAL, about, asked | {"content_sha256": draft.content_sha256}, draft.why
    )
    referral = replace(draft, approval_id=approval.approval_id)
    change.add(
        Verb.REFERRAL_DRAFTED,
        referral,
        number=referral.number,
        force=force.code,
        leads=referral.leads,
        content_sha256=referral.content_sha256,
    )
    change.tables[ReferralLead].add(*leads)
    return referral


def approve_drafted(change: Change, approval: Approval) -> Referral:
    """Approve the referral of an approval, in the transaction of the decision. Raises UsageError."""
    referral = _find_by_approval(change, approval)
    if json.loads(approval.request_json)["content_sha256"] != referral.content_sha256:
        raise UsageError(
            f"the content of {referral.number} changed after approval was asked for", hint="draft it again"
        )
    approved = replace(change_state(referral, S.APPROVED), approved_at_us=change.now_us)
    facts = {"approval": approval.approval_id, "content_sha256": referral.content_sha256}
    change.put(Verb.REFERRAL_APPROVED, approved, **facts)
    return approved


def refuse_drafted(change: Change, approval: Approval) -> Referral:
    """Mark the referral of an approval as refused, in the transaction of the decision."""
    refused = change_state(_find_by_approval(change, approval), S.REFUSED)
    change.put(Verb.REFERRAL_REFUSED, refused, why=approval.decided_why, approval=approval.approval_id)
    return refused


def _find_by_approval(change: Change, approval: Approval) -> Referral:
    referrals = change.tables[Referral].select(approval_id=approval.approval_id)
    if len(referrals) != 1:
        raise UsageError(f"no referral waits for the approval {approval.approval_id}", hint="sightline referrals list")
    return referrals[0]


def require_receiver(tables: Tables, referral: Referral) -> Force:
    """Return the force that a referral goes to. Raises Refused if it may not be exported, or no longer."""
    if referral.state not in GOES:
        raise Refused(
            f"the referral {referral.number} is {referral.state}, and cannot be sent",
            hint="sightline approve" if referral.state is S.DRAFTED else "draft another: sightline referrals draft",
        )
    if list_recalls(tables, referral.referral_id):
        raise Refused(
            f"some leads of {referral.number} are recalled: it cannot be sent again unchanged",
            hint="draft another with the remaining leads: sightline referrals draft",
        )
    force = tables[Force].get(referral.force_id)
    assert force is not None, "a referral has a force"
    if force.ended_at_us is not None:
        raise Refused(f"the force {force.code} of {referral.number} no longer has these keys")
    return force


def mark_sent(change: Change, referral_id: str, how: str, sha256: str) -> Referral:
    """Mark a referral as exported, in the caller's transaction. `sha256`: of the exported bytes."""
    referral = find_referral(change.tables, referral_id)
    require_receiver(change.tables, referral)
    state = referral.state if referral.state is S.RECEIVED else S.SENT
    over = replace(change_state(referral, state), sent_at_us=change.now_us, sent_how=how)
    change.put(Verb.REFERRAL_SENT, over, how=how, sha256=sha256)
    return over


def record_receipt(change: Change, referral_id: str, receipt_sha256: str | None) -> Referral:
    """Record the force's receipt: the digest of its note, or None if its officer confirms here.

    A repeated receipt changes nothing; the first one stays.
    """
    referral = find_referral(change.tables, referral_id)
    is_known = referral.received_at_us is not None and receipt_sha256 is None
    if is_known or referral.receipt_sha256 is not None or referral.state is S.RECALLED:
        return referral
    at_us = referral.received_at_us or change.now_us
    over = replace(change_state(referral, S.RECEIVED), received_at_us=at_us, receipt_sha256=receipt_sha256)
    change.put(Verb.REFERRAL_RECEIVED, over, receipt_sha256=receipt_sha256 or HERE)
    return over


def recall(officer_session: OfficerSession, referral_id: str, whys: Mapping[str, str], why: str) -> ReferralRecall:
    """Recall leads of a referral that was sent, each with its reason. Raises UsageError for leads it does not have.

    When no lead is left, the referral itself is recalled.
    """
    with officer_session.change(Action.REFERRAL_RECALL, name_thing("referral", referral_id)) as change:
        referral = find_referral(change.tables, referral_id)
        if referral.state not in GOES:
            raise UsageError(f"the referral {referral.number} is {referral.state}: nothing in it can be recalled")
        has = {referral_lead.lead_id for referral_lead in list_leads(change.tables, referral.referral_id)}
        before = list_recalled_leads(change.tables, referral.referral_id)
        if not whys or not set(whys) <= has - before.keys():
            raise UsageError(
                f"these are not leads of {referral.number} that stand",
                hint=f"sightline referrals show {referral.number!r}",
            )
        referral_recall = ReferralRecall(
            make_id(change.now),
            referral.referral_id,
            encode_canonical(dict(sorted(whys.items()))),
            why,
            change.now_us,
            officer_session.officer.officer_id,
        )
        change.add(Verb.REFERRAL_LEADS_RECALLED, referral_recall, referral=referral.referral_id, leads=len(whys))
        if has == before.keys() | set(whys):
            change.put(Verb.REFERRAL_RECALLED, change_state(referral, S.RECALLED), why=why)
    return referral_recall


def record_recall_receipt(change: Change, recall_id: str, receipt_sha256: str | None) -> ReferralRecall:
    """Record the force's receipt for a recall, or None if its officer read it here. A repeat changes nothing."""
    referral_recall = change.tables[ReferralRecall].get(recall_id)
    if referral_recall is None:
        raise UsageError(f"there is no recall {recall_id}", hint="sightline referrals recall --list")
    if referral_recall.receipt_sha256 is not None or (
        referral_recall.received_at_us is not None and receipt_sha256 is None
    ):
        return referral_recall
    over = replace(
        referral_recall, received_at_us=referral_recall.received_at_us or change.now_us, receipt_sha256=receipt_sha256
    )
    change.put(Verb.RECALL_RECEIVED, over, receipt_sha256=receipt_sha256 or HERE)
    return over


@dataclass(frozen=True, slots=True)
class ReferralOutcomeForm:
    """The outcome of a referred lead that a force reports, and its day.

    `note_sha256`: of the note that it signed. Empty if its officer records it here, and then with `why`.
    """

    lead_id: str
    kind: OutcomeKind
    said_on: str
    note_sha256: str = ""
    why: str = ""


def record_outcome(
    change: Change, referral: Referral, force: Force, outcome_form: ReferralOutcomeForm
) -> Outcome | None:
    """Record what a force found as its outcome, in the referral's case, in the caller's transaction.

    Returns None if it is recorded already. Raises UsageError for a lead that is not in the referral.
    """
    if change.tables[ReferralLead].get(referral.referral_id, outcome_form.lead_id) is None:
        raise UsageError(
            f"the lead {outcome_form.lead_id[:12]} is none of {referral.number}", hint="ask the force again"
        )
    same = change.tables[Outcome].select(lead_id=outcome_form.lead_id, case_id=referral.case_id, kind=outcome_form.kind)
    if any(outcome.withdrawn_at_us is None for outcome in same):
        return None
    outcome = Outcome(
        make_id(change.now),
        outcome_form.lead_id,
        referral.case_id,
        None,
        outcome_form.kind,
        outcome_form.said_on,
        f"reported by {force.code} of referral {referral.number}{f': {outcome_form.why}' if outcome_form.why else ''}",
        change.now_us,
        change.signer.officer_id,
    )
    change.add(
        Verb.OUTCOME_RECORDED,
        outcome,
        lead=outcome_form.lead_id,
        case=referral.case_id,
        kind=outcome_form.kind.value,
        force=force.code,
    )
    result = ForceOutcome(outcome.outcome_id, referral.referral_id, force.force_id, outcome_form.note_sha256)
    change.add(Verb.OUTCOME_RETURNED, result, force=force.code, note_sha256=outcome_form.note_sha256)
    return outcome


def find_referral(tables: Tables, text: str) -> Referral:
    """Return the referral with that id, number, or short id. Raises UsageError for none or several."""
    referral = tables[Referral].get(text)
    if referral is not None:
        return referral
    every = tables[Referral].select()
    referrals = [referral for referral in every if referral.number == text]
    referrals = referrals or [referral for referral in every if is_short_for(text, referral.referral_id)]
    if len(referrals) == 1:
        return referrals[0]
    what = f"several referrals are called {text}" if referrals else f"there is no referral {text}"
    raise UsageError(what, hint="sightline referrals list shows their ids")


def list_visible_referrals(tables: Tables, officer: Officer) -> list[Referral]:
    """Return the referrals that an officer may see, by id: all, or for a partner those sent to the own force."""
    own = forces.find_own_force(tables, officer)
    if own is None:
        return tables[Referral].select()
    same = [force.force_id for force in tables[Force].select(code=own.code)]
    return [referral for referral in tables[Referral].select_within("force_id", same) if referral.state in WENT]


def find_visible_referral(tables: Tables, officer: Officer, text: str) -> Referral:
    """Return a referral that an officer may see. Raises UsageError; for a partner NotThere, even if it exists."""
    own = forces.find_own_force(tables, officer)
    if own is None:
        return find_referral(tables, text)
    matching = [
        referral
        for referral in list_visible_referrals(tables, officer)
        if text in {referral.referral_id, referral.number}
    ]
    matching = matching or [
        referral for referral in list_visible_referrals(tables, officer) if is_short_for(text, referral.referral_id)
    ]
    if len(matching) != 1:
        raise NotThere(f"there is no referral {text}", hint="sightline referrals list shows their ids")
    return matching[0]


def list_leads(tables: Tables, referral_id: str) -> list[ReferralLead]:
    """Return the leads of a referral as they were sent, by id."""
    return tables[ReferralLead].select(referral_id=referral_id)


def was_given(tables: Tables, referral: Referral) -> bool:
    """Return whether the force was given a referral: its officer fetched it, or it was exported for it."""
    about = f"referral:{referral.referral_id}"
    if tables[LedgerRow].select(thing=about, verb=Verb.REFERRAL_FETCHED.value):
        return True
    ledger_rows = tables[LedgerRow].select(thing=about, verb=Verb.REFERRAL_SENT.value)
    return any(Entry.read(ledger_row.entry_json.encode()).facts.get("how") != IN_ROOM for ledger_row in ledger_rows)


def list_recalls(tables: Tables, referral_id: str) -> list[ReferralRecall]:
    """Return the recalls of a referral, oldest first."""
    return tables[ReferralRecall].select(referral_id=referral_id)


def list_recalled_leads(tables: Tables, referral_id: str) -> dict[str, str]:
    """Return the recalled leads of a referral, each with its reason."""
    result: dict[str, str] = {}
    for referral_recall in list_recalls(tables, referral_id):
        result.update(json.loads(referral_recall.leads_json))
    return result


def list_referred_leads(tables: Tables, force: Force) -> dict[str, str]:
    """Return the leads that a force already has, by id, with the number of their referral."""
    same = [row.force_id for row in tables[Force].select(code=force.code)]
    result: dict[str, str] = {}
    for referral in tables[Referral].select_within("force_id", same):
        if referral.state in STANDS:
            gone = list_recalled_leads(tables, referral.referral_id)
            leads = list_leads(tables, referral.referral_id)
            result.update({lead.lead_id: referral.number for lead in leads if lead.lead_id not in gone})
    return result


def require_sender(tables: Tables, referral: Referral, code: str) -> Force:
    """Return the force of a referral, if it signed the note. Raises NotAllowed."""
    force = tables[Force].get(referral.force_id)
    assert force is not None, "a referral has a force"
    if force.code != code:
        raise NotAllowed(f"{code} speaks of {referral.number}, which went to another force")
    return force
