"""Register where reading of a feed begins, before anything of it is read.

Without it, a feed that is killed before its first part has no place: what its input drops meanwhile would be lost
without a gap.
"""

from __future__ import annotations

from sightline.casework.cases import cases
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.services.live.piece import Start, format_path
from sightline.services.live.read_positions import ReadPosition
from sightline.services.scan.scan_context import ScanContext
from sightline.storage.rows import FeedStart
from sightline.storage.table import Tables


def list_starts(tables: Tables, feed_id: str) -> list[FeedStart]:
    """Return the starts of a feed, by their number."""
    return sorted(tables[FeedStart].where(feed_id=feed_id), key=lambda feed_start: feed_start.number)


def get_start_place(row: FeedStart) -> ReadPosition:
    """Return the place at which a feed was begun."""
    return ReadPosition(row.file_id, row.first_offset, row.head_bytes, row.head_sha256, is_start=True)


def register_start(
    officer_session: OfficerSession, context: ScanContext, feed_id: str, name: str, start: Start
) -> FeedStart:
    """Register a start, and return the one that counts: that of another watch, if it was the first.

    `name`: the input as parts name it. Raises NotAllowed if the authority is not in force.
    """
    start_id = f"{feed_id}-{start.number:05}"
    with officer_session.change(Action.SCAN, f"source:{context.source.source_id}") as change:
        feed_start = change.tables[FeedStart].get(start_id)
        if feed_start is not None:
            return feed_start
        cases.require_in_force(context.authority, context.source, to_microseconds(change.now))
        place = start.place
        row = FeedStart(
            start_id,
            feed_id,
            start.number,
            name,
            context.source.source_id,
            context.authority.authority_id,
            format_path(start.file),
            place.file_id,
            place.offset,
            place.tail_bytes,
            place.tail_sha256,
            change.now_us,
            change.signer.officer_id,
        )
        change.add(Verb.FEED_START_REGISTERED, row, feed=feed_id, number=start.number)
        return row
