"""Read the streams of a message broker as a live feed. The workspace stores where to resume; the broker does not."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sightline.model import PartEnd
from sightline.services.live.brokers.message_source import BATCH, BrokerAway, BrokerMessage, MessageSource, Stream
from sightline.services.live.piece import Delivery, FeedPiece, Start
from sightline.services.live.read_positions import ReadPosition

SET_BACK = "~"
"""Between the id of a stream and how often it was set back. Ids of topics have all the letters of base64."""
LOOK_S = 10.0
"""Seconds between two looks at which streams there are."""
REMEMBERED = 256
"""How many places of a stream are remembered, to find the newest that still holds after the broker lost messages."""


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message that is not registered yet. `missing`, `repeated`: how many messages before it; `gap`: why."""

    message: BrokerMessage
    missing: int
    repeated: int
    gap: str | None


@dataclass(slots=True)
class OpenStream:
    """A stream that is read: the place after the last registered message, and the messages received since."""

    stream: Stream
    place: ReadPosition
    next: int
    gap: str | None
    messages: deque[WaitingMessage] = field(default_factory=deque)
    bytes: int = 0
    repeated: int = 0


class BrokerFeed:
    """Streams of one URL. `places`: starts and ends of registered parts, oldest first."""

    has_ended = False

    def __init__(self, name: str, limit: int, source: MessageSource, places: Sequence[ReadPosition] = ()) -> None:
        self.name = name
        self._limit, self._source = limit, source
        self._places: dict[int, deque[ReadPosition]] = {}
        self._found: dict[int, Stream] = {}
        self._open: dict[int, OpenStream] = {}
        self._next_look_s, self._since_look = 0.0, 0
        for place in places:
            self._remember(place)

    def find_starts(self) -> Sequence[Start]:
        """Return the starts of new streams: those without a place in the workspace. Empty while the broker is away."""
        try:
            if self._source.is_stale or time.monotonic() >= self._next_look_s:
                self._look()
        except BrokerAway:
            self._open = {}
            return ()
        new = [stream for number, stream in sorted(self._found.items()) if number not in self._places]
        return [
            Start(stream.number, stream.name, ReadPosition(stream.file_id, stream.first, 0, "", is_start=True))
            for stream in new
        ]

    def begin(self, start: Start, at_us: int) -> None:  # noqa: ARG002 - the Feed protocol
        """Read a stream from a start that was registered."""
        self._remember(start.place)

    def read(self) -> FeedPiece | None:
        """Return the new bytes of the next stream, up to the limit. None if it has no new ones."""
        try:
            if not self._open or self._source.is_stale:
                self._resume()
            self._receive()
        except BrokerAway:
            # What was received and not registered is received again.
            self._open = {}
            return None
        open_stream = next((open_stream for open_stream in self._open.values() if open_stream.messages), None)
        return None if open_stream is None else self._cut(open_stream)

    def accept(self, piece: FeedPiece) -> None:
        """Continue after a piece that was registered, and commit its offset at the broker."""
        number = _parse_number(piece.place)
        self._remember(piece.place)
        open_stream = self._open.pop(number)
        assert piece.delivery is not None
        for _ in range(piece.delivery.messages):
            open_stream.bytes -= len(open_stream.messages.popleft().message.content)
        open_stream.place, open_stream.gap = piece.place, None
        # The stream that was read comes last now, so that all of them are read.
        self._open[number] = open_stream
        try:
            self._source.commit(number, piece.place.offset)
        except BrokerAway:
            self._open = {}

    def count_waiting_bytes(self) -> int | None:
        """Return how many bytes were received and not registered. What the broker has cannot be known."""
        return sum(open_stream.bytes for open_stream in self._open.values())

    def count_waiting_messages(self) -> int:
        """Return how many messages of the broker are not registered, by its newest counts, at most `LOOK_S` old."""
        return sum(self._count_waiting(stream) for stream in self._found.values())

    def _count_waiting(self, stream: Stream) -> int:
        open_stream = self._open.get(stream.number)
        if open_stream is None:
            places = self._places.get(stream.number)
            return max(0, stream.end - (places[-1].offset if places else stream.first))
        behind = stream.end - open_stream.next if stream.pending is None else stream.pending - self._since_look
        return len(open_stream.messages) + max(0, behind)

    def close(self) -> None:
        """End the connection."""
        self._source.close()

    def _remember(self, place: ReadPosition) -> None:
        self._places.setdefault(_parse_number(place), deque(maxlen=REMEMBERED)).append(place)

    def _look(self) -> None:
        """Read which streams there are. If one is new, was made again or was set back, all are opened again."""
        result = {stream.number: stream for stream in self._source.find_streams()}
        is_back = any(
            stream.number in self._open and stream.end < self._open[stream.number].next for stream in result.values()
        )
        if is_back or {stream.file_id for stream in result.values()} != {
            stream.file_id for stream in self._found.values()
        }:
            self._open = {}
        self._found = result
        self._next_look_s, self._since_look = time.monotonic() + LOOK_S, 0

    def _resume(self) -> None:
        """Open all streams behind what is registered of them."""
        self._open = {}
        self._look()
        opened = {number: self._find(stream) for number, stream in self._found.items() if number in self._places}
        self._source.open({number: open_stream.next for number, open_stream in opened.items()})
        self._open = opened
        # What waits of a subject is known once it is read.
        self._next_look_s = 0.0

    def _find(self, stream: Stream) -> OpenStream:
        places = self._places[stream.number]
        last = places[-1]
        if last.file_id.partition(SET_BACK)[0] != stream.file_id:
            gap = f"the stream was replaced: what the old one held from position {last.offset} on was not read"
            return OpenStream(stream, ReadPosition(stream.file_id, stream.first, 0, ""), stream.first, gap)
        if self._holds(stream, last):
            return OpenStream(stream, last, last.offset, None)
        same = (place for place in reversed(places) if place.file_id == last.file_id and self._holds(stream, place))
        offset = next((place.offset for place in same), stream.first)
        gap = (
            f"the broker lost messages before position {last.offset} and gives their positions again: what it has from"
            f" {offset} on is read, and some of it may be there twice"
        )
        times = int(last.file_id.partition(SET_BACK)[2] or 0) + 1
        return OpenStream(stream, ReadPosition(f"{stream.file_id}{SET_BACK}{times}", offset, 0, ""), offset, gap)

    def _holds(self, stream: Stream, place: ReadPosition) -> bool:
        """Return whether the message before a place is the one that was read there, or is not there any more."""
        if place.offset > stream.end:
            return False
        if not place.tail_bytes:
            return True
        content = self._source.read_one(stream.number, place.offset - 1)
        return content is None or hashlib.sha256(content).hexdigest() == place.tail_sha256

    def _receive(self) -> None:
        """Take what is there, up to the limit. What comes meanwhile, a few at a time, is of the next part."""
        count = BATCH
        while count == BATCH and (self.count_waiting_bytes() or 0) < self._limit:
            messages = self._source.receive()
            count = len(messages)
            for message in messages:
                self._take(self._open[message.number], message)

    def _take(self, stream: OpenStream, message: BrokerMessage) -> None:
        expected = stream.next
        if message.position < expected:
            stream.repeated += 1
            return
        missing, gap = 0, None
        if message.position > expected:
            missing = self._source.count_missing(message.number, expected, message.position)
        if missing:
            gap = (
                f"{missing} messages between the positions {expected} and {message.position}: the broker has none there"
            )
        self._since_look += 1
        stream.messages.append(WaitingMessage(message, missing, stream.repeated, gap))
        stream.bytes += len(message.content)
        stream.next, stream.repeated = message.position + 1, 0

    def _cut(self, open_stream: OpenStream) -> FeedPiece:
        waiting_items, size = [], 0
        for item in open_stream.messages:
            waiting_items.append(item)
            size += len(item.message.content)
            if size >= self._limit:
                break
        last = waiting_items[-1].message
        digest = hashlib.sha256(last.content).hexdigest()
        gaps = [
            gap for gap in (open_stream.gap, *(waiting_item.gap for waiting_item in waiting_items)) if gap is not None
        ]
        return FeedPiece(
            b"".join(waiting_item.message.content for waiting_item in waiting_items),
            open_stream.stream.name,
            open_stream.place.offset,
            ReadPosition(open_stream.place.file_id, last.position + 1, len(last.content), digest),
            PartEnd.SIZE if size >= self._limit else PartEnd.NO_MORE_BYTES,
            "; ".join(gaps) or None,
            Delivery(
                len(waiting_items),
                sum(waiting_item.missing for waiting_item in waiting_items),
                sum(waiting_item.repeated for waiting_item in waiting_items),
            ),
        )


def _parse_number(place: ReadPosition) -> int:
    return int(place.file_id.rpartition(":")[2].partition(SET_BACK)[0])
