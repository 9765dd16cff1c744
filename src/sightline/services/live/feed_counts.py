"""Counts of one feed, part by part, and the status that they give."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

from sightline.services.live.alarms import AlarmLimits
from sightline.services.live.disk_space import Refusals
from sightline.services.live.feed_status import FeedStatus, find_alarms
from sightline.services.live.lags import count_waiting_bytes
from sightline.services.live.list_changes import ListChanges
from sightline.services.live.spool_folder import list_damaged_files
from sightline.storage.rows import FeedDelivery, FeedLag, FeedPart, Run

RATE_US = 60_000_000
"""The rate of a feed is that of its last minute."""
GAPS = 100
"""Most gaps of a feed that are shown, the newest."""


@dataclass(slots=True)
class FeedCounts:
    """The counts and times of a feed, from its parts, oldest first."""

    last: FeedPart
    first_at_us: int
    parts: int = 0
    bytes: int = 0
    lines: int = 0
    rejects: int = 0
    hits: int = 0
    last_us: int | None = None
    gaps: deque[str] = field(default_factory=lambda: deque(maxlen=GAPS))
    recent: deque[tuple[int, int, int]] = field(default_factory=deque)
    lists: ListChanges = field(default_factory=ListChanges)
    missing: int = 0
    repeated: int = 0

    def add(self, part: FeedPart, run: Run, size_bytes: int, delivery: FeedDelivery | None) -> None:
        """Count one more part."""
        rejects = sum(json.loads(run.account_json)["rejects"].values())
        self.last = part
        self.parts += 1
        self.bytes += size_bytes
        if delivery is not None:
            self.missing += delivery.missing
            self.repeated += delivery.repeated
        self.lines += part.lines
        self.rejects += rejects
        self.hits += run.hits
        self.last_us = max((time_us for time_us in (self.last_us, part.last_us) if time_us is not None), default=None)
        if part.gap is not None:
            self.gaps.append(f"part {part.number}: {part.gap}")
        self.recent.append((part.registered_at_us, part.lines, rejects))

    def build_status(
        self, source: str, now_us: int, limits: AlarmLimits, refused: Refusals, lag: FeedLag | None
    ) -> FeedStatus:
        """Return the status now."""
        while len(self.recent) > 1 and self.recent[0][0] <= now_us - RATE_US:
            self.recent.popleft()
        fresh = sum(lines for at_us, lines, _ in self.recent if at_us > now_us - RATE_US)
        lines, rejects = (sum(counts[at] for counts in self.recent) for at in (1, 2))
        span_us = min(RATE_US, max(1_000_000, now_us - self.first_at_us))
        last, lag_bytes = self.last, count_waiting_bytes(self.last)
        if lag_bytes is None and lag is not None:
            lag_bytes = lag.waiting_bytes
        feed_status = FeedStatus(
            last.feed_id,
            source,
            last.input,
            self.parts,
            self.bytes,
            self.lines,
            self.rejects,
            self.hits,
            fresh * 1_000_000 / span_us,
            lag_bytes,
            (now_us - last.registered_at_us) / 1_000_000,
            self.last_us,
            tuple(self.gaps),
            (),
            100 * rejects / lines if lines else 0.0,
            tuple(list_damaged_files(Path(last.input))),
            refused.count,
            refused.reason,
            tuple(self.lists.changes),
            self.missing,
            self.repeated,
            lag_messages=None if lag is None else lag.waiting_messages,
        )
        if lag is not None and lag.leads_since_us is not None:
            due_us = lag.leads_due_us
            feed_status = replace(
                feed_status,
                leads_wait_s=max(0, now_us - lag.leads_since_us) / 1_000_000,
                leads_due_s=None if due_us is None else max(0, due_us - now_us) / 1_000_000,
            )
        return replace(feed_status, alarms=tuple(find_alarms(feed_status, last, limits)))
