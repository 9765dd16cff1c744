"""Permissions: who may do what, and why not. Default deny; every decision has a reason.

The roles are those of the law that the unit acts under. Pure: no database, no clock. The caller writes refusals to the
journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sightline.errors import NotAllowed
from sightline.model import Role

IO, SHO, SP = Role.INVESTIGATING_OFFICER, Role.STATION_OFFICER, Role.SUPERINTENDENT
ANALYST, SUPERVISOR, CUSTODIAN = Role.ANALYST, Role.SUPERVISOR, Role.CUSTODIAN
PROSECUTOR, AUDITOR, ADMINISTRATOR = Role.PROSECUTOR, Role.AUDITOR, Role.ADMINISTRATOR
COMMAND = frozenset({SHO, SP, SUPERVISOR})
"""Roles that answer for others. They give the second signature on most acts that take two officers."""


class Action(StrEnum):
    """An act that an officer can ask to do."""

    OFFICER_ENROL = "officer:enrol"
    OFFICER_LIST = "officer:list"
    KEY_ROTATE = "key:rotate"
    KEY_REVOKE = "key:revoke"
    ISSUER_ENROL = "issuer:enrol"
    ISSUER_LIST = "issuer:list"
    ISSUER_REVOKE = "issuer:revoke"
    WITNESS_ENROL = "witness:enrol"
    WITNESS_LIST = "witness:list"
    CHECKPOINT_TAKE = "checkpoint:take"
    APPROVAL_LIST = "approval:list"
    APPROVAL_DECIDE = "approval:decide"
    CASE_OPEN = "case:open"
    CASE_VIEW = "case:view"
    CASE_NOTE = "case:note"
    CASE_FILE_OPEN = "case-file:open"
    AUTHORITY_ADD = "authority:add"
    AUTHORITY_LIVE = "authority:live-feed"
    AUTHORITY_END = "authority:end"
    SOURCE_ADD = "source:add"
    SOURCE_USE = "source:use"
    SCAN = "scan"
    SCAN_WHOLE_LOG = "scan:whole-log"
    FORMAT_USE = "format:use"
    EXHIBIT_VIEW = "exhibit:view"
    CUSTODY_RECORD = "custody:record"
    CERTIFICATE = "certificate"
    BUNDLE = "bundle"
    DATASET_IMPORT = "dataset:import"
    DATASET_LIST = "dataset:list"
    DATASET_WITHDRAW = "dataset:withdraw"
    LEDGER_VIEW = "ledger:view"
    VERIFY = "verify"
    LEADS_REBUILD = "leads:rebuild"
    LEADS_VIEW = "leads:view"
    ADDRESS_OPEN = "address:open"
    ADDRESS_EXPORT = "address:export"
    LEAD_MARK = "lead:mark"
    LICENSEE_SAY = "licensee:say"
    NOTICE_DRAFT = "notice:draft"
    NOTICE_VIEW = "notice:view"
    NOTICE_PRESERVATION = "notice:preservation"
    NOTICE_RECORDS = "notice:records"
    NOTICE_SUBSCRIBERS = "notice:subscribers"
    NOTICE_SEND = "notice:send"
    NOTICE_EXPORT = "notice:export"
    REPLY_RECEIVE = "reply:receive"
    REPLY_CONFIRM = "reply:confirm"
    REPLY_WITHDRAW = "reply:withdraw"
    RESOLVE = "resolve"
    RESOLUTION_VIEW = "resolution:view"
    IDENTITY_OPEN = "identity:open"
    IDENTITY_EXPORT = "identity:export"
    OUTCOME_RECORD = "outcome:record"
    OUTCOME_VIEW = "outcome:view"
    WEB_APP_USE = "room:use"
    ACCOUNT_MAKE = "account:make"
    ACCOUNT_RECOVER = "account:recover"
    SESSION_LIST = "session:list"
    SESSION_END = "session:end"
    LEAD_ASSIGN = "lead:assign"
    LEAD_CLOSE = "lead:close"
    LEAD_NOTE = "lead:note"
    LEADS_SAVE_VIEW = "leads:save-view"
    OPERATION_RUN = "operation:run"
    OPERATION_VIEW = "operation:view"
    SEARCH = "search"
    FORCE_ENROL = "force:enrol"
    FORCE_END = "force:end"
    FORCE_TIE = "force:tie"
    FORCE_LIST = "force:list"
    FORCE_REQUEST = "force:request"
    FORCE_COMPARE = "force:compare"
    REFERRAL = "referral"
    REFERRAL_VIEW = "referral:view"
    REFERRAL_SEND = "referral:send"
    REFERRAL_RETURN = "referral:return"
    REFERRAL_RECALL = "referral:recall"
    REFERRAL_ACCEPT = "referral:accept"
    INCOMING_VIEW = "incoming:view"
    INCOMING_TAKE = "incoming:take"
    HOLD_SET = "hold:set"
    HOLD_LIFT = "hold:lift"
    PURGE = "purge"
    BACKUP = "backup"
    BACKUP_RECIPIENT = "backup:recipient"
    DOCTOR = "doctor"
    NOTIFICATION_TEST = "notification:test"


EVERYONE = frozenset(Role)
CASE_ROLES = frozenset({ANALYST, IO, SHO, SP, SUPERVISOR, CUSTODIAN, PROSECUTOR})

POLICY: Mapping[Action, frozenset[Role]] = {
    Action.OFFICER_ENROL: frozenset({ADMINISTRATOR, SUPERVISOR, SP}),
    Action.OFFICER_LIST: EVERYONE - {Role.PARTNER},
    Action.KEY_ROTATE: EVERYONE,
    Action.KEY_REVOKE: frozenset({ADMINISTRATOR, SUPERVISOR, SP}),
    Action.ISSUER_ENROL: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.ISSUER_LIST: EVERYONE - {Role.PARTNER},
    Action.ISSUER_REVOKE: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.WITNESS_ENROL: frozenset({SP, SUPERVISOR, AUDITOR}),
    Action.WITNESS_LIST: EVERYONE - {Role.PARTNER},
    Action.CHECKPOINT_TAKE: frozenset({SP, SUPERVISOR, CUSTODIAN, AUDITOR, ADMINISTRATOR}),
    Action.APPROVAL_LIST: EVERYONE - {Role.PARTNER},
    Action.APPROVAL_DECIDE: COMMAND | {ADMINISTRATOR},
    Action.CASE_OPEN: frozenset({IO, SHO, SP}),
    Action.CASE_VIEW: CASE_ROLES,
    Action.CASE_NOTE: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR}),
    Action.CASE_FILE_OPEN: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR, PROSECUTOR}),
    Action.AUTHORITY_ADD: frozenset({IO, SHO, SP}),
    Action.AUTHORITY_LIVE: frozenset({IO, SHO, SP}),
    Action.AUTHORITY_END: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.SOURCE_ADD: frozenset({ANALYST, IO, SHO, SP, CUSTODIAN}),
    Action.SOURCE_USE: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.SCAN: frozenset({ANALYST, IO, CUSTODIAN}),
    Action.SCAN_WHOLE_LOG: frozenset({IO}),
    Action.FORMAT_USE: frozenset({ANALYST, IO, CUSTODIAN}),
    Action.EXHIBIT_VIEW: CASE_ROLES,
    Action.CUSTODY_RECORD: frozenset({IO, SHO, CUSTODIAN}),
    Action.CERTIFICATE: frozenset({IO, SHO, CUSTODIAN}),
    Action.BUNDLE: frozenset({IO, SHO, SP, CUSTODIAN, PROSECUTOR}),
    Action.DATASET_IMPORT: frozenset({ANALYST, IO, CUSTODIAN, ADMINISTRATOR, SUPERVISOR}),
    Action.DATASET_LIST: EVERYONE - {Role.PARTNER},
    Action.DATASET_WITHDRAW: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.LEDGER_VIEW: CASE_ROLES | {AUDITOR, ADMINISTRATOR},
    Action.VERIFY: EVERYONE - {Role.PARTNER},
    Action.LEADS_REBUILD: frozenset({ANALYST, IO, SUPERVISOR}),
    Action.LEADS_VIEW: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR, PROSECUTOR}),
    Action.ADDRESS_OPEN: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR, PROSECUTOR}),
    Action.ADDRESS_EXPORT: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR}),
    Action.LEAD_MARK: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR}),
    Action.LICENSEE_SAY: frozenset({ANALYST, IO, SHO, SP}),
    Action.NOTICE_DRAFT: frozenset({IO, SHO}),
    Action.NOTICE_VIEW: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR, PROSECUTOR}),
    Action.NOTICE_PRESERVATION: frozenset({IO, SHO}),
    Action.NOTICE_RECORDS: frozenset({IO, SHO}),
    Action.NOTICE_SUBSCRIBERS: frozenset({IO, SHO}),
    Action.NOTICE_SEND: frozenset({IO, SHO, SP}),
    Action.NOTICE_EXPORT: frozenset({IO, SHO, SP}),
    Action.REPLY_RECEIVE: frozenset({ANALYST, IO, SHO}),
    Action.REPLY_CONFIRM: frozenset({IO, SHO, SP}),
    Action.REPLY_WITHDRAW: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.RESOLVE: frozenset({ANALYST, IO, SHO}),
    Action.RESOLUTION_VIEW: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR, PROSECUTOR}),
    Action.IDENTITY_OPEN: frozenset({IO, SHO, SP}),
    Action.IDENTITY_EXPORT: frozenset({IO, SHO, SP}),
    Action.OUTCOME_RECORD: frozenset({IO, SHO, SP}),
    Action.OUTCOME_VIEW: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR, PROSECUTOR}),
    Action.WEB_APP_USE: EVERYONE,
    Action.ACCOUNT_MAKE: EVERYONE,
    Action.ACCOUNT_RECOVER: frozenset({ADMINISTRATOR, SUPERVISOR, SP}),
    Action.SESSION_LIST: frozenset({ADMINISTRATOR, SUPERVISOR, AUDITOR}),
    Action.SESSION_END: frozenset({ADMINISTRATOR, SUPERVISOR}),
    Action.LEAD_ASSIGN: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR}),
    Action.LEAD_CLOSE: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.LEAD_NOTE: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR}),
    Action.LEADS_SAVE_VIEW: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR}),
    Action.OPERATION_RUN: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.OPERATION_VIEW: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR, PROSECUTOR}),
    Action.SEARCH: EVERYONE - {Role.PARTNER},
    Action.FORCE_ENROL: frozenset({SP, SUPERVISOR}),
    Action.FORCE_END: frozenset({SP, SUPERVISOR}),
    Action.FORCE_TIE: frozenset({SP, SUPERVISOR}),
    Action.FORCE_LIST: EVERYONE - {Role.PARTNER},
    Action.FORCE_REQUEST: frozenset({IO, SHO, SP, SUPERVISOR, Role.PARTNER}),
    Action.FORCE_COMPARE: frozenset({IO, SP, SUPERVISOR}),
    Action.REFERRAL: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.REFERRAL_VIEW: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR, PROSECUTOR, Role.PARTNER}),
    Action.REFERRAL_SEND: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.REFERRAL_RETURN: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR}),
    Action.REFERRAL_RECALL: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.REFERRAL_ACCEPT: frozenset({Role.PARTNER}),
    Action.INCOMING_VIEW: frozenset({ANALYST, IO, SHO, SP, SUPERVISOR, PROSECUTOR}),
    Action.INCOMING_TAKE: frozenset({IO, SHO, SP, SUPERVISOR}),
    Action.HOLD_SET: frozenset({IO, SHO, SP, SUPERVISOR, PROSECUTOR}),
    Action.HOLD_LIFT: frozenset({SP, SUPERVISOR}),
    Action.PURGE: frozenset({IO, SHO, SP, SUPERVISOR, CUSTODIAN}),
    Action.BACKUP: frozenset({ADMINISTRATOR, CUSTODIAN}),
    Action.BACKUP_RECIPIENT: frozenset({ADMINISTRATOR, CUSTODIAN}),
    Action.DOCTOR: frozenset({ADMINISTRATOR, CUSTODIAN, AUDITOR, SUPERVISOR}),
    Action.NOTIFICATION_TEST: frozenset({ADMINISTRATOR, SUPERVISOR}),
}
"""The roles that may ask for each action. An action that is not listed is allowed to nobody."""

SECOND: Mapping[Action, frozenset[Role]] = {
    Action.OFFICER_ENROL: COMMAND | {ADMINISTRATOR},
    Action.ISSUER_ENROL: COMMAND,
    Action.ACCOUNT_RECOVER: COMMAND | {ADMINISTRATOR},
    Action.AUTHORITY_LIVE: COMMAND,
    Action.SOURCE_USE: COMMAND,
    Action.SCAN_WHOLE_LOG: COMMAND,
    Action.FORMAT_USE: COMMAND,
    Action.BUNDLE: COMMAND,
    Action.ADDRESS_EXPORT: COMMAND,
    Action.IDENTITY_EXPORT: frozenset({SHO, SP}),
    Action.NOTICE_PRESERVATION: frozenset({SHO, SP}),
    Action.NOTICE_RECORDS: frozenset({SHO, SP}),
    Action.NOTICE_SUBSCRIBERS: frozenset({SP}),
    Action.PURGE: COMMAND,
    Action.FORCE_ENROL: COMMAND,
    Action.FORCE_TIE: COMMAND,
    Action.FORCE_COMPARE: COMMAND,
    Action.REFERRAL: COMMAND,
    Action.BACKUP_RECIPIENT: COMMAND,
}
"""The actions that take two officers, and the roles that may be second. All of them may `approval:decide`."""

PURPOSE: Mapping[Role, str] = {
    ADMINISTRATOR: "runs the system and sees no case in it",
    AUDITOR: "reads ledger and decisions, and no identities",
    Role.PARTNER: "sees only what was referred to that force",
    PROSECUTOR: "reads a case, and changes none",
    CUSTODIAN: "keeps exhibits, and decides nothing about them",
    ANALYST: "works on records, and opens no matter",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """An officer who asks, as registered in the workspace."""

    officer_id: str
    role: Role
    is_enrolled: bool = True


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """The decision on an action: allowed or not, and why.

    If the role does not allow it: that role, the roles that would, and whether as the second of two officers.
    """

    allowed: bool
    reason: str
    role: Role | None = None
    roles: frozenset[Role] = frozenset()
    is_second: bool = False


class NotTheRole(NotAllowed):
    """The officer's role does not allow it, by that decision."""

    def __init__(self, what: str, decision: AccessDecision, *, hint: str) -> None:
        super().__init__(what, hint=hint)
        self.decision = decision


def build_refusal(decision: AccessDecision, what: str, hint: str) -> NotAllowed:
    """Return the error for a decision that does not allow the action."""
    return NotAllowed(what, hint=hint) if decision.role is None else NotTheRole(what, decision, hint=hint)


def allow(actor: Actor, action: Action) -> AccessDecision:
    """Decide whether an officer may ask for an action."""
    if not actor.is_enrolled:
        return AccessDecision(False, "the officer has left, or the key was revoked")
    roles = POLICY.get(action, frozenset())
    if actor.role in roles:
        return AccessDecision(True, f"allowed for the role of {actor.role}")
    purpose = PURPOSE.get(actor.role)
    because = f"; the {actor.role} {purpose}" if purpose else ""
    return AccessDecision(
        False, f"{action} is for {_list_role_names(roles)}, not for the {actor.role}{because}", actor.role, roles
    )


def allow_second(actor: Actor, action: Action, asked_by: str) -> AccessDecision:
    """Decide whether an officer may decide on an act of two officers that another asked for."""
    if not actor.is_enrolled:
        return AccessDecision(False, "the officer has left, or the key was revoked")
    if actor.officer_id == asked_by:
        return AccessDecision(False, "it takes two officers: the officer who asked cannot decide")
    roles = SECOND.get(action, frozenset())
    if actor.role not in roles:
        reason = f"the second officer for {action} is one of {_list_role_names(roles)}, not the {actor.role}"
        return AccessDecision(False, reason, actor.role, roles, is_second=True)
    return AccessDecision(True, f"a second officer, {actor.role}")


def may_see_approval(actor: Actor, action: Action) -> bool:
    """Return whether an officer may see an approval: one who may ask for it, decide on it, or audits both."""
    return actor.role in POLICY.get(action, frozenset()) | SECOND.get(action, frozenset()) | {AUDITOR}


def may_by_role(role: Role) -> list[Action]:
    """Return the actions that a role may ask for, in their order."""
    return [action for action in Action if role in POLICY.get(action, frozenset())]


def _list_role_names(roles: frozenset[Role]) -> str:
    return ", ".join(sorted(roles)) or "nobody"
