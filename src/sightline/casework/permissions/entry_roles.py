"""The action of each entry of the ledger, and so the roles that may sign it: `verify` checks this afterwards.

An officer's session checks the role before an act. A person who holds the log key and an officer's own key can append
an entry without a session; the replay of the ledger names it by this table. No role lost a right since the first
version, so entries of older versions follow the same table.
"""

from __future__ import annotations

from collections.abc import Mapping

from sightline.casework.permissions.access import POLICY, SECOND, Action
from sightline.ledger.entry import Entry
from sightline.ledger.two_officers import ACTS, NOTICES
from sightline.ledger.verbs import Verb

ACTIONS: Mapping[str, tuple[Action, ...]] = {
    Verb.KEY_ROTATED: (Action.KEY_ROTATE,),
    Verb.KEY_REVOKED: (Action.KEY_REVOKE,),
    Verb.ISSUER_REVOKED: (Action.ISSUER_REVOKE,),
    Verb.CASE_OPENED: (Action.CASE_OPEN,),
    Verb.CASE_CHANGED: (Action.CASE_OPEN,),
    Verb.CASE_REPORTED: (Action.CASE_VIEW,),
    Verb.AUTHORITY_ADDED: (Action.AUTHORITY_ADD,),
    Verb.AUTHORITY_ENDED: (Action.AUTHORITY_END,),
    Verb.SOURCE_ADDED: (Action.SOURCE_ADD,),
    Verb.SOURCE_CHANGED: (Action.SOURCE_ADD,),
    Verb.LIST_REGISTERED: (Action.SCAN,),
    Verb.LIST_SIGNED: (Action.SCAN,),
    Verb.DATASET_IMPORTED: (Action.DATASET_IMPORT,),
    Verb.DATASET_WITHDRAWN: (Action.DATASET_WITHDRAW,),
    Verb.EXHIBIT_REGISTERED: (Action.SCAN,),
    Verb.EXHIBIT_HELD: (Action.SCAN,),
    Verb.EXHIBIT_CHANGED: (Action.SOURCE_ADD,),
    Verb.EXHIBIT_RECEIVED: (Action.CUSTODY_RECORD,),
    Verb.EXHIBIT_MOVED: (Action.CUSTODY_RECORD,),
    Verb.EXHIBIT_OPENED: (Action.CUSTODY_RECORD,),
    Verb.EXHIBIT_COPIED: (Action.CUSTODY_RECORD,),
    Verb.EXHIBIT_RETURNED: (Action.CUSTODY_RECORD,),
    Verb.RUN_REGISTERED: (Action.SCAN,),
    Verb.RUN_SUPERSEDED: (Action.SCAN,),
    Verb.FEED_START_REGISTERED: (Action.SCAN,),
    Verb.FEED_PART_REGISTERED: (Action.SCAN,),
    Verb.FEED_DELIVERY_REGISTERED: (Action.SCAN,),
    Verb.LEADS_REBUILT: (Action.LEADS_REBUILD,),
    Verb.LEAD_VISITED: (Action.LEADS_REBUILD,),
    Verb.LEAD_REPORTED: (Action.LEADS_REBUILD,),
    Verb.LEAD_MARKED: (Action.LEAD_MARK,),
    Verb.LEAD_UNMARKED: (Action.LEAD_MARK,),
    Verb.LICENSEE_SAID: (Action.LICENSEE_SAY,),
    Verb.NOTICE_DRAFTED: (Action.NOTICE_DRAFT,),
    Verb.NOTICE_SENT: (Action.NOTICE_SEND,),
    Verb.NOTICE_ANSWERED: (Action.REPLY_RECEIVE, Action.REPLY_WITHDRAW),
    Verb.NOTICE_CLOSED: (Action.NOTICE_SEND,),
    Verb.REPLY_RECEIVED: (Action.REPLY_RECEIVE,),
    Verb.REPLY_CONFIRMED: (Action.REPLY_CONFIRM,),
    Verb.REPLY_WITHDRAWN: (Action.REPLY_WITHDRAW,),
    Verb.SESSIONS_RESOLVED: (Action.RESOLVE,),
    Verb.OUTCOME_RECORDED: (Action.OUTCOME_RECORD,),
    Verb.OUTCOME_WITHDRAWN: (Action.OUTCOME_RECORD,),
    Verb.LEADS_ASSIGNED: (Action.LEAD_ASSIGN,),
    Verb.LEADS_CLOSED: (Action.LEAD_CLOSE,),
    Verb.LEADS_REOPENED: (Action.LEAD_CLOSE,),
    Verb.LEAD_NOTED: (Action.LEAD_NOTE,),
    Verb.NOTE_CHANGED: (Action.LEAD_NOTE,),
    Verb.CASE_NOTE_ADDED: (Action.CASE_NOTE,),
    Verb.CASE_FILE_ADDED: (Action.CASE_NOTE,),
    Verb.CASE_DEADLINE_SET: (Action.CASE_NOTE,),
    Verb.VIEW_SAVED: (Action.LEADS_SAVE_VIEW,),
    Verb.VIEW_DROPPED: (Action.LEADS_SAVE_VIEW,),
    Verb.OPERATION_BEGUN: (Action.OPERATION_RUN,),
    Verb.OPERATION_ADDED: (Action.OPERATION_RUN,),
    Verb.OPERATION_TAKEN_OUT: (Action.OPERATION_RUN,),
    Verb.OPERATION_EVENT: (Action.OPERATION_RUN,),
    Verb.OPERATION_EVENT_WITHDRAWN: (Action.OPERATION_RUN,),
    Verb.OPERATION_PLANNED: (Action.OPERATION_RUN,),
    Verb.OPERATION_CLOSED: (Action.OPERATION_RUN,),
    Verb.OPERATION_REPORTED: (Action.OPERATION_RUN,),
    Verb.IDENTITY_KEYED: (Action.REPLY_RECEIVE,),
    Verb.IDENTITY_PURGED: (Action.PURGE,),
    Verb.FORCE_ENDED: (Action.FORCE_END,),
    Verb.FORCE_REQUEST_RECEIVED: (Action.FORCE_REQUEST,),
    Verb.REQUEST_ANSWER_RECORDED: (Action.REFERRAL,),
    Verb.REFERRAL_DRAFTED: (Action.REFERRAL,),
    Verb.REFERRAL_SENT: (Action.REFERRAL_SEND,),
    Verb.REFERRAL_FETCHED: (Action.REFERRAL_ACCEPT,),
    Verb.REFERRAL_RECEIVED: (Action.REFERRAL_RETURN, Action.REFERRAL_ACCEPT),
    Verb.REFERRAL_RECALLED: (Action.REFERRAL_RECALL,),
    Verb.REFERRAL_LEADS_RECALLED: (Action.REFERRAL_RECALL,),
    Verb.RECALL_RECEIVED: (Action.REFERRAL_RETURN, Action.REFERRAL_ACCEPT),
    Verb.OUTCOME_RETURNED: (Action.REFERRAL_RETURN, Action.REFERRAL_ACCEPT),
    Verb.INCOMING_OPENED: (Action.INCOMING_TAKE,),
    Verb.INCOMING_ACCEPTED: (Action.INCOMING_TAKE,),
    Verb.INCOMING_OUTCOME: (Action.INCOMING_TAKE,),
    Verb.INCOMING_RECALLED: (Action.INCOMING_TAKE,),
    Verb.FORCE_SECRET_AGREED: (Action.FORCE_COMPARE,),
    Verb.FORCE_COMPARED: (Action.FORCE_COMPARE,),
    Verb.FORCE_MATCHES_RECORDED: (Action.FORCE_COMPARE,),
    Verb.HOLD_SET: (Action.HOLD_SET,),
    Verb.HOLD_LIFTED: (Action.HOLD_LIFT,),
    Verb.RETENTION_SET: (Action.PURGE,),
    Verb.PURGE_DONE: (Action.PURGE,),
    Verb.CERTIFICATE_MADE: (Action.CERTIFICATE,),
    Verb.ADDRESSES_EXPORTED: (Action.ADDRESS_EXPORT,),
    Verb.IDENTITIES_EXPORTED: (Action.IDENTITY_EXPORT,),
    Verb.BUNDLE_MADE: (Action.BUNDLE,),
    Verb.BACKUP_MADE: (Action.BACKUP,),
    Verb.BACKUP_RECIPIENT_ADDED: (Action.BACKUP_RECIPIENT,),
    Verb.BACKUP_RECIPIENT_REMOVED: (Action.BACKUP,),
    Verb.BACKUP_RESTORED: (Action.BACKUP,),
    Verb.ACCOUNT_MADE: (Action.ACCOUNT_MAKE,),
    Verb.ACCOUNT_CHANGED: (Action.ACCOUNT_MAKE,),
    Verb.WITNESS_ENROLLED: (Action.WITNESS_ENROL,),
    Verb.CHECKPOINT_COUNTERSIGNED: (Action.CHECKPOINT_TAKE,),
}
"""The actions that an officer's entry can belong to. The roles of any of them may sign it."""

SECOND_REFUSES: Mapping[str, frozenset[str]] = {
    Verb.NOTICE_REFUSED: NOTICES,
    Verb.REFERRAL_REFUSED: frozenset({Action.REFERRAL.value}),
}
"""What a second officer did not agree to: the roles that decide about these actions sign it."""

BY_APPROVAL = frozenset(
    {Verb.OFFICER_ENROLLED, Verb.KEY_ENROLLED, Verb.APPROVAL_ASKED, Verb.APPROVAL_GIVEN, Verb.APPROVAL_REFUSED}
    | {Verb.APPROVAL_USED}
)
"""Entries whose signer the replay judges by keys and approvals, beside the acts that the second officer does."""


def find_signing_roles(entry: Entry) -> frozenset[str] | None:
    """Return the roles that may sign an officer's entry: none for a verb that no officer signs.

    None where the replay judges the signer by the approval that the entry rests on, or is part of.
    """
    act = ACTS.get(entry.verb)
    is_second = act is not None and act.by_decider and act.applies(entry)
    if is_second or entry.verb in BY_APPROVAL:
        return None
    if refused := SECOND_REFUSES.get(entry.verb):
        return frozenset(role.value for name in refused for role in SECOND[Action(name)])
    return frozenset(role.value for action in _list_actions(entry) for role in POLICY[action])


def _list_actions(entry: Entry) -> tuple[Action, ...]:
    if entry.verb == Verb.OUTCOME_RECORDED and "force" in entry.facts:
        return Action.REFERRAL_RETURN, Action.REFERRAL_ACCEPT
    if entry.verb == Verb.RUN_REGISTERED and "approval" in entry.facts:
        return (Action.SCAN_WHOLE_LOG,)
    return ACTIONS.get(entry.verb, ())
