"""Referrals: leads for another force, drafted by one officer, approved by another, sent, received, recalled.

What a referral holds is made in `services/referrals`, which has the files of the record at hand; what becomes of it is
here. A partner officer sees the own force's, and of these only what was sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sightline.casework import approvals, forces
from sightline.casework.access import Action
from sightline.casework.input_checks import thing
from sightline.casework.officer_session import OfficerSession
from sightline.errors import NotAllowed, NotThere, Refused, UsageError
from sightline.ledger.append import canonical
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
from sightline.storage.table import Tables, committed_columns
from sightline.storage.ulid import new_id
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
"""What can become of a referral. One that was sent, or received, may be written out once more."""
GOES = frozenset({S.APPROVED, S.SENT, S.RECEIVED})
"""The states in which it may leave."""
STANDS = frozenset(S) - {S.REFUSED, S.RECALLED}
"""The states in which its leads are not referred to the same force again."""
WENT = frozenset({S.SENT, S.RECEIVED, S.RECALLED})
"""The states that the force may see."""
MIN_ID = 4
HERE = "here"
"""In the place of a receipt's digest: the force's officer says so in this ledger, with the own key."""
IN_ROOM = "left in the room for its own officers"
"""How a referral was sent of which nothing was given out yet."""


def change_state(referral: Referral, to: ReferralState) -> Referral:
    """The referral in another state. Raises UsageError for one that it cannot be in next."""
    if to not in NEXT[referral.state]:
        possible = ", ".join(sorted(NEXT[referral.state])) or "nothing: draft another"
        raise UsageError(
            f"the referral {referral.number} is {referral.state}, and cannot be {to}", hint=f"next: {possible}"
        )
    return replace(referral, state=to)


def leads_digest(leads: Sequence[ReferralLead]) -> str:
    """What of a referral's leads is told to the ledger."""
    said = [{name: value for name, value in committed_columns(one).items() if name != "referral_id"} for one in leads]
    return hashlib.sha256(canonical(sorted(said, key=lambda one: str(one["lead_id"]))).encode()).hexdigest()


def next_number(tables: Tables, force: Force) -> str:
    """`KA-CYBER 3`: counted for each code."""
    same = [one.force_id for one in tables[Force].where(code=force.code)]
    return f"{force.code} {len(tables[Referral].within('force_id', same)) + 1}"


def register_draft(
    change: Change, draft: Referral, leads: Sequence[ReferralLead], facts: approvals.Request
) -> Referral:
    """Register a draft and ask the second officer, in the caller's transaction. Gives it as registered.

    `facts` says what is approved beside the digest of the content. Raises UsageError where another officer drafted for
    this force meanwhile: the number stands in the content.
    """
    force = change.tables[Force].get(draft.force_id)
    assert force is not None, "a referral has a force"
    if next_number(change.tables, force) != draft.number:
        raise UsageError(f"another officer drafted {draft.number} meanwhile", hint="run it again")
    about = f"referral:{draft.referral_id}"
    asked = {"referral": draft.referral_id, "number": draft.number} | dict(facts)
    approval = approvals.ask(
        change, Action.REFERRAL, about, asked | {"content_sha256": draft.content_sha256}, draft.why
    )
    made = replace(draft, approval_id=approval.approval_id)
    change.add(
        Verb.REFERRAL_DRAFTED,
        made,
        number=made.number,
        force=force.code,
        leads=made.leads,
        content_sha256=made.content_sha256,
    )
    change.tables[ReferralLead].add(*leads)
    return made


def approve_drafted(change: Change, approval: Approval) -> Referral:
    """Approve the referral that an approval is of, in the transaction of the decision. Raises UsageError."""
    referral = _of_approval(change, approval)
    if json.loads(approval.request_json)["content_sha256"] != referral.content_sha256:
        raise UsageError(f"the content of {referral.number} is not what was asked for", hint="draft it anew")
    approved = replace(change_state(referral, S.APPROVED), approved_at_us=change.now_us)
    facts = {"approval": approval.approval_id, "content_sha256": referral.content_sha256}
    change.put(Verb.REFERRAL_APPROVED, approved, **facts)
    return approved


def refuse_drafted(change: Change, approval: Approval) -> Referral:
    """Mark the referral that an approval is of as refused, in the transaction of the decision."""
    refused = change_state(_of_approval(change, approval), S.REFUSED)
    change.put(Verb.REFERRAL_REFUSED, refused, why=approval.decided_why, approval=approval.approval_id)
    return refused


def _of_approval(change: Change, approval: Approval) -> Referral:
    found = change.tables[Referral].where(approval_id=approval.approval_id)
    if len(found) != 1:
        raise UsageError(f"no referral waits for the approval {approval.approval_id}", hint="sightline referrals list")
    return found[0]


def require_going(tables: Tables, referral: Referral) -> Force:
    """The force that a referral goes to. Raises Refused where it may not leave, or not any more."""
    if referral.state not in GOES:
        raise Refused(
            f"the referral {referral.number} is {referral.state}, and does not leave",
            hint="sightline approve" if referral.state is S.DRAFTED else "draft another: sightline referrals draft",
        )
    if recalls_of(tables, referral.referral_id):
        raise Refused(
            f"some leads of {referral.number} are recalled: it does not leave again as it was",
            hint="draft another of what stands: sightline referrals draft",
        )
    force = tables[Force].get(referral.force_id)
    assert force is not None, "a referral has a force"
    if force.ended_at_us is not None:
        raise Refused(f"the force {force.code} of {referral.number} is not known by these keys any more")
    return force


def sent(change: Change, referral_id: str, how: str, sha256: str) -> Referral:
    """Mark a referral as written out for its force, in the caller's transaction; `sha256` of what was written."""
    referral = referral_of(change.tables, referral_id)
    require_going(change.tables, referral)
    state = referral.state if referral.state is S.RECEIVED else S.SENT
    over = replace(change_state(referral, state), sent_at_us=change.now_us, sent_how=how)
    change.put(Verb.REFERRAL_SENT, over, how=how, sha256=sha256)
    return over


def received(change: Change, referral_id: str, receipt_sha256: str | None) -> Referral:
    """Record the force's receipt: the digest of its note, or None where its own officer says so here.

    The same once more changes nothing; the first receipt stays.
    """
    referral = referral_of(change.tables, referral_id)
    is_known = referral.received_at_us is not None and receipt_sha256 is None
    if is_known or referral.receipt_sha256 is not None or referral.state is S.RECALLED:
        return referral
    at_us = referral.received_at_us or change.now_us
    over = replace(change_state(referral, S.RECEIVED), received_at_us=at_us, receipt_sha256=receipt_sha256)
    change.put(Verb.REFERRAL_RECEIVED, over, receipt_sha256=receipt_sha256 or HERE)
    return over


def recall(officer_session: OfficerSession, referral_id: str, whys: Mapping[str, str], why: str) -> ReferralRecall:
    """Recall leads of a referral that left, each with its why. Raises UsageError for leads that it has not, or no more.

    When none is left that stands, the referral itself is recalled.
    """
    with officer_session.change(Action.REFERRAL_RECALL, thing("referral", referral_id)) as change:
        referral = referral_of(change.tables, referral_id)
        if referral.state not in GOES:
            raise UsageError(f"the referral {referral.number} is {referral.state}: nothing of it is to be recalled")
        has = {one.lead_id for one in leads_of(change.tables, referral.referral_id)}
        before = recalled_leads(change.tables, referral.referral_id)
        if not whys or not set(whys) <= has - before.keys():
            raise UsageError(
                f"these are no leads of {referral.number} that stand",
                hint=f"sightline referrals show {referral.number!r}",
            )
        made = ReferralRecall(
            new_id(change.now),
            referral.referral_id,
            canonical(dict(sorted(whys.items()))),
            why,
            change.now_us,
            officer_session.officer.officer_id,
        )
        change.add(Verb.REFERRAL_LEADS_RECALLED, made, referral=referral.referral_id, leads=len(whys))
        if has == before.keys() | set(whys):
            change.put(Verb.REFERRAL_RECALLED, change_state(referral, S.RECALLED), why=why)
    return made


def recall_received(change: Change, recall_id: str, receipt_sha256: str | None) -> ReferralRecall:
    """Record the force's receipt for a recall, or with None that its officer read it here; again changes nothing."""
    known = change.tables[ReferralRecall].get(recall_id)
    if known is None:
        raise UsageError(f"there is no recall {recall_id}", hint="sightline referrals recall --list")
    if known.receipt_sha256 is not None or (known.received_at_us is not None and receipt_sha256 is None):
        return known
    over = replace(known, received_at_us=known.received_at_us or change.now_us, receipt_sha256=receipt_sha256)
    change.put(Verb.RECALL_RECEIVED, over, receipt_sha256=receipt_sha256 or HERE)
    return over


@dataclass(frozen=True, slots=True)
class OutcomeForm:
    """What a force found, of which referred lead, and on which day.

    `note_sha256`: of the note that it signed; empty where its own officer says it here, and then `why`.
    """

    lead_id: str
    kind: OutcomeKind
    said_on: str
    note_sha256: str = ""
    why: str = ""


def outcome(change: Change, referral: Referral, force: Force, found: OutcomeForm) -> Outcome | None:
    """Record what a force found as an outcome of that force, in the case of the referral, in the caller's transaction.

    None where it stands already. Raises UsageError for a lead that the referral has not.
    """
    if change.tables[ReferralLead].get(referral.referral_id, found.lead_id) is None:
        raise UsageError(f"the lead {found.lead_id[:12]} is none of {referral.number}", hint="ask the force again")
    same = change.tables[Outcome].where(lead_id=found.lead_id, case_id=referral.case_id, kind=found.kind)
    if any(one.withdrawn_at_us is None for one in same):
        return None
    made = Outcome(
        new_id(change.now),
        found.lead_id,
        referral.case_id,
        None,
        found.kind,
        found.said_on,
        f"reported by {force.code} of referral {referral.number}{f': {found.why}' if found.why else ''}",
        change.now_us,
        change.signer.officer_id,
    )
    change.add(
        Verb.OUTCOME_RECORDED, made, lead=found.lead_id, case=referral.case_id, kind=found.kind.value, force=force.code
    )
    told = ForceOutcome(made.outcome_id, referral.referral_id, force.force_id, found.note_sha256)
    change.add(Verb.OUTCOME_RETURNED, told, force=force.code, note_sha256=found.note_sha256)
    return made


def referral_of(tables: Tables, text: str) -> Referral:
    """The referral of that id, number, or short id. Raises UsageError where there is none, or several."""
    found = tables[Referral].get(text)
    if found is not None:
        return found
    every = tables[Referral].where()
    named = [one for one in every if one.number == text]
    named = named or [one for one in every if is_short_for(text, one.referral_id)]
    if len(named) == 1:
        return named[0]
    what = "several referrals are called" if named else "there is no referral"
    raise UsageError(f"{what} {text}", hint="sightline referrals list shows their ids")


def seen_by(tables: Tables, officer: Officer) -> list[Referral]:
    """The referrals that an officer may see, by id: all, or of a partner those that went to the own force."""
    own = forces.own_force(tables, officer)
    if own is None:
        return tables[Referral].where()
    same = [one.force_id for one in tables[Force].where(code=own.code)]
    return [one for one in tables[Referral].within("force_id", same) if one.state in WENT]


def seen_one(tables: Tables, officer: Officer, text: str) -> Referral:
    """A referral that an officer may see. Raises UsageError; to a partner NotThere, of another force's as of none."""
    own = forces.own_force(tables, officer)
    if own is None:
        return referral_of(tables, text)
    mine = [one for one in seen_by(tables, officer) if text in {one.referral_id, one.number}]
    mine = mine or [one for one in seen_by(tables, officer) if is_short_for(text, one.referral_id)]
    if len(mine) != 1:
        raise NotThere(f"there is no referral {text}", hint="sightline referrals list shows their ids")
    return mine[0]


def leads_of(tables: Tables, referral_id: str) -> list[ReferralLead]:
    """The leads of a referral as they were told, by id."""
    return tables[ReferralLead].where(referral_id=referral_id)


def was_given(tables: Tables, referral: Referral) -> bool:
    """Whether the force was given anything of a referral: its officer took it here, or it was written out for it."""
    about = f"referral:{referral.referral_id}"
    if tables[LedgerRow].where(thing=about, verb=Verb.REFERRAL_FETCHED.value):
        return True
    sent = tables[LedgerRow].where(thing=about, verb=Verb.REFERRAL_SENT.value)
    return any(Entry.read(one.entry_json.encode()).facts.get("how") != IN_ROOM for one in sent)


def recalls_of(tables: Tables, referral_id: str) -> list[ReferralRecall]:
    """What was recalled of a referral, the first first."""
    return tables[ReferralRecall].where(referral_id=referral_id)


def recalled_leads(tables: Tables, referral_id: str) -> dict[str, str]:
    """The leads of a referral that are recalled, each with its why."""
    found: dict[str, str] = {}
    for one in recalls_of(tables, referral_id):
        found.update(json.loads(one.leads_json))
    return found


def list_referred_leads(tables: Tables, force: Force) -> dict[str, str]:
    """The leads that stand at a force already, by id, with the number of their referral."""
    same = [one.force_id for one in tables[Force].where(code=force.code)]
    found: dict[str, str] = {}
    for one in tables[Referral].within("force_id", same):
        if one.state in STANDS:
            gone = recalled_leads(tables, one.referral_id)
            leads = leads_of(tables, one.referral_id)
            found.update({each.lead_id: one.number for each in leads if each.lead_id not in gone})
    return found


def require_sender(tables: Tables, referral: Referral, code: str) -> Force:
    """The force of a referral, if that is the one whose note it is. Raises NotAllowed."""
    force = tables[Force].get(referral.force_id)
    assert force is not None, "a referral has a force"
    if force.code != code:
        raise NotAllowed(f"{code} speaks of {referral.number}, which went to another force")
    return force
