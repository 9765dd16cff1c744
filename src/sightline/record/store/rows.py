"""The rows of the record, one frozen dataclass a table; `schema` makes the tables of them.

Times are whole microseconds since 1970, UTC (`_us`); lists and objects are canonical JSON (ADR 1) in a text (`_json`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from sightline.records import (
    ApprovalState,
    AuthorityKind,
    Ceiling,
    CustodyEvent,
    DatasetKind,
    IntentState,
    LeadAct,
    ListUse,
    NatLogs,
    NoticeKind,
    NoticeState,
    OperationEventKind,
    OutcomeKind,
    ReferralState,
    RequestWay,
    Role,
    SourceKind,
    Stamp,
)


@dataclass(frozen=True, slots=True)
class To:
    """Marks a column that refers to a row of that table by its key."""

    table: str


class Mark(Enum):
    """What else is said of a column beside its type."""

    KEY = "part of the primary key"
    UNSEALED = "no commitment covers it: a secret"


KEY, UNSEALED = Mark.KEY, Mark.UNSEALED


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace itself: one row, never changed. `log_key` is the public half of the key that signs checkpoints.

    Only in one that is stamped an exercise do documentation and reserved addresses count as public.
    """

    workspace_id: Annotated[str, KEY]
    name: str
    made_at_us: int
    log_key: bytes
    stamp: Stamp = Stamp.CASEWORK


@dataclass(frozen=True, slots=True)
class Officer:
    """Who acts: one person in one role. Names are of officers on duty, not of those they look for."""

    officer_id: Annotated[str, KEY]
    name: str
    designation: str
    unit: str
    role: Role
    enrolled_at_us: int
    enrolled_by: str
    left_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class OfficerKey:
    """A key of an officer: its public half."""

    key_id: Annotated[str, KEY]
    officer_id: Annotated[str, To("officers")]
    public_key: bytes
    enrolled_at_us: int
    enrolled_by: str
    revoked_at_us: int | None = None
    revoked_why: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """An act that takes two: who asks for exactly what, and who decided. `request_json` is what was approved."""

    approval_id: Annotated[str, KEY]
    action: str
    thing: str
    request_json: str
    why: str
    asked_by: Annotated[str, To("officers")]
    asked_at_us: int
    expires_at_us: int
    state: ApprovalState
    decided_by: Annotated[str | None, To("officers")] = None
    decided_at_us: int | None = None
    decided_why: str | None = None
    used_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A key that speaks for an issuer of flag lists, since two officers enrolled it."""

    key_id: Annotated[str, KEY]
    issuer: str
    public_key: bytes
    approval_id: Annotated[str, To("approvals")]
    enrolled_at_us: int
    revoked_at_us: int | None = None
    revoked_why: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A registered matter. `number` is of the FIR or general diary; officers in charge are by name and rank."""

    case_id: Annotated[str, KEY]
    number: str
    station: str
    sections: str
    investigating_officer: str
    station_officer: str
    superintendent: str
    begun_on: str
    opened_at_us: int
    opened_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class Authority:
    """The legal instrument under which records were obtained.

    `sources_json` and `categories_json` bound its scope: source ids, categories of lists; `null` is no bound.
    """

    authority_id: Annotated[str, KEY]
    case_id: Annotated[str, To("cases")]
    kind: AuthorityKind
    number: str
    issued_by: str
    issued_on: str
    valid_from_us: int
    valid_until_us: int | None
    sources_json: str
    categories_json: str
    document_sha256: str
    document_name: str
    keep_until_us: int | None
    added_at_us: int
    added_by: Annotated[str, To("officers")]
    ended_at_us: int | None = None
    ended_why: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where records come from, and what its times and addresses need to be read right.

    `device_json` holds the particulars that a certificate names (make, model, serial number...).
    `server_name`: a flagged server's own name or address, for a log that is taken whole. `timezone_basis`: what the
    declared zone rests on; without one, times whose zone the record does not state prove nothing.
    """

    source_id: Annotated[str, KEY]
    kind: SourceKind
    name: str
    use: ListUse
    timezone: str | None
    clock_offset_us: int
    clock_uncertainty_s: int
    clock_measured: str
    trusted_hops: int
    server_name: str | None
    device_json: str
    added_at_us: int
    added_by: Annotated[str, To("officers")]
    timezone_basis: str | None = None


@dataclass(frozen=True, slots=True)
class FlagListRow:
    """A signed list that was scanned with. `file` is its name in the segment store, `sha256` of its bytes there.

    A compiled list has another `sha256` than its id, which is that of its source.
    """

    list_id: Annotated[str, KEY]
    issuer: str
    version: str | None
    category: str | None
    use: ListUse
    valid_until_us: int
    key_id: Annotated[str, To("issuer_keys")]
    transcribed_by: str | None
    original_sha256: str | None
    indicators: int
    rejects: int
    file: str
    sha256: str
    size_bytes: int
    registered_at_us: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set of addresses (ADR 16), known by the SHA-256 of what was imported; `file` is its Parquet's name.

    `speaks_for_days`: how long after its date it may speak; `notes_json`: what an importer says besides.
    """

    dataset_id: Annotated[str, KEY]
    name: str
    kind: DatasetKind
    dated_us: int
    licence: str | None
    source_format: str
    rows: int
    rejects_json: str
    speaks_for_days: int
    notes_json: str
    file: str
    sha256: str
    size_bytes: int
    imported_at_us: int
    imported_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One file by its SHA-256, wherever it lies."""

    exhibit_id: Annotated[str, KEY]
    size_bytes: int
    registered_at_us: int
    purged_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """An exhibit as it is held: under which authority, of which source, where it lay when it was scanned."""

    holding_id: Annotated[str, KEY]
    exhibit_id: Annotated[str, To("exhibits")]
    authority_id: Annotated[str, To("authorities")]
    source_id: Annotated[str, To("sources")]
    path: str
    since_us: int
    held_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class Custody:
    """One step of an exhibit's chain of custody: who, what, how, when, where, why."""

    custody_id: Annotated[str, KEY]
    exhibit_id: Annotated[str, To("exhibits")]
    event: CustodyEvent
    at_us: int
    person: str
    how: str
    place: str
    why: str
    recorded_at_us: int
    recorded_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class Intent:
    """That a scan is writing segment files under its id; they are the sweeper's once the lease is over.

    `process` is machine, process and its start: on the same machine it tells at once that a scan died.
    """

    intent_id: Annotated[str, KEY]
    officer_id: Annotated[str, To("officers")]
    process: str
    made_at_us: int
    lease_until_us: int
    state: IntentState


@dataclass(frozen=True, slots=True)
class Run:
    """One exhibit read with one set of lists, format, options and code version (ADR 1).

    `row_key` salts its rows (ADR 11); `row_key_sha256` stays when a purge destroys it.
    """

    run_id: Annotated[str, KEY]
    intent_id: Annotated[str, To("intents")]
    exhibit_id: Annotated[str, To("exhibits")]
    authority_id: Annotated[str, To("authorities")]
    source_id: Annotated[str, To("sources")]
    format: str
    format_id: str
    use: ListUse
    hits: int
    account_json: str
    manifest_json: str
    registered_at_us: int
    registered_by: Annotated[str, To("officers")]
    row_key_sha256: str
    row_key: Annotated[bytes | None, UNSEALED]


@dataclass(frozen=True, slots=True)
class RunList:
    """That a run was made with a list, at that position."""

    run_id: Annotated[str, KEY, To("runs")]
    position: Annotated[int, KEY]
    list_id: Annotated[str, To("lists")]
    issuer: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One sealed file of a run's hits (ADR 11). `file` is its name in the segment store."""

    segment_id: Annotated[str, KEY]
    run_id: Annotated[str, To("runs")]
    number: int
    rows: int
    file: str
    sha256: str
    size_bytes: int
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold: while it stands, no purge touches the thing."""

    hold_id: Annotated[str, KEY]
    thing: str
    why: str
    set_at_us: int
    set_by: Annotated[str, To("officers")]
    lifted_at_us: int | None = None
    lifted_why: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """Who countersigns checkpoints: an auditor, a court."""

    name: Annotated[str, KEY]
    public_key: bytes
    enrolled_at_us: int
    enrolled_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class Generation:
    """All leads as one rebuild made them (ADR 17); the one with the highest number is current.

    `inputs_json`: the runs, data sets, rules and version that it is of; `files_json`: its files in the segment store.
    """

    number: Annotated[int, KEY]
    generation_id: str
    intent_id: Annotated[str, To("intents")]
    made_at_us: int
    made_by: Annotated[str, To("officers")]
    inputs_json: str
    account_json: str
    files_json: str


@dataclass(frozen=True, slots=True)
class LeadMark:
    """That an officer marked a lead: a child is in present danger. It stays when leads are rebuilt."""

    mark_id: Annotated[str, KEY]
    lead_id: str
    why: str
    set_at_us: int
    set_by: Annotated[str, To("officers")]
    lifted_at_us: int | None = None
    lifted_why: str | None = None


@dataclass(frozen=True, slots=True)
class Licensee:
    """Whom notices go to. `name` is as data sets of networks have it; `timezone`, `date_order`: usual in its replies.

    `keep_days`: how long its licence makes it keep records, at least.
    """

    licensee_id: Annotated[str, KEY]
    name: str
    address: str
    nat_logs: NatLogs
    timezone: str | None
    date_order: str | None
    keep_days: int
    said_at_us: int
    said_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class Notice:
    """A written order to one licensee for one telecom circle, in one case (ADR 18).

    `follows`: the notice of whose replies it asks on. `file`: its rows in the segment store. `keep_until_us`: the first
    day from which the records may be gone. `generation`: of the leads that its rows are of.
    """

    notice_id: Annotated[str, KEY]
    number: str
    case_id: Annotated[str, To("cases")]
    kind: NoticeKind
    licensee_id: Annotated[str, To("licensees")]
    circle: str | None
    form: str
    follows: Annotated[str | None, To("notices")]
    asks: int
    file: str
    sha256: str
    size_bytes: int
    generation: int
    keep_until_us: int
    state: NoticeState
    made_at_us: int
    made_by: Annotated[str, To("officers")]
    approval_id: Annotated[str | None, To("approvals")] = None
    approved_at_us: int | None = None
    sent_at_us: int | None = None
    sent_how: str | None = None
    due_at_us: int | None = None
    closed_at_us: int | None = None
    closed_why: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A file that answers a notice, known by its SHA-256; what of it met the notice lies in `files_json` (ADR 18).

    `declared_json`: layout, zone, date order. `certificate_sha256`: of the licensee's own certificate, if it came.
    """

    reply_id: Annotated[str, KEY]
    notice_id: Annotated[str, To("notices")]
    intent_id: Annotated[str, To("intents")]
    name: str
    sha256: str
    size_bytes: int
    layout: str
    declared_json: str
    received_on: str
    is_partial: int
    corrects: Annotated[str | None, To("replies")]
    certificate_sha256: str | None
    certificate_name: str | None
    account_json: str
    files_json: str
    received_at_us: int
    received_by: Annotated[str, To("officers")]
    withdrawn_at_us: int | None = None
    withdrawn_why: str | None = None


@dataclass(frozen=True, slots=True)
class IdentityKey:
    """The key under which a subscriber's identity is sealed; a purge destroys it."""

    subscriber_id: Annotated[str, KEY]
    made_at_us: int
    key: Annotated[bytes | None, UNSEALED]


@dataclass(frozen=True, slots=True)
class Resolving:
    """What all replies say of all sessions that were asked for, as one `resolve` made it; the highest is current.

    `inputs_json`: the generation of leads, notices and replies that it is of.
    """

    number: Annotated[int, KEY]
    resolving_id: str
    intent_id: Annotated[str, To("intents")]
    made_at_us: int
    made_by: Annotated[str, To("officers")]
    inputs_json: str
    account_json: str
    files_json: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found where a lead led, as an officer recorded it; `said_on` is the day that it was found."""

    outcome_id: Annotated[str, KEY]
    lead_id: str
    case_id: Annotated[str, To("cases")]
    subscriber_id: str | None
    kind: OutcomeKind
    said_on: str
    why: str
    recorded_at_us: int
    recorded_by: Annotated[str, To("officers")]
    withdrawn_at_us: int | None = None
    withdrawn_why: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """How an officer signs in to the operations room (ADR 19): the key and TOTP secret, sealed under a password.

    `last_step`: the TOTP step that was used last; none serves twice.
    """

    officer_id: Annotated[str, KEY, To("officers")]
    name: str
    key_id: Annotated[str, To("officer_keys")]
    made_at_us: int
    salt: Annotated[bytes, UNSEALED]
    sealed: Annotated[bytes, UNSEALED]
    failures: Annotated[int, UNSEALED] = 0
    locked_until_us: Annotated[int | None, UNSEALED] = None
    last_step: Annotated[int, UNSEALED] = 0


@dataclass(frozen=True, slots=True)
class WebSession:
    """A session of the operations room: known by the SHA-256 of its token. The opened key is in no table."""

    session_id: Annotated[str, KEY]
    officer_id: Annotated[str, To("officers")]
    begun_at_us: int
    until_us: int
    seen_at_us: int
    agent: str
    ended_at_us: int | None = None
    ended_why: str | None = None


@dataclass(frozen=True, slots=True)
class Force:
    """Another force, of these states (ISO 3166-2), since two officers enrolled it.

    `public_key` is minisign's, with which it signs receipts and outcomes; packages are sealed to `age_recipient`.
    """

    force_id: Annotated[str, KEY]
    code: str
    name: str
    states_json: str
    key_id: str
    public_key: bytes
    age_recipient: str
    approval_id: Annotated[str, To("approvals")]
    enrolled_at_us: int
    ended_at_us: int | None = None
    ended_why: str | None = None


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far a scan is that is under way: what the room shows live. No part of the record's proof."""

    intent_id: Annotated[str, KEY, To("intents")]
    source_id: str
    name: str
    files: int
    files_done: int
    bytes_done: int
    bytes_total: int | None
    frames: int
    hits: int
    begun_at_us: int
    at_us: int
    ended_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A named drive: leads that are worked together, and what came of them. `why`: what it is for."""

    operation_id: Annotated[str, KEY]
    name: str
    why: str
    begun_on: str
    made_at_us: int
    made_by: Annotated[str, To("officers")]
    closed_at_us: int | None = None
    closed_why: str | None = None


@dataclass(frozen=True, slots=True)
class OperationEvent:
    """What happened on a day of an operation, how many times, and where: counted, and of nobody by name."""

    event_id: Annotated[str, KEY]
    operation_id: Annotated[str, To("operations")]
    kind: OperationEventKind
    happened_on: str
    state: str
    district: str | None
    lead_id: str | None
    subscriber_id: str | None
    count: int
    why: str
    recorded_at_us: int
    recorded_by: Annotated[str, To("officers")]
    withdrawn_at_us: int | None = None
    withdrawn_why: str | None = None


@dataclass(frozen=True, slots=True)
class LeadBatch:
    """One act of an officer on one lead or many. `leads_sha256`: over its steps, each `LEAD VERSION` and a line feed.

    `officer_id`: to whom they are assigned; `operation_id`: to which they are added; `reason`: why they are closed.
    """

    batch_id: Annotated[str, KEY]
    act: LeadAct
    officer_id: Annotated[str | None, To("officers")]
    operation_id: Annotated[str | None, To("operations")]
    reason: str | None
    why: str
    leads: int
    leads_sha256: str
    made_at_us: int
    made_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class LeadStep:
    """That a batch was of this lead, whose version it made. Never changed; its batch has the digest over all."""

    lead_id: Annotated[str, KEY]
    version: Annotated[int, KEY]
    batch_id: Annotated[str, To("lead_batches")]


@dataclass(frozen=True, slots=True)
class LeadNote:
    """What an officer wrote about a lead, and why; changed by whoever works on it, each version in the ledger."""

    note_id: Annotated[str, KEY]
    lead_id: str
    text: str
    why: str
    version: int
    made_at_us: int
    made_by: Annotated[str, To("officers")]
    changed_at_us: int | None = None
    changed_by: Annotated[str | None, To("officers")] = None


@dataclass(frozen=True, slots=True)
class SavedView:
    """A choice of leads under a name: the query of their table. `is_shared`: others see and change it too."""

    view_id: Annotated[str, KEY]
    name: str
    query: str
    is_shared: int
    version: int
    made_at_us: int
    owner: Annotated[str, To("officers")]
    changed_at_us: int | None = None
    changed_by: Annotated[str | None, To("officers")] = None
    dropped_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class ForceOfficer:
    """To which force a partner officer belongs: one, and what was referred to it is all that the officer sees."""

    officer_id: Annotated[str, KEY, To("officers")]
    force_id: Annotated[str, To("forces")]
    approval_id: Annotated[str, To("approvals")]
    since_us: int


@dataclass(frozen=True, slots=True)
class ForceRequest:
    """What another force asked for, in its own case under its own authority: leads of its states within a period.

    `document_sha256`: of the request as it came. `since_us`, `until_us`: the half-open period; None is no bound.
    """

    request_id: Annotated[str, KEY]
    force_id: Annotated[str, To("forces")]
    case_number: str
    authority_kind: AuthorityKind
    authority_number: str
    issued_by: str
    issued_on: str
    valid_until: str | None
    document_sha256: str
    document_name: str
    states_json: str
    since_us: int | None
    until_us: int | None
    way: RequestWay
    received_on: str
    recorded_at_us: int
    recorded_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class Referral:
    """Leads for another force: what it asked for (`request_id`), or what it should know (`why`).

    Its content is made of `generation` and of the ledger's first `tree_size` entries, always the same;
    `content_sha256` is of its list of files. `left_out_json`: how many of the chosen leads did not go, by why.
    """

    referral_id: Annotated[str, KEY]
    number: str
    force_id: Annotated[str, To("forces")]
    request_id: Annotated[str | None, To("force_requests")]
    case_id: Annotated[str, To("cases")]
    why: str
    generation: int
    tree_size: int
    leads: int
    rows: int
    left_out_json: str
    leads_sha256: str
    content_sha256: str
    state: ReferralState
    made_at_us: int
    made_by: Annotated[str, To("officers")]
    approval_id: Annotated[str | None, To("approvals")] = None
    approved_at_us: int | None = None
    sent_at_us: int | None = None
    sent_how: str | None = None
    received_at_us: int | None = None
    receipt_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ReferralLead:
    """A lead of a referral, as it was told: `leads_sha256` of the referral covers these rows. It never changes."""

    referral_id: Annotated[str, KEY, To("referrals")]
    lead_id: Annotated[str, KEY]
    state: str
    ceiling: Ceiling
    first_us: int
    last_us: int
    uncertainty_s: int


@dataclass(frozen=True, slots=True)
class ReferralRecall:
    """That some leads of a referral are recalled, each with its why; the force is told by a signed note."""

    recall_id: Annotated[str, KEY]
    referral_id: Annotated[str, To("referrals")]
    leads_json: str
    why: str
    made_at_us: int
    made_by: Annotated[str, To("officers")]
    received_at_us: int | None = None
    receipt_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ForceOutcome:
    """That an outcome is what another force found where a referred lead led.

    `note_sha256`: of what it signed; empty where its own officer said it here.
    """

    outcome_id: Annotated[str, KEY, To("outcomes")]
    referral_id: Annotated[str, To("referrals")]
    force_id: Annotated[str, To("forces")]
    note_sha256: str


@dataclass(frozen=True, slots=True)
class ForceSecret:
    """The secret that two forces agreed on, under which they compare pseudonyms; a newer one takes its place."""

    secret_id: Annotated[str, KEY]
    force_id: Annotated[str, To("forces")]
    agreed_at_us: int
    agreed_by: Annotated[str, To("officers")]
    secret: Annotated[bytes | None, UNSEALED]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A referral that another force sealed for this unit, opened, checked and kept. `referral_id` is the sender's.

    `file` is its bag, encrypted (age) to an identity of its own, which a purge empties; `case_number` is their case.
    """

    incoming_id: Annotated[str, KEY]
    force_id: Annotated[str, To("forces")]
    referral_id: str
    number: str
    case_number: str
    leads: int
    content_sha256: str
    package_sha256: str
    proved_json: str
    file: str
    sha256: str
    size_bytes: int
    opened_at_us: int
    opened_by: Annotated[str, To("officers")]
    identity: Annotated[bytes | None, UNSEALED]
    accepted_at_us: int | None = None
    accepted_by: Annotated[str | None, To("officers")] = None
    purged_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class IncomingOutcome:
    """What this unit found where a lead led that another force had referred; `said_on` is the day of it."""

    outcome_id: Annotated[str, KEY]
    incoming_id: Annotated[str, To("incoming_referrals")]
    lead_id: str
    kind: OutcomeKind
    said_on: str
    why: str
    recorded_at_us: int
    recorded_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class IncomingRecall:
    """That a force recalled leads of what it had referred to this unit, each with its why; `note` is what it signed."""

    recall_id: Annotated[str, KEY]
    incoming_id: Annotated[str, To("incoming_referrals")]
    leads_json: str
    why: str
    note: str
    made_at_us: int
    taken_at_us: int
    taken_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An entry as it is kept: its canonical JSON, its leaf hash, and what it is looked up by."""

    seq: Annotated[int, KEY]
    verb: str
    actor: str
    thing: str
    entry_json: str
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """Salt and text of a commitment. A purge empties both; of a `state` the text is the thing's own row."""

    seq: Annotated[int, KEY, To("ledger")]
    name: Annotated[str, KEY]
    salt: bytes | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A row of the journal: a view, a refusal, a failed sign-in. `committed` is to `text` under `salt`."""

    seq: Annotated[int, KEY]
    at_us: int
    actor: str
    verb: str
    thing: str
    committed: str
    salt: bytes | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed note over the tree of the first `size` entries, and the tree's peaks, to go on from there."""

    size: Annotated[int, KEY]
    at_us: int
    note: str
    peaks: bytes


@dataclass(frozen=True, slots=True)
class Countersignature:
    """A witness's signature line under a checkpoint."""

    size: Annotated[int, KEY, To("checkpoints")]
    name: Annotated[str, KEY]
    line: str
    at_us: int
