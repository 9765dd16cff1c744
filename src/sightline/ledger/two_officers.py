"""Rules for acts that take two officers: the bound parts of each request, and the entry that performs each act.

`verify_sightline.py` has the same tables in its own words; a test holds both against the actions of the casework.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sightline.ledger.canonical import encode
from sightline.ledger.entry import Entry
from sightline.ledger.verbs import Verb

Fact = str | int
NOTICES = frozenset({"notice:preservation", "notice:records", "notice:subscribers"})
ENROL, RECOVER, WHOLE_LOG = "officer:enrol", "account:recover", "scan:whole-log"
LIVE_FEED = "authority:live-feed"
LIVE_KINDS = frozenset({"live-feed", "live-feed-whole"})
"""The kinds of authority that two officers record."""
RECIPIENTS_BY_TWO = "0026"
"""The schema from which on two officers add a recipient of backups, except in a unit with one officer (ADR 49)."""

BOUND: Mapping[str, tuple[str, ...]] = {
    ENROL: ("key_id", "public_key", "role"),
    RECOVER: ("officer", "key_id", "public_key"),
    "issuer:enrol": ("issuer", "key_id", "public_key"),
    LIVE_FEED: ("case", "kind", "document_sha256", "valid_from_us", "valid_until_us", "sources_json"),
    "source:use": ("source", "use"),
    WHOLE_LOG: ("source", "authority", "files"),
    "format:use": ("name", "text_sha256"),
    "bundle": ("kind", "line_sha256"),
    "address:export": ("ids_sha256",),
    "identity:export": ("ids_sha256",),
    **dict.fromkeys(NOTICES, ("notice", "rows_sha256")),
    "purge": ("days",),
    "force:enrol": ("code", "key_id", "public_key", "age_recipient", "name", "states"),
    "force:tie": ("officer", "force_id"),
    "force:compare": ("what", "count", "sha256"),
    "referral": ("referral", "content_sha256"),
    "backup:recipient": ("recipient",),
}
"""The parts of a request that its entry states openly besides its subject: ids, digests, counts, the name of a force or
agency; never the name or address of a person.
"""

ADDED: Mapping[str, frozenset[str]] = {"force:enrol": frozenset({"name", "states"})}
"""The parts that entries of older versions leave out: they count where the entry of the request states them."""


@dataclass(frozen=True, slots=True)
class TwoOfficerAct:
    """The way in which an entry performs an act of two officers.

    `about` returns the subject of its approval; `same` are facts that entry and request share, by their names in both;
    `among` is a fact of the entry that is one of a list in the request; `by_decider`: the second officer's decision
    performs it, otherwise the requester performs it afterwards; `many`: one approval covers several entries; `applies`
    selects the entries that take two among others of the same verb; `optional`: facts that either both have or neither;
    `added`: facts that entries of older versions leave out.
    """

    actions: frozenset[str]
    about: Callable[[Entry], str]
    same: Mapping[str, str] = field(default_factory=dict)
    among: tuple[str, str] | None = None
    by_decider: bool = True
    many: bool = False
    applies: Callable[[Entry], bool] = lambda _entry: True
    optional: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()


def _get_thing(entry: Entry) -> str:
    return entry.thing


def _name_purged_things(entry: Entry) -> str:
    """What was purged as a whole: rows of an exhibit, an incoming referral, a case or leads say which that was."""
    if "leads_sha256" in entry.facts:
        return f"leads:{entry.facts['leads_sha256']}"
    for fact, kind in (("exhibit", "exhibit"), ("incoming", "incoming"), ("case_papers", "case-papers")):
        if fact in entry.facts:
            return f"{kind}:{entry.facts[fact]}"
    return entry.thing


def _map_same_names(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _allow_only(action: str) -> frozenset[str]:
    return frozenset({action})


ACTS: Mapping[str, TwoOfficerAct] = {
    Verb.OFFICER_ENROLLED: TwoOfficerAct(
        _allow_only(ENROL), lambda one: f"key:{one.facts.get('key_id')}", _map_same_names(*BOUND[ENROL])
    ),
    Verb.ISSUER_ENROLLED: TwoOfficerAct(
        _allow_only("issuer:enrol"), _get_thing, _map_same_names("issuer", "public_key")
    ),
    Verb.AUTHORITY_ADDED: TwoOfficerAct(
        _allow_only(LIVE_FEED),
        _get_thing,
        _map_same_names(*BOUND[LIVE_FEED]),
        applies=lambda one: one.facts.get("kind") in LIVE_KINDS,
    ),
    Verb.SOURCE_CHANGED: TwoOfficerAct(
        _allow_only("source:use"), _get_thing, _map_same_names("use"), applies=lambda one: "use" in one.facts
    ),
    Verb.NOTICE_APPROVED: TwoOfficerAct(NOTICES, _get_thing, _map_same_names("rows_sha256")),
    Verb.REFERRAL_APPROVED: TwoOfficerAct(_allow_only("referral"), _get_thing, _map_same_names("content_sha256")),
    Verb.FORCE_ENROLLED: TwoOfficerAct(
        _allow_only("force:enrol"), lambda one: f"force:{one.facts.get('code')}", _map_same_names(*BOUND["force:enrol"])
    ),
    Verb.FORCE_OFFICER_TIED: TwoOfficerAct(
        _allow_only("force:tie"), lambda one: f"officer:{one.thing.partition(':')[2]}", {"force": "force_id"}
    ),
    Verb.FORCE_COMPARED: TwoOfficerAct(
        _allow_only("force:compare"),
        _get_thing,
        _map_same_names(*BOUND["force:compare"]),
        by_decider=False,
        applies=lambda one: "theirs" not in one.facts,
    ),
    Verb.BUNDLE_MADE: TwoOfficerAct(
        _allow_only("bundle"),
        _get_thing,
        _map_same_names(*BOUND["bundle"]),
        by_decider=False,
        optional=frozenset({"line_sha256"}),
    ),
    Verb.ADDRESSES_EXPORTED: TwoOfficerAct(
        _allow_only("address:export"), _get_thing, _map_same_names("ids_sha256"), by_decider=False
    ),
    Verb.IDENTITIES_EXPORTED: TwoOfficerAct(
        _allow_only("identity:export"), _get_thing, _map_same_names("ids_sha256"), by_decider=False
    ),
    Verb.PURGE_DONE: TwoOfficerAct(_allow_only("purge"), _name_purged_things, by_decider=False, many=True),
    Verb.IDENTITY_PURGED: TwoOfficerAct(_allow_only("purge"), _get_thing, by_decider=False),
    Verb.RETENTION_SET: TwoOfficerAct(_allow_only("purge"), _get_thing, _map_same_names("days"), by_decider=False),
    Verb.BACKUP_RECIPIENT_ADDED: TwoOfficerAct(
        _allow_only("backup:recipient"), _get_thing, applies=lambda one: "approval" in one.facts
    ),
    Verb.RUN_REGISTERED: TwoOfficerAct(
        _allow_only(WHOLE_LOG),
        lambda _one: "",
        _map_same_names("source", "authority"),
        among=("exhibit", "files"),
        by_decider=False,
        many=True,
        applies=lambda one: "approval" in one.facts,
        added=frozenset({"source", "authority"}),
    ),
}
"""The entries that take two officers, by their verbs. A restored account is an enrolment by the workspace."""

ROWS: Mapping[str, Mapping[str, str]] = {
    Verb.OFFICER_ENROLLED: _map_same_names("name", "designation", "unit", "role"),
    Verb.ISSUER_ENROLLED: _map_same_names("issuer", "key_id", "public_key"),
    Verb.AUTHORITY_ADDED: {"case_id": "case"}
    | _map_same_names("kind", "number", "issued_by", "issued_on", "valid_from_us", "valid_until_us", "sources_json")
    | _map_same_names("categories_json", "document_sha256", "document_name", "keep_until_us"),
    Verb.SOURCE_CHANGED: _map_same_names("use"),
    Verb.NOTICE_APPROVED: {"sha256": "rows_sha256"},
    Verb.REFERRAL_APPROVED: _map_same_names("content_sha256"),
    Verb.FORCE_ENROLLED: _map_same_names("code", "name", "key_id", "public_key", "age_recipient")
    | {"states_json": "states"},
    Verb.FORCE_OFFICER_TIED: {"officer_id": "officer", "force_id": "force_id"},
    Verb.RETENTION_SET: _map_same_names("subject", "days"),
    Verb.BACKUP_RECIPIENT_ADDED: _map_same_names("recipient", "name"),
}
"""The columns of the row that such an entry makes, and the matching parts of the request."""

NEEDS_APPROVED: Mapping[str, str] = {
    Verb.NOTICE_SENT: "notice",
    Verb.NOTICE_ANSWERED: "notice",
    Verb.REFERRAL_SENT: "referral",
    Verb.REFERRAL_FETCHED: "referral",
    Verb.REFERRAL_RECEIVED: "referral",
}
"""Entries that come only after an approval of their thing."""

BY_WORKSPACE = frozenset(
    {Verb.WORKSPACE_MADE, Verb.WORKSPACE_UPGRADED, Verb.JOURNAL_SEALED, Verb.SCAN_SWEPT, Verb.BACKUP_RESTORED}
    | {Verb.LIST_SIGNATURE_KEPT, Verb.IDENTITY_KEYED}
)
"""The workspace's own acts. A restored account is one more, because the log key belongs to no officer."""

RETELLS: Mapping[str, frozenset[str]] = {
    "workspace": frozenset({Verb.WORKSPACE_MADE, Verb.WORKSPACE_UPGRADED}),
    "officer": frozenset({Verb.OFFICER_ENROLLED}),
    "key": frozenset({Verb.KEY_ENROLLED, Verb.KEY_ROTATED, Verb.KEY_REVOKED}),
    "approval": frozenset(
        {Verb.APPROVAL_ASKED, Verb.APPROVAL_GIVEN, Verb.APPROVAL_REFUSED, Verb.APPROVAL_USED, Verb.PURGE_DONE}
    ),
    "account": frozenset({Verb.ACCOUNT_MADE, Verb.ACCOUNT_CHANGED}),
    "retention-period": frozenset({Verb.RETENTION_SET}),
    "issuer-key": frozenset({Verb.ISSUER_ENROLLED, Verb.ISSUER_REVOKED}),
    "source": frozenset({Verb.SOURCE_ADDED, Verb.SOURCE_CHANGED}),
    "force": frozenset({Verb.FORCE_ENROLLED, Verb.FORCE_ENDED}),
    "force-officer": frozenset({Verb.FORCE_OFFICER_TIED}),
    "notice": frozenset(
        {
            Verb.NOTICE_DRAFTED,
            Verb.NOTICE_APPROVED,
            Verb.NOTICE_REFUSED,
            Verb.NOTICE_SENT,
            Verb.NOTICE_ANSWERED,
            Verb.NOTICE_CLOSED,
        }
    ),
    "referral": frozenset(
        {
            Verb.REFERRAL_DRAFTED,
            Verb.REFERRAL_APPROVED,
            Verb.REFERRAL_REFUSED,
            Verb.REFERRAL_SENT,
            Verb.REFERRAL_RECEIVED,
            Verb.REFERRAL_RECALLED,
        }
    ),
    "case": frozenset({Verb.CASE_OPENED, Verb.CASE_CHANGED}),
    "authority": frozenset({Verb.AUTHORITY_ADDED, Verb.AUTHORITY_ENDED}),
    "list": frozenset({Verb.LIST_REGISTERED}),
    "list-signature": frozenset({Verb.LIST_SIGNED, Verb.LIST_SIGNATURE_KEPT}),
    "dataset": frozenset({Verb.DATASET_IMPORTED}),
    "dataset-withdrawal": frozenset({Verb.DATASET_WITHDRAWN}),
    "exhibit": frozenset({Verb.EXHIBIT_REGISTERED, Verb.PURGE_DONE}),
    "holding": frozenset({Verb.EXHIBIT_HELD, Verb.PURGE_DONE}),
    "custody": frozenset(
        {
            Verb.EXHIBIT_RECEIVED,
            Verb.EXHIBIT_MOVED,
            Verb.EXHIBIT_OPENED,
            Verb.EXHIBIT_COPIED,
            Verb.EXHIBIT_RETURNED,
            Verb.PURGE_DONE,
        }
    ),
    "declaration": frozenset({Verb.EXHIBIT_CHANGED, Verb.SOURCE_CHANGED}),
    "run": frozenset({Verb.RUN_REGISTERED, Verb.PURGE_DONE}),
    "feed-start": frozenset({Verb.FEED_START_REGISTERED}),
    "feed-part": frozenset({Verb.FEED_PART_REGISTERED}),
    "feed-delivery": frozenset({Verb.FEED_DELIVERY_REGISTERED}),
    "hold": frozenset({Verb.HOLD_SET, Verb.HOLD_LIFTED, Verb.PURGE_DONE}),
    "generation": frozenset({Verb.LEADS_REBUILT}),
    "lead-mark": frozenset({Verb.LEAD_MARKED, Verb.LEAD_UNMARKED, Verb.PURGE_DONE}),
    "lead-note": frozenset({Verb.LEAD_NOTED, Verb.NOTE_CHANGED, Verb.PURGE_DONE}),
    "case-note": frozenset({Verb.CASE_NOTE_ADDED, Verb.PURGE_DONE}),
    "case-file": frozenset({Verb.CASE_FILE_ADDED, Verb.PURGE_DONE}),
    "case-deadline": frozenset({Verb.CASE_DEADLINE_SET}),
    "lead-batch": frozenset(
        {
            Verb.LEADS_ASSIGNED,
            Verb.LEADS_CLOSED,
            Verb.LEADS_REOPENED,
            Verb.OPERATION_ADDED,
            Verb.OPERATION_TAKEN_OUT,
            Verb.PURGE_DONE,
        }
    ),
    "saved-view": frozenset({Verb.VIEW_SAVED, Verb.VIEW_DROPPED}),
    "operation": frozenset({Verb.OPERATION_BEGUN, Verb.OPERATION_CLOSED}),
    "operation-event": frozenset({Verb.OPERATION_EVENT, Verb.OPERATION_EVENT_WITHDRAWN}),
    "operation-team": frozenset({Verb.OPERATION_PLANNED}),
    "licensee": frozenset({Verb.LICENSEE_SAID}),
    "reply": frozenset({Verb.REPLY_RECEIVED, Verb.REPLY_WITHDRAWN}),
    "confirmation": frozenset({Verb.REPLY_CONFIRMED}),
    "resolving": frozenset({Verb.SESSIONS_RESOLVED}),
    "outcome": frozenset({Verb.OUTCOME_RECORDED, Verb.OUTCOME_WITHDRAWN, Verb.PURGE_DONE}),
    "force-request": frozenset({Verb.FORCE_REQUEST_RECEIVED}),
    "request-answer": frozenset({Verb.REQUEST_ANSWER_RECORDED}),
    "force-outcome": frozenset({Verb.OUTCOME_RETURNED, Verb.OUTCOME_RECORDED}),
    "force-secret": frozenset({Verb.FORCE_SECRET_AGREED}),
    "force-matches": frozenset({Verb.FORCE_MATCHES_RECORDED}),
    "referral-recall": frozenset({Verb.REFERRAL_LEADS_RECALLED, Verb.RECALL_RECEIVED}),
    "incoming": frozenset({Verb.INCOMING_OPENED, Verb.INCOMING_ACCEPTED, Verb.PURGE_DONE}),
    "incoming-outcome": frozenset({Verb.INCOMING_OUTCOME, Verb.PURGE_DONE}),
    "incoming-recall": frozenset({Verb.INCOMING_RECALLED, Verb.PURGE_DONE}),
    "backup-recipient": frozenset({Verb.BACKUP_RECIPIENT_ADDED, Verb.BACKUP_RECIPIENT_REMOVED}),
    "witness": frozenset({Verb.WITNESS_ENROLLED}),
}
"""For each kind of thing, the verbs whose entries may restate its row. Nothing else says what such a thing is."""

MADE_ONCE = frozenset(
    {Verb.CASE_OPENED, Verb.AUTHORITY_ADDED, Verb.SOURCE_ADDED, Verb.EXHIBIT_REGISTERED, Verb.RUN_REGISTERED}
    | {Verb.HOLD_SET, Verb.REPLY_RECEIVED, Verb.OUTCOME_RECORDED, Verb.OUTCOME_RETURNED, Verb.NOTICE_DRAFTED}
    | {Verb.REFERRAL_DRAFTED, Verb.LEAD_MARKED, Verb.LEAD_NOTED, Verb.OPERATION_BEGUN, Verb.OPERATION_EVENT}
    | {Verb.INCOMING_OPENED, Verb.WITNESS_ENROLLED, Verb.FEED_PART_REGISTERED}
    | {Verb.FEED_START_REGISTERED, Verb.FEED_DELIVERY_REGISTERED, Verb.CASE_NOTE_ADDED, Verb.CASE_FILE_ADDED}
)
"""Verbs that make a thing: another role may be needed to change it, so they restate none that was told of before."""


def list_differing_columns(verb: str, request: Mapping[str, object], row: Mapping[str, object]) -> list[str]:
    """Return the columns of the new row that differ from the request, as far as the request states them."""
    agreed = {column: request[name] for column, name in ROWS.get(verb, {}).items() if name in request}
    return [column for column, value in agreed.items() if row.get(column) != _as_stored(column, value)]


def _as_stored(column: str, value: object) -> object:
    """A part of a request as the column of a row has it."""
    try:
        if column == "states_json":
            return encode(str(value).split(",")).decode()
        return base64.b64decode(str(value), validate=True).hex() if column == "public_key" else value
    except ValueError:
        return None


def select_bound_facts(action: str, request: Mapping[str, object]) -> dict[str, Fact]:
    """Return the parts of a request that its entry states openly."""
    named = {name: request[name] for name in BOUND.get(action, ()) if name in request}
    if isinstance(files := named.get("files"), list):
        named["files"] = ",".join(sorted(str(file["sha256"]) for file in files))
    return {name: value for name, value in named.items() if isinstance(value, str | int)}
