"""Rows about scans: intents, progress, the exhibits read and the segments written."""

from __future__ import annotations

from typing import Annotated

from sightline.model import IntentState, ListUse, PartEnd
from sightline.storage.rows.column_metadata import KEY, UNSEALED, RowReference
from sightline.storage.rows.row_class import define_row


@define_row(frozen=True, slots=True)
class Intent:
    """A scan's intent to write segment files under its id. When the lease expires, the sweeper removes them.

    `process` is the machine, the process and its start: on the same machine it shows at once that a scan died.
    """

    intent_id: Annotated[str, KEY]
    officer_id: Annotated[str, RowReference("officers")]
    process: str
    made_at_us: int
    lease_until_us: int
    state: IntentState


@define_row(frozen=True, slots=True)
class Run:
    """One exhibit read with one set of lists, format, options and code version (ADR 1).

    `row_key` salts its rows (ADR 11); `row_key_sha256` stays when a purge destroys it.
    """

    run_id: Annotated[str, KEY]
    intent_id: Annotated[str, RowReference("intents")]
    exhibit_id: Annotated[str, RowReference("exhibits")]
    authority_id: Annotated[str, RowReference("authorities")]
    source_id: Annotated[str, RowReference("sources")]
    format: str
    format_id: str
    use: ListUse
    hits: int
    account_json: str
    manifest_json: str
    registered_at_us: int
    registered_by: Annotated[str, RowReference("officers")]
    row_key_sha256: str
    row_key: Annotated[bytes | None, UNSEALED]


@define_row(frozen=True, slots=True)
class RunList:
    """A list that a run used, with its position and signature.

    `signature_id` is None only for a run that was purged before signatures were kept.
    """

    run_id: Annotated[str, KEY, RowReference("runs")]
    position: Annotated[int, KEY]
    list_id: Annotated[str, RowReference("lists")]
    issuer: str
    signature_id: Annotated[str | None, RowReference("list_signatures")] = None


@define_row(frozen=True, slots=True)
class Segment:
    """One sealed file of a run's hits (ADR 11). `file` is its name in the segment store."""

    segment_id: Annotated[str, KEY]
    run_id: Annotated[str, RowReference("runs")]
    number: int
    rows: int
    file: str
    sha256: str
    size_bytes: int
    first_us: int
    last_us: int


@define_row(frozen=True, slots=True)
class FeedStart:
    """The start of a live feed's reading, registered before anything of it was read (ADR 34).

    `start_id` is `FEED-NUMBER`. `file_id` is empty if there was no file. `head_sha256` is the digest of the
    `head_bytes` bytes behind `first_offset`, as they were then.
    """

    start_id: Annotated[str, KEY]
    feed_id: str
    number: int
    input: str
    source_id: Annotated[str, RowReference("sources")]
    authority_id: Annotated[str, RowReference("authorities")]
    file: str
    file_id: str
    first_offset: int
    head_bytes: int
    head_sha256: str
    registered_at_us: int
    registered_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class FeedPart:
    """One part of a live feed: an exhibit, and the place of its bytes in the file that they were read from (ADR 23).

    `part_id` is `FEED-NUMBER`, and `feed_id` the digest of source and input. `file_id` is the inode of the file, and
    `tail_sha256` the digest of its last `tail_bytes` bytes before `until_offset`: both find the place again. `gap` says
    what is missing before this part. `previous_sha256` is the digest of the row of the part before.
    """

    part_id: Annotated[str, KEY]
    feed_id: str
    number: int
    input: str
    source_id: Annotated[str, RowReference("sources")]
    authority_id: Annotated[str, RowReference("authorities")]
    exhibit_id: Annotated[str, RowReference("exhibits")]
    run_id: Annotated[str, RowReference("runs")]
    file: str
    file_id: str
    first_offset: int
    until_offset: int
    tail_bytes: int
    tail_sha256: str
    lines: int
    first_us: int | None
    last_us: int | None
    closed_by: PartEnd
    gap: str | None
    previous_sha256: str
    read_at_us: int
    registered_at_us: int
    registered_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class FeedDelivery:
    """A broker's delivery for one part of a live feed (ADR 34).

    `messages`: in the part. `missing`: positions before or between them at which the broker had no message any more.
    `repeated`: messages that came again and were left out.
    """

    part_id: Annotated[str, KEY, RowReference("feed_parts")]
    messages: int
    missing: int
    repeated: int


@define_row(frozen=True, slots=True)
class FeedLag:
    """The unread input of a live feed, as its running watch saw it last. It is no part of the proof.

    `waiting_messages`: of a broker, those that are not registered. `waiting_bytes`: of any other input.
    `leads_since_us`: since when hits wait for a rebuild of the leads that is not earned yet. `leads_due_us`: when it
    is, if no more parts come; None if never.
    """

    feed_id: Annotated[str, KEY]
    waiting_bytes: int | None
    waiting_messages: int | None
    at_us: int
    leads_since_us: int | None = None
    leads_due_us: int | None = None


@define_row(frozen=True, slots=True)
class ScanProgress:
    """The progress of a running scan, which the web app shows live. It is no part of the proof."""

    intent_id: Annotated[str, KEY, RowReference("intents")]
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
