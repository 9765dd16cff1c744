"""Notices to licensees, their replies, and whom these name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from sightline.model import NatLogs, NoticeKind, NoticeState
from sightline.storage.rows.marks import KEY, UNSEALED, To


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
class Confirmation:
    """What an officer declares against one doubt about one reply, so that its rows count all the same.

    `sign`: a ReplySign, or `column:` and the heading of a column whose values do not confirm their rows.
    """

    confirmation_id: Annotated[str, KEY]
    reply_id: Annotated[str, To("replies")]
    sign: str
    why: str
    confirmed_at_us: int
    confirmed_by: Annotated[str, To("officers")]


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
