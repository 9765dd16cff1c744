"""What must be true of a feed of messages."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from sightline.services.live.chain import list_breaks
from sightline.storage.rows import FeedDelivery
from tests.services.live.unit import LiveOffice


def deliveries(live: LiveOffice) -> list[FeedDelivery]:
    """What the broker delivered for each part, in their order."""
    with live.office.workspace.read() as tables:
        found = [tables[FeedDelivery].get(part.part_id) for part in live.parts()]
    assert None not in found
    return [feed_delivery for feed_delivery in found if feed_delivery is not None]


def require_messages(live: LiveOffice, *streams: Sequence[str]) -> None:
    """The messages of each stream are in its parts, once and in order, and every line that hits is a hit once."""
    assert list_breaks(live.parts()) == []
    left = {number: list(one) for number, one in enumerate(streams)}
    for part, delivery in zip(live.parts(), deliveries(live), strict=True):
        number = int(part.file_id.rpartition(":")[2].partition("~")[0])
        taken, left[number] = left[number][: delivery.messages], left[number][delivery.messages :]
        content = "".join(one if one.endswith("\n") else f"{one}\n" for one in taken)
        assert part.exhibit_id == hashlib.sha256(content.encode()).hexdigest(), part
    assert not any(left.values())
    lines = [line for stream in streams for message in stream for line in message.splitlines()]
    assert live.hits() == Counter(line for line in lines if "//board.example/" in line)
