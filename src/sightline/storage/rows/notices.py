"""Rows about notices to licensees, their replies, and the subscribers that these name."""

from __future__ import annotations

from typing import Annotated

from sightline.model import NatLogs, NoticeKind, NoticeState
from sightline.storage.rows.column_metadata import KEY, UNSEALED, RowReference
from sightline.storage.rows.row_class import define_row


@define_row(frozen=True, slots=True)
class Licensee:
    """A recipient of notices. `name` is as in the network data sets; `timezone`, `date_order`: usual in its replies.

    `keep_days`: the minimum retention of records under its licence.
    """

    licensee_id: Annotated[str, KEY]
    name: str
    address: str
    nat_logs: NatLogs
    timezone: str | None
    date_order: str | None
    keep_days: int
    said_at_us: int
    said_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class Notice:
    """A written order to one licensee for one telecom circle, in one case (ADR 18).

    `follows`: the notice whose replies led to this one. `file`: its rows in the segment store. `keep_until_us`: the
    first day from which the records may be gone. `generation`: the generation of leads that its rows come from.
    """

    notice_id: Annotated[str, KEY]
    number: str
    case_id: Annotated[str, RowReference("cases")]
    kind: NoticeKind
    licensee_id: Annotated[str, RowReference("licensees")]
    circle: str | None
    form: str
    follows: Annotated[str | None, RowReference("notices")]
    asks: int
    file: str
    sha256: str
    size_bytes: int
    generation: int
    keep_until_us: int
    state: NoticeState
    made_at_us: int
    made_by: Annotated[str, RowReference("officers")]
    approval_id: Annotated[str | None, RowReference("approvals")] = None
    approved_at_us: int | None = None
    sent_at_us: int | None = None
    sent_how: str | None = None
    due_at_us: int | None = None
    closed_at_us: int | None = None
    closed_why: str | None = None


@define_row(frozen=True, slots=True)
class Reply:
    """A file that answers a notice, identified by its SHA-256.

    `files_json` has its rows that matched the notice (ADR 18).

    `declared_json`: layout, zone, date order. `certificate_sha256`: of the licensee's own certificate, if it came.
    """

    reply_id: Annotated[str, KEY]
    notice_id: Annotated[str, RowReference("notices")]
    intent_id: Annotated[str, RowReference("intents")]
    name: str
    sha256: str
    size_bytes: int
    layout: str
    declared_json: str
    received_on: str
    is_partial: int
    corrects: Annotated[str | None, RowReference("replies")]
    certificate_sha256: str | None
    certificate_name: str | None
    account_json: str
    files_json: str
    received_at_us: int
    received_by: Annotated[str, RowReference("officers")]
    withdrawn_at_us: int | None = None
    withdrawn_why: str | None = None


@define_row(frozen=True, slots=True)
class Confirmation:
    """An officer's declaration against one doubt about one reply, so that its rows count anyway.

    `sign`: a ReplySign, or `column:` and the heading of a column whose values do not confirm their rows.
    """

    confirmation_id: Annotated[str, KEY]
    reply_id: Annotated[str, RowReference("replies")]
    sign: str
    why: str
    confirmed_at_us: int
    confirmed_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class IdentityKey:
    """The key under which a subscriber's identity is sealed; a purge destroys it."""

    subscriber_id: Annotated[str, KEY]
    made_at_us: int
    key: Annotated[bytes | None, UNSEALED]


@define_row(frozen=True, slots=True)
class Resolving:
    """The verdicts of all replies on all requested sessions, from one `resolve`. The highest is current.

    `inputs_json`: the generation of leads, the notices and the replies that it was made from.
    """

    number: Annotated[int, KEY]
    resolving_id: str
    intent_id: Annotated[str, RowReference("intents")]
    made_at_us: int
    made_by: Annotated[str, RowReference("officers")]
    inputs_json: str
    account_json: str
    files_json: str
