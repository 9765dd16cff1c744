"""Acts that take two officers: one asks for exactly this act, another decides, and it is done once.

An approval is valid for exactly what was asked for, for two weeks, for one act, and only while both are on duty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sightline.casework.permissions.access import SECOND, Action, Actor, allow, allow_second, build_refusal
from sightline.casework.permissions.approval_chain import require_chain
from sightline.casework.permissions.officer_session import OfficerSession, find_actor
from sightline.casework.permissions.roster import is_on_duty, list_officers_on_duty, list_ties
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.append import encode_canonical, name_row_thing
from sightline.ledger.instants import to_microseconds
from sightline.ledger.ties import Tie
from sightline.ledger.two_officers import select_bound_facts
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import ApprovalState
from sightline.storage.rows import Approval, LedgerRow, Officer
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Change

LASTS_US = 14 * 86_400 * 1_000_000
"""Validity of an approval after it was asked for, and again after it was given: two weeks."""
SENT_BACK = "sent back: "
"""Begins the reason of a refusal that asks for another draft."""

Value = str | int | None | Sequence[Mapping[str, str | int]]
Request = Mapping[str, Value]
"""What exactly is asked for, by name. A value may be a list of things alike, such as files."""

TIED: Mapping[Tie, str] = {
    Tie.ALONE: "one of you two enrolled the other alone, and nobody shall be able to hold both sides",
    Tie.ENROLLER: (
        "one of you two enrolled the other with an officer who is tied to that one, and nobody shall be able to hold"
        " both sides"
    ),
    Tie.CLASS: "you two are tied by the officers who enrolled you, and nobody shall be able to hold both sides",
}
"""Why an officer who is tied to the asker may not decide if another can."""


def ask(change: Change, action: Action, thing: str, request: Request, why: str) -> Approval:
    """Ask for an act that takes two officers. Asking again for the same act returns the same approval."""
    open_one = _find(change.tables, action, request, ApprovalState.ASKED, change.now_us)
    if open_one is not None and is_on_duty(change.tables, open_one.asked_by):
        return open_one
    approval = Approval(
        make_id(change.now),
        action.value,
        thing,
        encode_canonical(request),
        why,
        change.signer.officer_id,
        change.now_us,
        change.now_us + LASTS_US,
        ApprovalState.ASKED,
    )
    change.tables[Approval].add(approval)
    facts, tells = select_bound_facts(action.value, request) | {"action": action.value, "about": thing}, {"why": why}
    change.ledger.append(
        Verb.APPROVAL_ASKED, change.signer, name_row_thing(approval), facts=facts, tells=tells, state=approval
    )
    return approval


def find_send_back_reason(approval: Approval) -> str | None:
    """Return the reason for which a request was sent back to be changed, or None if it was not."""
    why = approval.decided_why or ""
    is_back = approval.state is ApprovalState.REFUSED and why.startswith(SENT_BACK)
    return why.removeprefix(SENT_BACK) if is_back else None


def decide(officer_session: OfficerSession, change: Change, approval_id: str, *, give: bool, why: str) -> Approval:
    """Give or refuse what another officer asked for. Raises NotAllowed, UsageError."""
    approval = open_approval(change.tables, approval_id, change.now_us)
    _require_second(change.tables, find_actor(change.tables, officer_session.signer), approval)
    if give:
        _require_asker(change.tables, approval)
    state, verb = (ApprovalState.GIVEN, Verb.APPROVAL_GIVEN) if give else (ApprovalState.REFUSED, Verb.APPROVAL_REFUSED)
    decided = replace(
        approval,
        state=state,
        decided_by=officer_session.officer.officer_id,
        decided_at_us=change.now_us,
        decided_why=why,
    )
    # The decider signs the hash of the entry that asked, so that no other content can replace it.
    facts = {"asked": _find_request_leaf(change, approval), "asked_by": approval.asked_by, "action": approval.action}
    change.put(verb, decided, why=why, **facts)
    return decided


def _find_request_leaf(change: Change, approval: Approval) -> str:
    """Return the hash of the entry that asked."""
    of_it = {"thing": name_row_thing(approval), "verb": Verb.APPROVAL_ASKED.value}
    rows = change.tables[LedgerRow].select(**of_it)
    rows += [
        ledger_row
        for ledger_row in change.ledger.pending[0]
        if (ledger_row.thing, ledger_row.verb) == tuple(of_it.values())
    ]
    if len(rows) != 1:
        raise NotAllowed(f"the ledger has no entry for the approval {approval.approval_id}", hint="sightline verify")
    return rows[0].leaf_hash.hex()


def _require_second(tables: Tables, actor: Actor, approval: Approval) -> None:
    decision = allow_second(actor, Action(approval.action), approval.asked_by)
    can = list_possible_deciders(tables, approval)
    who = ", ".join(officer.name for officer in can) or "nobody yet: sightline officers add"
    if not decision.allowed:
        raise build_refusal(decision, decision.reason, f"who can decide: {who}")
    if actor.officer_id not in {officer.officer_id for officer in can}:
        how = list_ties(tables).find_tie(approval.asked_by, actor.officer_id)
        raise NotAllowed(
            TIED.get(how, "it takes two other officers: nobody decides about the own account"),
            hint=f"who can decide: {who}",
        )


def _require_asker(tables: Tables, approval: Approval) -> None:
    officer = tables[Officer].get(approval.asked_by)
    may = officer is not None and allow(Actor(officer.officer_id, officer.role), Action(approval.action)).allowed
    if not may or not is_on_duty(tables, approval.asked_by):
        raise NotAllowed(
            "the officer who asked for this is no longer on duty", hint="another officer has to ask for it again"
        )


def list_possible_deciders(tables: Tables, approval: Approval) -> list[Officer]:
    """Return the officers who can be second: of those with the role, the ones least tied to the asker.

    Ties follow from enrolments. If one officer enrolled the other, alone or with an officer tied to the first,
    the two may decide together only while nobody else could. Nobody decides about their own account.
    """
    roles = SECOND.get(Action(approval.action), frozenset())
    subject = approval.thing.partition(":")[2] if approval.action == Action.ACCOUNT_RECOVER else None
    present = [
        officer
        for officer in list_officers_on_duty(tables)
        if officer.role in roles and officer.officer_id not in {approval.asked_by, subject}
    ]
    free = set(list_ties(tables).select_least_tied(approval.asked_by, [officer.officer_id for officer in present]))
    return [officer for officer in present if officer.officer_id in free]


def open_approval(tables: Tables, approval_id: str, now_us: int) -> Approval:
    """Return the approval that waits for a decision. Raises UsageError if there is none."""
    approval = tables[Approval].get(approval_id)
    if approval is None:
        raise UsageError(f"there is no approval {approval_id}", hint="sightline approve shows what is open")
    if approval.state is not ApprovalState.ASKED:
        raise UsageError(
            f"the approval {approval_id} is {approval.state} already", hint="ask again if it is still needed"
        )
    if approval.expires_at_us <= now_us:
        raise UsageError(f"the approval {approval_id} was asked for over two weeks ago", hint="ask for it again")
    return approval


def list_waiting(tables: Tables, now_us: int) -> list[Approval]:
    """Return what waits for a decision, oldest first."""
    approvals = tables[Approval].select(state=ApprovalState.ASKED.value)
    return [approval for approval in approvals if approval.expires_at_us > now_us]


def find_given_approval(tables: Tables, action: Action, request: Request, now_us: int) -> Approval | None:
    """Return the unused approval for exactly this request by two officers on duty, or None.

    Raises NotAllowed if the signatures of the ledger's entries do not prove its row.
    """
    approval = _find(tables, action, request, ApprovalState.GIVEN, now_us)
    return approval if approval is not None and _is_decidable(tables, approval) else None


def list_given_approvals(tables: Tables, action: Action, now_us: int) -> list[Approval]:
    """Return the given approvals of an action for any thing, as `find_given_approval` does, newest last."""
    rows = tables[Approval].select(action=action.value, state=ApprovalState.GIVEN.value)
    return [approval for approval in rows if approval.expires_at_us > now_us and _is_decidable(tables, approval)]


def _is_decidable(tables: Tables, approval: Approval) -> bool:
    """Return whether both officers are on duty. Raises NotAllowed if their signatures do not prove the approval."""
    if not all(is_on_duty(tables, who) for who in (approval.asked_by, approval.decided_by)):
        return False
    require_chain(tables, approval)
    return True


def is_still_given(tables: Tables, approval: Approval) -> bool:
    """Return whether an approval is still given and unused in this transaction."""
    now = tables[Approval].get(approval.approval_id)
    return now is not None and now.state is ApprovalState.GIVEN


def use(change: Change, approval: Approval) -> None:
    """Mark an approval as used. It serves once, and only if the signatures of two officers prove it.

    Raises NotAllowed if another act used it meanwhile, if it expired, or if the ledger does not prove it.
    """
    if not is_still_given(change.tables, approval):
        raise NotAllowed(
            f"the approval {approval.approval_id} can be used only once, and was used", hint="ask for another"
        )
    # A long scan may end after the approval under which it began has expired.
    if approval.action != Action.SCAN_WHOLE_LOG and approval.expires_at_us <= change.now_us:
        raise NotAllowed(
            f"the approval {approval.approval_id} was asked for over two weeks ago", hint="ask for it again"
        )
    require_chain(change.tables, approval, change)
    used = replace(approval, state=ApprovalState.USED, used_at_us=change.now_us)
    change.put(Verb.APPROVAL_USED, used, action=approval.action)


class TakesTwo(NotAllowed):
    """A second officer must approve the act first. It was asked for now, or waits already."""

    def __init__(self, approval: Approval, who: str, details: Sequence[str] = ()) -> None:
        super().__init__(
            f"{approval.action} takes two officers: asked for as {approval.approval_id}",
            hint=f"who can decide: {who}: sightline approve {approval.approval_id}; then run this again",
            details=details,
        )
        self.asked, self.who = approval, who


def require_approval(
    officer_session: OfficerSession, action: Action, thing: str, request: Request, why: str, details: Sequence[str] = ()
) -> Approval:
    """Return the approval of an act that takes two officers, or ask for it and raise NotAllowed.

    `details`: how this differs from what was approved already, for the error.
    """
    with officer_session.workspace.read() as tables:
        approval = find_given_approval(tables, action, request, to_microseconds(officer_session.clock()))
    if approval is not None:
        return approval
    with officer_session.change(action, thing) as change:
        asked = ask(change, action, thing, request, why)
        who = ", ".join(officer.name for officer in list_possible_deciders(change.tables, asked)) or "nobody yet"
    with officer_session.record_refusals(JournalVerb.REFUSED_APPROVAL, thing):
        raise TakesTwo(asked, who, details)


def _find(tables: Tables, action: Action, request: Request, state: ApprovalState, now_us: int) -> Approval | None:
    facts = encode_canonical(request)
    approvals = tables[Approval].select(action=action.value, state=state.value, request_json=facts)
    return next((approval for approval in reversed(approvals) if approval.expires_at_us > now_us), None)
