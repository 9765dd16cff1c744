"""Rows about referrals from other forces to this unit."""

from __future__ import annotations

from typing import Annotated

from sightline.model import OutcomeKind
from sightline.storage.rows.column_metadata import HASHED, KEY, RowReference
from sightline.storage.rows.row_class import define_row


@define_row(frozen=True, slots=True)
class Incoming:
    """A referral that another force sealed for this unit: opened, checked and stored. `referral_id` is the sender's.

    `file` is its package, encrypted (age) to an identity of its own, which a purge empties; `case_number` is the
    sender's case.
    """

    incoming_id: Annotated[str, KEY]
    force_id: Annotated[str, RowReference("forces")]
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
    opened_by: Annotated[str, RowReference("officers")]
    identity: Annotated[bytes | None, HASHED]
    accepted_at_us: int | None = None
    accepted_by: Annotated[str | None, RowReference("officers")] = None
    purged_at_us: int | None = None


@define_row(frozen=True, slots=True)
class IncomingOutcome:
    """The outcome that this unit found for a lead from another force. `said_on` is its day."""

    outcome_id: Annotated[str, KEY]
    incoming_id: Annotated[str, RowReference("incoming_referrals")]
    lead_id: str
    kind: OutcomeKind
    said_on: str
    why: str
    recorded_at_us: int
    recorded_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class IncomingRecall:
    """A recall by another force of leads that it referred to this unit, with reasons. `note` is the signed text."""

    recall_id: Annotated[str, KEY]
    incoming_id: Annotated[str, RowReference("incoming_referrals")]
    leads_json: str
    why: str
    note: str
    made_at_us: int
    taken_at_us: int
    taken_by: Annotated[str, RowReference("officers")]
