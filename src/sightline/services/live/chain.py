"""The chain of a feed's parts in the workspace: each names the place of its bytes and the digest of the part before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sightline.casework.cases import cases
from sightline.errors import Refused
from sightline.ledger.append import encode_canonical
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.services.live.list_changes import require_keys_in_force
from sightline.services.live.piece import FeedPiece, format_path
from sightline.services.live.read_positions import ReadPosition
from sightline.services.scan.register import ExtraRows, RegisteredRun, register_exhibit
from sightline.services.scan.scan_context import ScanContext
from sightline.storage.rows import FeedDelivery, FeedPart
from sightline.storage.table import Tables, read_committed_columns
from sightline.workspace.workspace import Change


def compute_feed_id(source_id: str, path: str) -> str:
    """Return the id of a feed: of one input of one source."""
    return hashlib.sha256(f"{source_id}\n{path}".encode(errors="surrogateescape")).hexdigest()[:16]


def compute_part_digest(part: FeedPart) -> str:
    """Return the digest of a part, which the next one names."""
    return hashlib.sha256(encode_canonical(read_committed_columns(part)).encode()).hexdigest()


def get_end_place(part: FeedPart) -> ReadPosition:
    """Return the place at which a part ends."""
    return ReadPosition(
        part.file_id, part.until_offset, part.tail_bytes, part.tail_sha256, first_offset=part.first_offset
    )


def find_last_part(tables: Tables, feed_id: str) -> FeedPart | None:
    """Return the newest part of a feed, or None."""
    return tables[FeedPart].find_last("number", feed_id=feed_id)


def list_parts(tables: Tables, feed_id: str) -> list[FeedPart]:
    """Return the parts of a feed, oldest first."""
    return sorted(tables[FeedPart].select(feed_id=feed_id), key=lambda part: part.number)


def list_breaks(parts: Sequence[FeedPart]) -> list[str]:
    """Return what is wrong with the chain of a feed's parts, oldest first: a part that is missing or was replaced."""
    result = []
    if parts and (parts[0].number, parts[0].previous_sha256) != (0, ""):
        result.append(f"part {parts[0].number} is the first, and not the first of the feed")
    ends: dict[str, int] = {feed_part.file_id: feed_part.until_offset for feed_part in parts[:1]}
    for before, after in pairwise(parts):
        end = ends.get(after.file_id, after.first_offset)
        ends[after.file_id] = after.until_offset
        if after.number != before.number + 1:
            result.append(f"between the parts {before.number} and {after.number}, some are missing")
        elif after.previous_sha256 != compute_part_digest(before):
            result.append(f"part {after.number} does not follow part {before.number}")
        elif after.first_offset not in {end, 0} and after.gap is None:
            result.append(f"part {after.number} begins at {after.first_offset}, not at {end}")
    return result


@dataclass(frozen=True, slots=True)
class NewPart:
    """A piece that is about to become a part of a feed. `number` is the place in the chain that it takes."""

    feed_id: str
    input: str
    number: int
    piece: FeedPiece
    read_at_us: int

    @property
    def held_as(self) -> str:
        """Return the path under which the part is held: that of its file, with the bytes that it is."""
        return f"{self.piece.file}@{self.piece.first_offset}-{self.piece.place.offset}"

    def build_writer(
        self, context: ScanContext, finished: Callable[[FeedPart], None], retained: Path | None
    ) -> ExtraRows:
        """Return what writes the part, in the transaction that registers its run.

        `finished` receives the part. `retained`: the file in which the part itself is kept, or None.
        """

        def write(change: Change, registered: Sequence[RegisteredRun]) -> None:
            """Write the part of the one run. Raises Refused if another watch wrote this number of the feed first.

            Raises RevokedMeanwhile if the key of a list was revoked since the list was opened.
            """
            (run,) = registered
            last = find_last_part(change.tables, self.feed_id)
            if last is not None and last.number == self.number and last.run_id == run.run.run_id:
                # The registration was tried again after it had been committed.
                finished(last)
                return
            if (last.number if last else -1) != self.number - 1:
                raise Refused(
                    f"another watch reads {self.input}: it registered a part meanwhile",
                    hint="stop one of the two; this one registered nothing twice",
                )
            cases.require_in_force(context.authority, context.source, to_microseconds(change.now))
            for path in (self.held_as, *([str(retained)] if retained else [])):
                register_exhibit(change, context, run.run.exhibit_id, len(self.piece.content), path)
            require_keys_in_force(change.tables, run.run.run_id)
            part = self._build_part(change, run, last)
            change.add(
                Verb.FEED_PART_REGISTERED,
                part,
                feed=part.feed_id,
                number=part.number,
                exhibit=part.exhibit_id,
                previous=part.previous_sha256,
            )
            if (delivery := self.piece.delivery) is not None:
                row = FeedDelivery(part.part_id, delivery.messages, delivery.missing, delivery.repeated)
                change.add(Verb.FEED_DELIVERY_REGISTERED, row, part=part.part_id)
            finished(part)

        return write

    def _build_part(self, change: Change, run: RegisteredRun, last: FeedPart | None) -> FeedPart:
        account = json.loads(run.run.account_json)
        piece, place = self.piece, self.piece.place
        return FeedPart(
            f"{self.feed_id}-{self.number:09}",
            self.feed_id,
            self.number,
            self.input,
            run.run.source_id,
            run.run.authority_id,
            run.run.exhibit_id,
            run.run.run_id,
            format_path(piece.file),
            place.file_id,
            piece.first_offset,
            place.offset,
            place.tail_bytes,
            place.tail_sha256,
            account["frames"],
            account["sketch"].get("earliest_us"),
            account["sketch"].get("latest_us"),
            piece.closed_by,
            None if piece.gap is None else format_path(piece.gap),
            "" if last is None else compute_part_digest(last),
            self.read_at_us,
            change.now_us,
            change.signer.officer_id,
        )
