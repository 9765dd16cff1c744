"""Register where reading of a feed begins, before anything of it is read.

Without it, a feed that is killed before its first part has no place: what its input drops meanwhile would be lost
without a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
from sightline.workspace.workspace import Change


def list_starts(tables: Tables, feed_id: str) -> list[FeedStart]:
    """Return the starts of a feed, by their number."""
    return sorted(tables[FeedStart].select(feed_id=feed_id), key=lambda feed_start: feed_start.number)


def get_start_place(row: FeedStart) -> ReadPosition:
    """Return the place at which a feed was begun."""
    return ReadPosition(row.file_id, row.first_offset, row.head_bytes, row.head_sha256, is_start=True)


def get_log_place(row: FeedStart) -> ReadPosition:
    """Return the place at which a growing log was begun, or that of a file that was beside it then (number 1 and on).

    Such a file is known by its last bytes, and a packed one by its first.
    """
    place = get_start_place(row)
    return replace(place, is_start=not row.first_offset, is_older=True) if row.number else place


def register_starts(
    officer_session: OfficerSession, context: ScanContext, feed_id: str, name: str, starts: Sequence[Start]
) -> list[FeedStart]:
    """Register starts in one transaction, and return those that count: of another watch, if it was the first.

    `name`: the input as parts name it. Raises NotAllowed if the authority is not in force.
    """
    with officer_session.change(Action.SCAN, f"source:{context.source.source_id}") as change:
        there = list_starts(change.tables, feed_id)
        rows = {row.number: row for row in there}
        # Files beside a log belong to its start: those of another watch count with it.
        new = [start for start in starts if start.number not in rows and not (there and start.place.is_older)]
        if new:
            cases.require_in_force(context.authority, context.source, to_microseconds(change.now))
        for start in new:
            row = _build_row(change, context, feed_id, name, start)
            rows[start.number] = row
            change.add(Verb.FEED_START_REGISTERED, row, feed=feed_id, number=start.number)
        asked = {start.number for start in starts}
        has_older = any(start.place.is_older for start in starts)
        return [row for number, row in sorted(rows.items()) if has_older or number in asked]


def _build_row(change: Change, context: ScanContext, feed_id: str, name: str, start: Start) -> FeedStart:
    place = start.place
    return FeedStart(
        f"{feed_id}-{start.number:05}",
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
