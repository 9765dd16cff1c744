"""Acts that take two officers: one asks for exactly this, another decides, and it is done once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sightline.casework.access import Action, allow_second
from sightline.casework.acting import Desk, actor_of
from sightline.errors import NotAllowed, UsageError
from sightline.record.ledger.append import canonical
from sightline.record.ledger.instants import microseconds
from sightline.record.ledger.verbs import Verb
from sightline.record.store.rows import Approval
from sightline.record.store.shelf import Shelves
from sightline.record.ulid import new_id
from sightline.record.workspace import Change
from sightline.records import ApprovalState

LASTS_US = 14 * 86_400 * 1_000_000
"""How long an approval that was asked for, or given, holds: two weeks."""

Request = Mapping[str, str | int | None]


def ask(change: Change, action: Action, thing: str, request: Request, why: str) -> Approval:
    """Ask for an act that takes two; the same question twice is one."""
    open_one = _find(change.shelves, action, request, ApprovalState.ASKED, change.now_us)
    if open_one is not None:
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
    change.add(Verb.APPROVAL_ASKED, asked, action=action.value)
    return asked


def decide(desk: Desk, change: Change, approval_id: str, *, give: bool, why: str) -> Approval:
    """Give or refuse what another officer asked for. Raises NotAllowed, UsageError."""
    asked = open_approval(change.shelves, approval_id, change.now_us)
    decision = allow_second(actor_of(change.shelves, desk.signer), Action(asked.action), asked.asked_by)
    if not decision.allowed:
        raise NotAllowed(decision.reason, hint="another officer decides: sightline officer list")
    state, verb = (ApprovalState.GIVEN, Verb.APPROVAL_GIVEN) if give else (ApprovalState.REFUSED, Verb.APPROVAL_REFUSED)
    decided = replace(
        asked, state=state, decided_by=desk.officer.officer_id, decided_at_us=change.now_us, decided_why=why
    )
    change.put(verb, decided, asked_by=asked.asked_by, action=asked.action)
    return decided


def open_approval(shelves: Shelves, approval_id: str, now_us: int) -> Approval:
    """The approval that waits for a decision. Raises UsageError where there is none."""
    asked = shelves[Approval].get(approval_id)
    if asked is None:
        raise UsageError(f"there is no approval {approval_id}", hint="sightline approve shows what is open")
    if asked.state is not ApprovalState.ASKED:
        raise UsageError(f"the approval {approval_id} is {asked.state} already", hint="ask anew if it is still wanted")
    if asked.expires_at_us <= now_us:
        raise UsageError(f"the approval {approval_id} was asked for over two weeks ago", hint="ask anew")
    return asked


def given(shelves: Shelves, action: Action, request: Request, now_us: int) -> Approval | None:
    """The approval that was given for exactly this and not used yet."""
    return _find(shelves, action, request, ApprovalState.GIVEN, now_us)


def given_still(shelves: Shelves, approval: Approval) -> bool:
    """Whether an approval that was found is given and not used yet, in this transaction."""
    now = shelves[Approval].get(approval.approval_id)
    return now is not None and now.state is ApprovalState.GIVEN


def use(change: Change, approval: Approval) -> None:
    """Mark an approval as used: it serves once."""
    used = replace(approval, state=ApprovalState.USED, used_at_us=change.now_us)
    change.put(Verb.APPROVAL_USED, used, action=approval.action)


def require_given(desk: Desk, action: Action, thing: str, request: Request, why: str) -> Approval:
    """The approval of an act that takes two. Where there is none it is asked for, and NotAllowed says what next."""
    with desk.workspace.reading() as shelves:
        found = given(shelves, action, request, microseconds(desk.clock()))
    if found is not None:
        return found
    with desk.change(action, thing) as change:
        asked = ask(change, action, thing, request, why)
    raise NotAllowed(
        f"{action} takes two officers: asked for as {asked.approval_id}",
        hint=f"another officer decides: sightline approve {asked.approval_id}; then run this again",
    )


def _find(shelves: Shelves, action: Action, request: Request, state: ApprovalState, now_us: int) -> Approval | None:
    wanted = canonical(request)
    found = shelves[Approval].where(action=action.value, state=state.value, request_json=wanted)
    return next((one for one in reversed(found) if one.expires_at_us > now_us), None)
