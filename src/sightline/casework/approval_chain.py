"""Check an approval by the two officers' signatures in the ledger, never by table rows."""

from __future__ import annotations

from collections.abc import Iterable

from sightline.casework.access import POLICY, SECOND, Action
from sightline.casework.entry_roles import roles_of
from sightline.errors import NotAllowed
from sightline.ledger.append import thing_of
from sightline.ledger.canonical import WrongEncoding
from sightline.ledger.entry import SALT_BYTES, Entry, commitment
from sightline.ledger.replay import Replay
from sightline.ledger.replay_state import Approval as Replayed
from sightline.ledger.replay_state import Policy, Texts
from sightline.ledger.verbs import Verb
from sightline.storage.rows import Approval, LedgerRow, Opening
from sightline.storage.table import Tables
from sightline.workspace.workspace import Change

HINT = "sightline verify names what is wrong with it; ask anew, and let another officer decide"
ABOUT_KEYS = (Verb.WORKSPACE_MADE, Verb.OFFICER_ENROLLED, Verb.KEY_ROTATED, Verb.KEY_REVOKED)
ABOUT_OFFICERS = (Action.OFFICER_ENROL, Action.ACCOUNT_RECOVER)


def policy() -> Policy:
    """Return who may ask for each act of two officers, who may decide, and who may sign each entry."""
    asks = {action.value: frozenset(role.value for role in POLICY[action]) for action in SECOND}
    decides = {action.value: frozenset(role.value for role in SECOND[action]) for action in SECOND}
    return Policy(asks, decides, roles_of)


def require_chain(tables: Tables, approval: Approval, change: Change | None = None) -> None:
    """Raise NotAllowed unless ledger entries prove an approval: asked and given for exactly its request.

    Checks the signatures of both officers, their keys and roles at that moment, and their ties, as `verify` does.
    `change`: the current transaction, whose entries count too.
    """
    pending = change.ledger.pending if change is not None else ((), ())
    replay = Replay(policy())
    try:
        for entry, texts in _entries(tables, approval, *pending):
            replay.take(entry, texts)
    except WrongEncoding as why:
        raise NotAllowed(f"the approval {approval.approval_id} cannot be checked: {why}", hint=HINT) from None
    found = replay.approvals.get(approval.approval_id)
    wrong = _find_contradiction(found, approval)
    if wrong is not None:
        raise NotAllowed(f"the approval {approval.approval_id} does not hold: {wrong}", hint=HINT)


def _find_contradiction(found: Replayed | None, approval: Approval) -> str | None:
    """Return what the entries say against an approval's row, or None."""
    if found is None:
        return "no entry of the ledger asks for it"
    if found.problems or not found.holds:
        return found.problems[0] if found.problems else "no second officer gave it"
    if found.used_seq is not None:
        return f"entry {found.used_seq} used it"
    agreed = (found.action, found.about, found.request, found.asked_by, found.decided_by)
    if agreed != (approval.action, approval.thing, approval.request_json, approval.asked_by, approval.decided_by):
        return "it is not what the two officers signed"
    return None


def _entries(
    tables: Tables, approval: Approval, new_rows: Iterable[LedgerRow], new_texts: Iterable[Opening]
) -> list[tuple[Entry, Texts]]:
    """Return the entries about officers' keys, about approvals those depend on, and about the approval, in order."""
    about = [one for action in ABOUT_OFFICERS for one in tables[Approval].where(action=action.value)]
    things = sorted({thing_of(one) for one in (*about, approval)})
    rows = {one.seq: one for verb in ABOUT_KEYS for one in tables[LedgerRow].where(verb=verb.value)}
    rows |= {one.seq: one for one in tables[LedgerRow].within("thing", things)}
    rows |= {one.seq: one for one in new_rows if one.thing in things or one.verb in ABOUT_KEYS}
    openings = {(one.seq, one.name): one for one in tables[Opening].within("seq", sorted(rows))}
    openings |= {(one.seq, one.name): one for one in new_texts}
    entries = [Entry.read(rows[seq].entry_json.encode()) for seq in sorted(rows)]
    return [(one, _texts(one, openings)) for one in entries]


def _texts(entry: Entry, openings: dict[tuple[int, str], Opening]) -> Texts:
    def text(name: str) -> str | None:
        opening = openings.get((entry.seq, name))
        if opening is None or opening.salt is None or opening.text is None or len(opening.salt) != SALT_BYTES:
            return None
        return opening.text if commitment(opening.text, opening.salt) == entry.commits.get(name) else None

    return text
