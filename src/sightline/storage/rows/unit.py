"""The unit: the workspace, its officers, their keys, accounts and sessions, and what two of them agree on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from sightline.model import ApprovalState, Role, Stamp
from sightline.storage.rows.marks import HASHED, KEY, UNSEALED, To


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
class Account:
    """How an officer signs in to the operations room (ADR 19): the key and TOTP secret, sealed under a password.

    `last_step`: the TOTP step that was used last; none serves twice.
    """

    officer_id: Annotated[str, KEY, To("officers")]
    name: str
    key_id: Annotated[str, To("officer_keys")]
    made_at_us: int
    salt: Annotated[bytes, HASHED]
    sealed: Annotated[bytes, HASHED]
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
class BackupRecipient:
    """An age recipient that backups are encrypted to; `name` says who holds the identity that opens them."""

    recipient: Annotated[str, KEY]
    name: str
    added_at_us: int
    added_by: Annotated[str, To("officers")]
    removed_at_us: int | None = None
