"""Acts that take two officers: one asks for exactly this, another decides, and it is done once.

An approval holds for exactly what was asked for, for two weeks, for one act, and only while both are on duty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sightline.casework.access import SECOND, Action, Actor, allow, allow_second, refusal
from sightline.casework.approval_chain import require_chain
from sightline.casework.officer_session import OfficerSession, actor_of
from sightline.casework.roster import is_on_duty, on_duty, ties
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.append import canonical, thing_of
from sightline.ledger.instants import microseconds
from sightline.ledger.ties import Tie
from sightline.ledger.two_officers import bound
from sightline.ledger.verbs import Seen, Verb
from sightline.model import ApprovalState
from sightline.storage.rows import Approval, LedgerRow, Officer
from sightline.storage.table import Tables
from sightline.storage.ulid import new_id
from sightline.workspace.workspace import Change

LASTS_US = 14 * 86_400 * 1_000_000
"""How long an approval that was asked for, or given, holds: two weeks."""

Value = str | int | None | Sequence[Mapping[str, str | int]]
Request = Mapping[str, Value]
"""What exactly is asked for, by names; some of it is a list of things alike, such as files."""

TIED: Mapping[Tie, str] = {
    Tie.ALONE: "one of you two enrolled the other alone, and nobody shall be able to hold both sides",
    Tie.ENROLLER: (
        "one of you two enrolled the other with an officer who is tied to that one, and nobody shall be able to hold"
        " both sides"
    ),
    Tie.CLASS: "you two are tied by who enrolled whom, and nobody shall be able to hold both sides",
}
"""Why one who is tied to the asker does not decide where another can."""


def ask(change: Change, action: Action, thing: str, request: Request, why: str) -> Approval:
    """Ask for an act that takes two; the same question twice is one."""
    open_one = _find(change.tables, action, request, ApprovalState.ASKED, change.now_us)
    if open_one is not None and is_on_duty(change.tables, open_one.asked_by):
        return open_one
    asked = Approval(
        new_id(change.now),
        action.value,
        thing,
        canonical(request),
        why,
        change.signer.officer_id,
        change.now_us,
        change.now_us + LASTS_US,
        ApprovalState.ASKED,
    )
    change.tables[Approval].add(asked)
    facts, tells = bound(action.value, request) | {"action": action.value, "about": thing}, {"why": why}
    change.ledger.append(Verb.APPROVAL_ASKED, change.signer, thing_of(asked), facts=facts, tells=tells, state=asked)
    return asked


def decide(officer_session: OfficerSession, change: Change, approval_id: str, *, give: bool, why: str) -> Approval:
    """Give or refuse what another officer asked for. Raises NotAllowed, UsageError."""
    asked = open_approval(change.tables, approval_id, change.now_us)
    _require_second(change.tables, actor_of(change.tables, officer_session.signer), asked)
    if give:
        _require_asker(change.tables, asked)
    state, verb = (ApprovalState.GIVEN, Verb.APPROVAL_GIVEN) if give else (ApprovalState.REFUSED, Verb.APPROVAL_REFUSED)
    decided = replace(
        asked, state=state, decided_by=officer_session.officer.officer_id, decided_at_us=change.now_us, decided_why=why
    )
    # The decider signs the very entry that asked, by its hash: no other content can be put in its place.
    facts = {"asked": _asked_leaf(change, asked), "asked_by": asked.asked_by, "action": asked.action}
    change.put(verb, decided, why=why, **facts)
    return decided


def _asked_leaf(change: Change, asked: Approval) -> str:
    """The hash of the entry that asked."""
    of_it = {"thing": thing_of(asked), "verb": Verb.APPROVAL_ASKED.value}
    rows = change.tables[LedgerRow].where(**of_it)
    rows += [one for one in change.ledger.pending[0] if (one.thing, one.verb) == tuple(of_it.values())]
    if len(rows) != 1:
        raise NotAllowed(f"the ledger does not tell of the approval {asked.approval_id}", hint="sightline verify")
    return rows[0].leaf_hash.hex()


def _require_second(tables: Tables, actor: Actor, asked: Approval) -> None:
    decision = allow_second(actor, Action(asked.action), asked.asked_by)
    can = who_can_decide(tables, asked)
    who = ", ".join(one.name for one in can) or "nobody yet: sightline officers add"
    if not decision.allowed:
        raise refusal(decision, decision.reason, f"who can decide: {who}")
    if actor.officer_id not in {one.officer_id for one in can}:
        how = ties(tables).between(asked.asked_by, actor.officer_id)
        raise NotAllowed(
            TIED.get(how, "it takes two other officers: nobody decides about the own account"),
            hint=f"who can decide: {who}",
        )


def _require_asker(tables: Tables, asked: Approval) -> None:
    officer = tables[Officer].get(asked.asked_by)
    may = officer is not None and allow(Actor(officer.officer_id, officer.role), Action(asked.action)).allowed
    if not may or not is_on_duty(tables, asked.asked_by):
        raise NotAllowed("whoever asked for it is not on duty any more", hint="another officer asks for it anew")


def who_can_decide(tables: Tables, asked: Approval) -> list[Officer]:
    """Return the officers who can be the second of an act: of those whose role can, the least tied to the asker.

    Ties are by who enrolled whom. Where one enrolled the other, alone or with an officer tied to the one, the two
    decide together only for as long as there is nobody else who could. Nobody decides about the own account.
    """
    roles = SECOND.get(Action(asked.action), frozenset())
    subject = asked.thing.partition(":")[2] if asked.action == Action.ACCOUNT_RECOVER else None
    present = [one for one in on_duty(tables) if one.role in roles and one.officer_id not in {asked.asked_by, subject}]
    free = set(ties(tables).freest(asked.asked_by, [one.officer_id for one in present]))
    return [one for one in present if one.officer_id in free]


def open_approval(tables: Tables, approval_id: str, now_us: int) -> Approval:
    """The approval that waits for a decision. Raises UsageError where there is none."""
    asked = tables[Approval].get(approval_id)
    if asked is None:
        raise UsageError(f"there is no approval {approval_id}", hint="sightline approve shows what is open")
    if asked.state is not ApprovalState.ASKED:
        raise UsageError(f"the approval {approval_id} is {asked.state} already", hint="ask anew if it is still wanted")
    if asked.expires_at_us <= now_us:
        raise UsageError(f"the approval {approval_id} was asked for over two weeks ago", hint="ask anew")
    return asked


def waiting(tables: Tables, now_us: int) -> list[Approval]:
    """What was asked for and waits for a decision, the oldest first."""
    asked = tables[Approval].where(state=ApprovalState.ASKED.value)
    return [one for one in asked if one.expires_at_us > now_us]


def find_given_approval(tables: Tables, action: Action, request: Request, now_us: int) -> Approval | None:
    """The approval that was given for exactly this by two who are on duty, and not used yet.

    Raises NotAllowed where the ledger's entries, by their signatures, do not carry what its row says.
    """
    found = _find(tables, action, request, ApprovalState.GIVEN, now_us)
    return found if found is not None and _stands(tables, found) else None


def all_given(tables: Tables, action: Action, now_us: int) -> list[Approval]:
    """Return the approvals of an action, whatever they are for, that are as `given` says; the newest is the last."""
    rows = tables[Approval].where(action=action.value, state=ApprovalState.GIVEN.value)
    return [one for one in rows if one.expires_at_us > now_us and _stands(tables, one)]


def _stands(tables: Tables, approval: Approval) -> bool:
    """Whether both officers are on duty. Raises NotAllowed where their signatures do not carry the approval."""
    if not all(is_on_duty(tables, who) for who in (approval.asked_by, approval.decided_by)):
        return False
    require_chain(tables, approval)
    return True


def given_still(tables: Tables, approval: Approval) -> bool:
    """Whether an approval that was found is given and not used yet, in this transaction."""
    now = tables[Approval].get(approval.approval_id)
    return now is not None and now.state is ApprovalState.GIVEN


def use(change: Change, approval: Approval) -> None:
    """Mark an approval as used: it serves once, and only if two officers' own signatures carry it.

    Raises NotAllowed where another act used it meanwhile, where it is over, or where the ledger does not carry it.
    """
    if not given_still(change.tables, approval):
        raise NotAllowed(f"the approval {approval.approval_id} serves once, and was used", hint="ask for another")
    # A scan that takes long may end after the approval under which it began.
    if approval.action != Action.SCAN_WHOLE_LOG and approval.expires_at_us <= change.now_us:
        raise NotAllowed(f"the approval {approval.approval_id} was asked for over two weeks ago", hint="ask anew")
    require_chain(change.tables, approval, change)
    used = replace(approval, state=ApprovalState.USED, used_at_us=change.now_us)
    change.put(Verb.APPROVAL_USED, used, action=approval.action)


class TakesTwo(NotAllowed):
    """An act that a second officer has to approve first: it was asked for now, or waits already."""

    def __init__(self, asked: Approval, who: str, details: Sequence[str] = ()) -> None:
        super().__init__(
            f"{asked.action} takes two officers: asked for as {asked.approval_id}",
            hint=f"who can decide: {who}: sightline approve {asked.approval_id}; then run this again",
            details=details,
        )
        self.asked, self.who = asked, who


def require_given(
    officer_session: OfficerSession, action: Action, thing: str, request: Request, why: str, details: Sequence[str] = ()
) -> Approval:
    """The approval of an act that takes two. Where there is none it is asked for, and NotAllowed says what next.

    `details` say how this differs from what was approved already; they stand in that error.
    """
    with officer_session.workspace.reading() as tables:
        found = find_given_approval(tables, action, request, microseconds(officer_session.clock()))
    if found is not None:
        return found
    with officer_session.change(action, thing) as change:
        asked = ask(change, action, thing, request, why)
        who = ", ".join(one.name for one in who_can_decide(change.tables, asked)) or "nobody yet"
    with officer_session.keeping_refusals(Seen.REFUSED_APPROVAL, thing):
        raise TakesTwo(asked, who, details)


def _find(tables: Tables, action: Action, request: Request, state: ApprovalState, now_us: int) -> Approval | None:
    wanted = canonical(request)
    found = tables[Approval].where(action=action.value, state=state.value, request_json=wanted)
    return next((one for one in reversed(found) if one.expires_at_us > now_us), None)
