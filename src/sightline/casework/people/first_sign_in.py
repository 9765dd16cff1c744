"""A new officer's account of the web app, for the key that was made on a sign-in page and that others enrolled.

The code is the key: only its officer has it. So it opens the account that this officer has not got yet, and nothing
else; an account that is there already is given back by two others (`recovery`).
"""

from __future__ import annotations

from datetime import datetime

from sightline.casework.people.accounts import Enrolment, make_within
from sightline.casework.people.code_keys import derive_private_key
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.permissions.roster import is_on_duty
from sightline.errors import NotAllowed
from sightline.ledger.append import Signer
from sightline.ledger.verbs import JournalVerb
from sightline.storage.rows import Account, Officer, OfficerKey
from sightline.workspace.workspace import Workspace


def open_first_account(
    workspace: Workspace, code: str, name: str, password: str, now: datetime, client: str = "unknown"
) -> Enrolment:
    """Create the account of the officer whose key the code makes. Raises NotAllowed, UsageError.

    A wrong code is counted in the journal with its origin (`client`), as a wrong password is.
    """
    officer_session = _find_new_officer(workspace, code, now)
    if officer_session is None:
        workspace.count(JournalVerb.LOGIN_FAILED, now, why="a wrong code of a new officer", client=client)
        raise _make_refusal()
    officer_id = officer_session.officer.officer_id
    with officer_session.change(Action.ACCOUNT_MAKE, f"officer:{officer_id}") as change:
        if change.tables[Account].get(officer_id) is not None:
            raise NotAllowed(
                "this officer has an account already", hint="sign in; or recover the account, from the sign-in page"
            )
        return make_within(change, officer_session.signer, name.strip().lower(), password)


def _find_new_officer(workspace: Workspace, code: str, now: datetime) -> OfficerSession | None:
    """Return the session of the officer on duty whose current key the code makes, or None."""
    private = derive_private_key(code)
    with workspace.read() as tables:
        key = tables[OfficerKey].get(Signer("unknown", private).key_id)
        officer = tables[Officer].get(key.officer_id) if key else None
        if key is None or officer is None or key.revoked_at_us is not None:
            return None
        if not is_on_duty(tables, officer.officer_id):
            return None
    return OfficerSession(workspace, Signer(officer.officer_id, private), officer, lambda: now)


def _make_refusal() -> NotAllowed:
    """Return the one answer to a code that opens nothing."""
    why = NotAllowed(
        "no officer on duty is enrolled with the key of this code",
        hint="compare the code with what you wrote down, and ask the officer who enrols you whether it was approved",
    )
    why.is_kept = True
    return why
