"""Account recovery: two other officers give an officer access to a locked-out account (ADR 19).

The officer makes a new key and keeps its recovery code. One officer asks that just this key is the officer's; another
decides. Then the officer uses the code to take the account and choose a password. Neither of the two has the
code, nor anyone who holds the log key, and the ledger shows for which key the two signed.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.casework.people.accounts import Enrolment, count_failure, is_locked, make_within
from sightline.casework.people.code_keys import derive_private_key
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.permissions.roster import is_on_duty, list_names
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.append import Signer, name_row_thing
from sightline.ledger.entry import compute_key_id
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.model import ApprovalState
from sightline.storage.rows import Account, Approval, Officer, OfficerKey
from sightline.storage.table import Tables
from sightline.workspace.workspace import Change, Workspace

HINT = "the officer makes one at the sign-in page: Password lost"


def ask(officer_session: OfficerSession, officer_id: str, public: bytes, why: str) -> Approval:
    """Ask to give an officer's account back with just this key, and return the approval that waits."""
    with officer_session.change(Action.ACCOUNT_RECOVER, f"officer:{officer_id}") as change:
        if not is_on_duty(change.tables, officer_id) and change.tables[Account].get(officer_id) is None:
            raise UsageError("there is no such officer with an account", hint="enrol a new officer instead")
        if officer_id == officer_session.officer.officer_id:
            raise NotAllowed("an officer's own account is given back by two others", hint="ask two who may")
        if change.tables[OfficerKey].get(compute_key_id(public)) is not None:
            raise NotAllowed(f"the key {compute_key_id(public)} is an officer's already", hint=HINT)
        request = {
            "officer": officer_id,
            "name": list_names(change.tables)[officer_id],
            "key_id": compute_key_id(public),
            "public_key": base64.b64encode(public).decode(),
        }
        return approvals.ask(change, Action.ACCOUNT_RECOVER, f"officer:{officer_id}", request, why)


@dataclass(frozen=True, slots=True)
class RecoveryRequest:
    """A requested recovery: whose, who asked, and who agreed, if anybody."""

    approval: Approval
    officer: str
    asked_by: str
    decided_by: str | None


def list_under_way(tables: Tables, now_us: int) -> list[RecoveryRequest]:
    """Return the recoveries that wait for a second officer, or for the officer with the code."""
    called = list_names(tables)
    open_states = {ApprovalState.ASKED, ApprovalState.GIVEN}
    return [
        RecoveryRequest(
            approval,
            called.get(json.loads(approval.request_json)["officer"], ""),
            called[approval.asked_by],
            called[approval.decided_by] if approval.decided_by else None,
        )
        for approval in tables[Approval].select(action=Action.ACCOUNT_RECOVER.value)
        if approval.state in open_states and approval.expires_at_us > now_us
    ]


def list_other_account_holders(tables: Tables, by: str) -> list[Officer]:
    """Return the officers with an account, except `by`."""
    having = {account.officer_id for account in tables[Account].select()}
    return [
        officer for officer in tables[Officer].select() if officer.officer_id in having and officer.officer_id != by
    ]


def recover(
    workspace: Workspace, name: str, code: str, password: str, now: datetime, client: str = "unknown"
) -> Enrolment:
    """Give the account a new password, key and TOTP secret. Raises NotAllowed, UsageError.

    The workspace's own key signs the enrolment of the key for which two officers signed. The new key signs the rest,
    and earlier keys sign nothing more. A wrong code counts like a wrong password, and a locked account accepts none.
    """
    private = derive_private_key(code)
    with workspace.read() as tables:
        account, approval = _find_recovery(tables, name, private, now)
    if approval is None:
        count_failure(workspace, account, now, "a wrong recovery code", client)
        raise _make_refusal()
    with workspace.change(workspace.log_signer(), now) as change:
        account, approval = _find_recovery(change.tables, name, private, now)
        if account is None or approval is None:
            raise _make_refusal()
        signer = _enrol(change, account, private, f"{approval.asked_by}+{approval.decided_by}")
        own = replace(change, signer=signer)
        _revoke_others(own, signer)
        enrolment = make_within(own, signer, account.name, password)
        approvals.use(own, approval)
        return enrolment


def _make_refusal() -> NotAllowed:
    """Return the one answer to a failed recovery. It does not say what was wrong."""
    why = NotAllowed(
        "name or code is wrong, was used, two officers did not agree to it yet, or too many tries were",
        hint="the code that you were shown, once one officer asked and another approved",
    )
    why.is_kept = True
    return why


def _find_recovery(
    tables: Tables, name: str, private: Ed25519PrivateKey, now: datetime
) -> tuple[Account | None, Approval | None]:
    """Return the account of a name, and the approval for this key. Each may be None."""
    account = next(iter(tables[Account].select(name=name.strip().lower())), None)
    if account is None or is_locked(account, now):
        return account, None
    return account, _find_matching_approval(tables, account, private, to_microseconds(now))


def _find_matching_approval(
    tables: Tables, account: Account, private: Ed25519PrivateKey, now_us: int
) -> Approval | None:
    """Return the approval by two officers on duty for just this officer and key, or None."""
    public = base64.b64encode(private.public_key().public_bytes_raw())
    approval = None
    for given_approval in tables[Approval].select(action=Action.ACCOUNT_RECOVER.value, state=ApprovalState.GIVEN.value):
        request = json.loads(given_approval.request_json)
        is_valid = given_approval.expires_at_us > now_us and all(
            is_on_duty(tables, who) for who in (given_approval.asked_by, given_approval.decided_by)
        )
        is_same = hmac.compare_digest(str(request.get("public_key", "")).encode(), public)
        if request["officer"] == account.officer_id and is_valid and is_same:
            approval = given_approval
    return approval


def _enrol(change: Change, account: Account, private: Ed25519PrivateKey, by: str) -> Signer:
    """Enrol the new key of an officer."""
    signer = Signer(account.officer_id, private)
    officer = change.tables[Officer].get(account.officer_id)
    assert officer is not None
    row = OfficerKey(signer.key_id, account.officer_id, signer.public, change.now_us, by)
    change.tables[OfficerKey].add(row)
    public = base64.b64encode(signer.public).decode()
    facts = {"public_key": public, "key_id": row.key_id, "role": officer.role.value}
    # Verifiers take a key from `officer:enrolled` of the officer who is its thing (ADR 12); by the workspace's own key
    # only where two officers gave the account back with just this key.
    change.ledger.append(Verb.OFFICER_ENROLLED, change.signer, name_row_thing(officer), facts=facts, state=officer)
    change.ledger.append(Verb.KEY_ENROLLED, change.signer, name_row_thing(row), facts=facts, state=row)
    return signer


def _revoke_others(change: Change, signer: Signer) -> None:
    for old in change.tables[OfficerKey].select(officer_id=signer.officer_id):
        if old.revoked_at_us is None and old.key_id != signer.key_id:
            over = replace(old, revoked_at_us=change.now_us, revoked_why="account recovered")
            change.put(Verb.KEY_REVOKED, over, key_id=old.key_id)
