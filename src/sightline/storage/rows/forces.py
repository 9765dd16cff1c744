"""Other forces: who they are, what they ask for, what is referred to them, and what they found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from sightline.model import AuthorityKind, Ceiling, ReferralState, RequestWay
from sightline.storage.rows.marks import HASHED, KEY, To


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
    secret: Annotated[bytes | None, HASHED]
