"""Rows of the unit: the workspace, officers, keys, accounts, sessions, and acts approved by two officers."""

from __future__ import annotations

from typing import Annotated

from sightline.model import ApprovalState, Role, Stamp
from sightline.storage.rows.column_metadata import HASHED, KEY, UNSEALED, RowReference
from sightline.storage.rows.row_class import define_row


@define_row(frozen=True, slots=True)
class Workspace:
    """The workspace itself: one row, never changed. `log_key` is the public half of the key that signs checkpoints.

    Documentation and reserved addresses count as public only in an exercise.
    """

    workspace_id: Annotated[str, KEY]
    name: str
    made_at_us: int
    log_key: bytes
    stamp: Stamp = Stamp.CASEWORK


@define_row(frozen=True, slots=True)
class Officer:
    """An officer: one person in one role. The names are of officers on duty, never of suspects."""

    officer_id: Annotated[str, KEY]
    name: str
    designation: str
    unit: str
    role: Role
    enrolled_at_us: int
    enrolled_by: str
    left_at_us: int | None = None


@define_row(frozen=True, slots=True)
class OfficerKey:
    """The public half of an officer's key."""

    key_id: Annotated[str, KEY]
    officer_id: Annotated[str, RowReference("officers")]
    public_key: bytes
    enrolled_at_us: int
    enrolled_by: str
    revoked_at_us: int | None = None
    revoked_why: str | None = None


@define_row(frozen=True, slots=True)
class Approval:
    """An act that takes two officers: the requester, the exact request, and the decider.

    `request_json` is what was approved.
    """

    approval_id: Annotated[str, KEY]
    action: str
    thing: str
    request_json: str
    why: str
    asked_by: Annotated[str, RowReference("officers")]
    asked_at_us: int
    expires_at_us: int
    state: ApprovalState
    decided_by: Annotated[str | None, RowReference("officers")] = None
    decided_at_us: int | None = None
    decided_why: str | None = None
    used_at_us: int | None = None


@define_row(frozen=True, slots=True)
class Account:
    """An officer's account of the web app (ADR 19): the key and TOTP secret, sealed under a password.

    `last_step`: the TOTP step used last; each step is valid once.
    """

    officer_id: Annotated[str, KEY, RowReference("officers")]
    name: str
    key_id: Annotated[str, RowReference("officer_keys")]
    made_at_us: int
    salt: Annotated[bytes, HASHED]
    sealed: Annotated[bytes, HASHED]
    failures: Annotated[int, UNSEALED] = 0
    locked_until_us: Annotated[int | None, UNSEALED] = None
    last_step: Annotated[int, UNSEALED] = 0


@define_row(frozen=True, slots=True)
class WebSession:
    """A session of the web app, identified by the SHA-256 of its token. No table has the opened key."""

    session_id: Annotated[str, KEY]
    officer_id: Annotated[str, RowReference("officers")]
    begun_at_us: int
    until_us: int
    seen_at_us: int
    agent: str
    ended_at_us: int | None = None
    ended_why: str | None = None


@define_row(frozen=True, slots=True)
class SavedView:
    """A named filter of leads: the query of their table. `is_shared`: others see and change it too."""

    view_id: Annotated[str, KEY]
    name: str
    query: str
    is_shared: int
    version: int
    made_at_us: int
    owner: Annotated[str, RowReference("officers")]
    changed_at_us: int | None = None
    changed_by: Annotated[str | None, RowReference("officers")] = None
    dropped_at_us: int | None = None


@define_row(frozen=True, slots=True)
class RetentionPeriod:
    """The number of days to retain a kind of content, set by two officers. `subject`: that kind, as `leads`."""

    subject: Annotated[str, KEY]
    days: int
    why: str
    set_at_us: int
    set_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class BackupRecipient:
    """An age recipient of encrypted backups. `name` says who holds the identity that opens them."""

    recipient: Annotated[str, KEY]
    name: str
    added_at_us: int
    added_by: Annotated[str, RowReference("officers")]
    removed_at_us: int | None = None
