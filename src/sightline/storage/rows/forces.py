"""Rows about other forces: their keys, requests, referrals and outcomes."""

from __future__ import annotations

from typing import Annotated

from sightline.model import AuthorityKind, Ceiling, ReferralState, RequestWay
from sightline.storage.rows.column_metadata import HASHED, KEY, RowReference
from sightline.storage.rows.row_class import define_row


@define_row(frozen=True, slots=True)
class Force:
    """Another force, for these states (ISO 3166-2), enrolled by two officers.

    `public_key` is minisign's, with which it signs receipts and outcomes; packages are sealed to `age_recipient`.
    """

    force_id: Annotated[str, KEY]
    code: str
    name: str
    states_json: str
    key_id: str
    public_key: bytes
    age_recipient: str
    approval_id: Annotated[str, RowReference("approvals")]
    enrolled_at_us: int
    ended_at_us: int | None = None
    ended_why: str | None = None


@define_row(frozen=True, slots=True)
class ForceOfficer:
    """The force of a partner officer. The officer belongs to one force and sees only what was referred to it."""

    officer_id: Annotated[str, KEY, RowReference("officers")]
    force_id: Annotated[str, RowReference("forces")]
    approval_id: Annotated[str, RowReference("approvals")]
    since_us: int


@define_row(frozen=True, slots=True)
class ForceRequest:
    """A request by another force, in its own case under its own authority, for leads of its states within a period.

    `document_sha256`: of the request as it came. `since_us`, `until_us`: the half-open period; None is no bound.
    """

    request_id: Annotated[str, KEY]
    force_id: Annotated[str, RowReference("forces")]
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
    recorded_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class RequestAnswer:
    """An answer to a request without another referral: what it asks for was given already, with `referral_id`."""

    request_id: Annotated[str, KEY, RowReference("force_requests")]
    referral_id: Annotated[str, RowReference("referrals")]
    why: str
    answered_at_us: int
    answered_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class Referral:
    """A referral of leads to another force: leads that it asked for (`request_id`), or should know of (`why`).

    Its content depends only on `generation` and the ledger's first `tree_size` entries; `content_sha256` is the digest
    of its list of files. `left_out_json`: how many chosen leads were left out, by reason.
    """

    referral_id: Annotated[str, KEY]
    number: str
    force_id: Annotated[str, RowReference("forces")]
    request_id: Annotated[str | None, RowReference("force_requests")]
    case_id: Annotated[str, RowReference("cases")]
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
    made_by: Annotated[str, RowReference("officers")]
    approval_id: Annotated[str | None, RowReference("approvals")] = None
    approved_at_us: int | None = None
    sent_at_us: int | None = None
    sent_how: str | None = None
    received_at_us: int | None = None
    receipt_sha256: str | None = None


@define_row(frozen=True, slots=True)
class ReferralLead:
    """A lead of a referral, as it was sent. The referral's `leads_sha256` covers these rows. It never changes."""

    referral_id: Annotated[str, KEY, RowReference("referrals")]
    lead_id: Annotated[str, KEY]
    state: str
    ceiling: Ceiling
    first_us: int
    last_us: int
    uncertainty_s: int


@define_row(frozen=True, slots=True)
class ReferralRecall:
    """A recall of some leads of a referral, each with its reason. A signed note informs the force."""

    recall_id: Annotated[str, KEY]
    referral_id: Annotated[str, RowReference("referrals")]
    leads_json: str
    why: str
    made_at_us: int
    made_by: Annotated[str, RowReference("officers")]
    received_at_us: int | None = None
    receipt_sha256: str | None = None


@define_row(frozen=True, slots=True)
class ForceOutcome:
    """A link from an outcome to the force that found it by following a referred lead.

    `note_sha256`: the digest of the force's signed note; empty if its own officer recorded the outcome here.
    """

    outcome_id: Annotated[str, KEY, RowReference("outcomes")]
    referral_id: Annotated[str, RowReference("referrals")]
    force_id: Annotated[str, RowReference("forces")]
    note_sha256: str


@define_row(frozen=True, slots=True)
class ForceSecret:
    """The secret that two forces share to compare pseudonyms. A newer one replaces it."""

    secret_id: Annotated[str, KEY]
    force_id: Annotated[str, RowReference("forces")]
    agreed_at_us: int
    agreed_by: Annotated[str, RowReference("officers")]
    secret: Annotated[bytes | None, HASHED]


@define_row(frozen=True, slots=True)
class ForceMatches:
    """The result of a comparison: which of our leads or subscribers another force has, too. It names no address.

    `force_id`: None if an exchange answered, which does not say which force. `period`: the month of the exchange's
    key; empty for one force. `matches_json`: our ids by pseudonym. Of a force, period and kind, the newest row counts.
    """

    matches_id: Annotated[str, KEY]
    force_id: Annotated[str | None, RowReference("forces")]
    period: str
    what: str
    matches_json: str
    recorded_at_us: int
    recorded_by: Annotated[str, RowReference("officers")]
