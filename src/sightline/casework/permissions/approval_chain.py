"""Check an approval by the two officers' signatures in the ledger, never by table rows."""

from __future__ import annotations

from collections.abc import Iterable

from sightline.casework.permissions.access import POLICY, SECOND, Action
from sightline.casework.permissions.entry_roles import find_signing_roles
from sightline.errors import NotAllowed
from sightline.ledger.append import name_row_thing
from sightline.ledger.canonical import WrongEncoding
from sightline.ledger.entry import SALT_BYTES, Entry, compute_commitment
from sightline.ledger.replay import Replay
from sightline.ledger.replay_state import Policy, Texts
from sightline.ledger.replay_state import ReplayedApproval as Replayed
from sightline.ledger.verbs import Verb
from sightline.storage.rows import Approval, LedgerRow, Opening
from sightline.storage.table import Tables
from sightline.workspace.workspace import Change

HINT = "sightline verify names what is wrong with it; ask again, and let another officer decide"
ABOUT_KEYS = (Verb.WORKSPACE_MADE, Verb.OFFICER_ENROLLED, Verb.KEY_ROTATED, Verb.KEY_REVOKED)
ABOUT_OFFICERS = (Action.OFFICER_ENROL, Action.ACCOUNT_RECOVER)


def build_policy() -> Policy:
    """Return who may ask for each act of two officers, who may decide, and who may sign each entry."""
    asks = {action.value: frozenset(role.value for role in POLICY[action]) for action in SECOND}
    decides = {action.value: frozenset(role.value for role in SECOND[action]) for action in SECOND}
    return Policy(asks, decides, find_signing_roles)


def require_chain(tables: Tables, approval: Approval, change: Change | None = None) -> None:
    """Raise NotAllowed unless ledger entries prove an approval: asked and given for exactly its request.

    Checks the signatures of both officers, their keys and roles at that moment, and their ties, as `verify` does.
    `change`: the current transaction, whose entries count too.
    """
    pending = change.ledger.pending if change is not None else ((), ())
    replay = Replay(build_policy())
    try:
        for entry, texts in _list_entries(tables, approval, *pending):
            replay.take(entry, texts)
    except WrongEncoding as error:
        raise NotAllowed(f"the approval {approval.approval_id} cannot be checked: {error}", hint=HINT) from None
    result = replay.approvals.get(approval.approval_id)
    wrong = _find_contradiction(result, approval)
    if wrong is not None:
        raise NotAllowed(f"the approval {approval.approval_id} does not hold: {wrong}", hint=HINT)


def _find_contradiction(replayed_approval: Replayed | None, approval: Approval) -> str | None:
    """Return what the entries say against an approval's row, or None."""
    if replayed_approval is None:
        return "no entry of the ledger asks for it"
    if replayed_approval.problems or not replayed_approval.holds:
        return replayed_approval.problems[0] if replayed_approval.problems else "no second officer gave it"
    if replayed_approval.used_seq is not None:
        return f"entry {replayed_approval.used_seq} used it"
    agreed = (
        replayed_approval.action,
        replayed_approval.about,
        replayed_approval.request,
        replayed_approval.asked_by,
        replayed_approval.decided_by,
    )
    if agreed != (approval.action, approval.thing, approval.request_json, approval.asked_by, approval.decided_by):
        return "it is not what the two officers signed"
    return None


def _list_entries(
    tables: Tables, approval: Approval, new_rows: Iterable[LedgerRow], new_texts: Iterable[Opening]
) -> list[tuple[Entry, Texts]]:
    """Return the entries about officers' keys, about approvals those depend on, and about the approval, in order."""
    about = [approval for action in ABOUT_OFFICERS for approval in tables[Approval].select(action=action.value)]
    things = sorted({name_row_thing(link) for link in (*about, approval)})
    rows = {
        ledger_row.seq: ledger_row for verb in ABOUT_KEYS for ledger_row in tables[LedgerRow].select(verb=verb.value)
    }
    rows |= {ledger_row.seq: ledger_row for ledger_row in tables[LedgerRow].select_within("thing", things)}
    rows |= {
        ledger_row.seq: ledger_row
        for ledger_row in new_rows
        if ledger_row.thing in things or ledger_row.verb in ABOUT_KEYS
    }
    openings = {(opening.seq, opening.name): opening for opening in tables[Opening].select_within("seq", sorted(rows))}
    openings |= {(opening.seq, opening.name): opening for opening in new_texts}
    entries = [Entry.read(rows[seq].entry_json.encode()) for seq in sorted(rows)]
    return [(entry, _build_texts(entry, openings)) for entry in entries]


def _build_texts(entry: Entry, openings: dict[tuple[int, str], Opening]) -> Texts:
    def text(name: str) -> str | None:
        opening = openings.get((entry.seq, name))
        if opening is None or opening.salt is None or opening.text is None or len(opening.salt) != SALT_BYTES:
            return None
        return opening.text if compute_commitment(opening.text, opening.salt) == entry.commits.get(name) else None

    return text
