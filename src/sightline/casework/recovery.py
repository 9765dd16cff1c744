"""An account that an officer cannot open any more, given back by two others (ADR 19).

One asks and gets half of a code, the other approves and gets the other half; the officer has both, chooses a password,
and gets a new key. Neither of the two could sign in as the officer, and nobody sees a password or a key.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime

from sightline.casework import approvals, identities
from sightline.casework.access import Action
from sightline.casework.accounts import Enrolment, make_within
from sightline.casework.acting import Desk
from sightline.casework.roster import is_on_duty, names
from sightline.errors import NotAllowed, UsageError
from sightline.record import keys
from sightline.record.ledger.append import Signer, thing_of
from sightline.record.ledger.verbs import Verb
from sightline.record.store.rows import Account, Approval, Officer, OfficerKey
from sightline.record.store.shelf import Shelves
from sightline.record.workspace import Change, Workspace
from sightline.records import ApprovalState

HALF_BYTES = 10
"""80 bits: 16 letters of base32."""
FIRST, SECOND = "asked", "approved"


def ask(desk: Desk, officer_id: str, why: str) -> tuple[Approval, str]:
    """Ask that an officer's account is given back; the approval that waits, and the first half of the code."""
    with desk.change(Action.ACCOUNT_RECOVER, f"officer:{officer_id}") as change:
        if not is_on_duty(change.shelves, officer_id) and change.shelves[Account].get(officer_id) is None:
            raise UsageError("there is no such officer with an account", hint="enrol a new officer instead")
        if officer_id == desk.officer.officer_id:
            raise NotAllowed("an officer's own account is given back by two others", hint="ask two who may")
        asked = approvals.ask(change, Action.ACCOUNT_RECOVER, f"officer:{officer_id}", {"officer": officer_id}, why)
        if asked.asked_by != desk.officer.officer_id:
            # Who approves has the second half: with the first one as well, one officer alone could take the account.
            raise NotAllowed("another officer asked for this already", hint="approve it, or let it wait")
    return asked, half(identities.secret(desk.workspace, desk.clock()), asked, FIRST)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An account that was asked for: whose, who asked, and who agreed, if anybody has."""

    approval: Approval
    officer: str
    asked_by: str
    decided_by: str | None


def under_way(shelves: Shelves, now_us: int) -> list[UnderWay]:
    """The accounts that wait for a second officer, or for the officer with the code."""
    called = names(shelves)
    open_states = {ApprovalState.ASKED, ApprovalState.GIVEN}
    return [
        UnderWay(
            one,
            called.get(json.loads(one.request_json)["officer"], ""),
            called[one.asked_by],
            called[one.decided_by] if one.decided_by else None,
        )
        for one in shelves[Approval].where(action=Action.ACCOUNT_RECOVER.value)
        if one.state in open_states and one.expires_at_us > now_us
    ]


def can_be_asked(shelves: Shelves, by: str) -> list[Officer]:
    """The officers whose account another could ask for: who has one, but oneself."""
    having = {one.officer_id for one in shelves[Account].where()}
    return [one for one in shelves[Officer].where() if one.officer_id in having and one.officer_id != by]


def second_half(desk: Desk, approval_id: str) -> str | None:
    """The half of the code that whoever approved gives to the officer; None for anybody else."""
    with desk.workspace.reading() as shelves:
        given = shelves[Approval].get(approval_id)
    is_mine = given is not None and given.decided_by == desk.officer.officer_id
    if given is None or not is_mine or given.state is not ApprovalState.GIVEN:
        return None
    return half(identities.secret(desk.workspace, desk.clock()), given, SECOND)


def half(secret: bytes, approval: Approval, which: str) -> str:
    """One half of the code of an approval: nothing of it is kept, the workspace's secret makes it again."""
    told = f"recovery\n{which}\n{approval.approval_id}".encode()
    made = hmac.digest(secret, told, "sha256")[:HALF_BYTES]
    text = base64.b32encode(made).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def recover(workspace: Workspace, name: str, code: str, password: str, now: datetime) -> Enrolment:
    """The account with a new password, a new key and a new TOTP secret. Raises NotAllowed, UsageError.

    The workspace's own key signs the enrolment, for the two who agreed; the key before signs nothing more.
    """
    secret = identities.secret(workspace, now)
    with workspace.changing(workspace.log_signer(), now) as change:
        account = next(iter(change.shelves[Account].where(name=name.strip().lower())), None)
        approval = None if account is None else _matching(secret, change.shelves, account, code, change.now_us)
        if account is None or approval is None:
            raise NotAllowed("name or code is wrong, or the code was used", hint="both halves, the asker's first")
        by = f"{approval.asked_by}+{approval.decided_by}"
        signer = _new_key(change, account, by)
        made = make_within(replace(change, signer=signer), signer, account.name, password)
        approvals.use(change, approval)
        return made


def _matching(secret: bytes, shelves: Shelves, account: Account, code: str, now_us: int) -> Approval | None:
    """The approval whose two halves a code is."""
    said = "".join(letter for letter in code.lower() if letter.isalnum())
    found = None
    for one in shelves[Approval].where(action=Action.ACCOUNT_RECOVER.value, state=ApprovalState.GIVEN.value):
        if json.loads(one.request_json)["officer"] != account.officer_id or one.expires_at_us <= now_us:
            continue
        whole = "".join(half(secret, one, which).replace("-", "") for which in (FIRST, SECOND))
        if hmac.compare_digest(whole.encode(), said.encode()):
            found = one
    return found


def _new_key(change: Change, account: Account, by: str) -> Signer:
    """A new key of an officer, enrolled; all others of that officer are revoked."""
    private = keys.new_key()
    signer = Signer(account.officer_id, private)
    officer = change.shelves[Officer].get(account.officer_id)
    assert officer is not None
    for old in change.shelves[OfficerKey].where(officer_id=account.officer_id):
        if old.revoked_at_us is None:
            over = replace(old, revoked_at_us=change.now_us, revoked_why="account recovered")
            change.put(Verb.KEY_REVOKED, over, key_id=old.key_id)
    row = OfficerKey(signer.key_id, account.officer_id, signer.public, change.now_us, by)
    change.shelves[OfficerKey].add(row)
    public = base64.b64encode(signer.public).decode()
    facts = {"public_key": public, "key_id": row.key_id, "role": officer.role.value}
    # Verifiers take a key from `officer:enrolled` of the officer who is its thing, whoever signs it (ADR 12).
    change.ledger.append(Verb.OFFICER_ENROLLED, change.signer, thing_of(officer), facts=facts, state=officer)
    change.ledger.append(Verb.KEY_ENROLLED, change.signer, thing_of(row), facts=facts, state=row)
    return signer
