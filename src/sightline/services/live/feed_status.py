"""The status of one feed: how far it is, what is missing, and which alarms are on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sightline.message_text import count_noun
from sightline.services.live.alarms import CLOCK_AHEAD_US, Alarm, AlarmLimits
from sightline.services.live.list_changes import ListChange, format_rescan_command
from sightline.storage.rows import FeedPart


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """A feed. `lag_bytes`: what waits in its input, as this machine sees it, or else as its running watch does.
    `lag_messages`: messages of its broker that are not registered, as its running watch sees it. None if unknown.

    `silence_s`: seconds since its last part was registered. `breaks`: what is wrong with the chain of its parts.
    `recent_rejects_percent`: of the lines of the last minute, or of the last part. `damaged`: files set aside.
    `refusals`: how often it was refused room; `refusal`: why it is now, or None.
    `leads_wait_s`: seconds since the oldest hit that waits for a rebuild of the leads, which is not earned yet; None if
    none waits. `leads_due_s`: seconds until it is earned if no more parts come; None if it never is, or none waits.
    `missing`, `repeated`: messages that its broker did not have any more, and that came again.
    `lists`: the lists that it was read with, oldest first, and from which part on.
    """

    feed: str
    source: str
    input: str
    parts: int
    bytes: int
    lines: int
    rejects: int
    hits: int
    lines_per_s: float
    lag_bytes: int | None
    silence_s: float
    last_us: int | None
    gaps: tuple[str, ...]
    breaks: tuple[str, ...]
    recent_rejects_percent: float = 0.0
    damaged: tuple[str, ...] = ()
    refusals: int = 0
    refusal: str | None = None
    lists: tuple[ListChange, ...] = ()
    missing: int = 0
    repeated: int = 0
    alarms: tuple[Alarm, ...] = ()
    lag_messages: int | None = None
    leads_wait_s: float | None = None
    leads_due_s: float | None = None

    @property
    def rescan_command(self) -> str:
        """Return the command that reads retained parts again with the current lists of the workspace."""
        return format_rescan_command("FOLDER", self.source, "AUTHORITY")

    def to_row(self) -> tuple[str, ...]:
        """Return it as a row of a table."""
        lag = "?" if self.lag_bytes is None else f"{self.lag_bytes:,} B"
        lag = lag if self.lag_messages is None else count_noun(self.lag_messages, "message")
        counts = (f"{count:,}" for count in (self.parts, self.lines, self.rejects, self.hits))
        return (
            self.feed,
            self.source,
            self.input,
            *counts,
            f"{self.lines_per_s:,.1f}",
            lag,
            f"{self.silence_s:,.0f} s",
            ", ".join(self.alarms),
        )


def find_alarms(feed_status: FeedStatus, last: FeedPart, limits: AlarmLimits) -> Iterable[Alarm]:
    """Yield the alarms that a status raises; `last` is the newest part of the feed."""
    if (feed_status.lag_bytes or 0) > limits.lag_bytes or (feed_status.lag_messages or 0) > limits.lag_messages:
        yield Alarm.LAG
    if feed_status.silence_s > limits.silence_s:
        yield Alarm.SILENT
    if feed_status.recent_rejects_percent > limits.rejects_percent:
        yield Alarm.REJECTS
    if last.last_us is not None and last.last_us > last.registered_at_us + CLOCK_AHEAD_US:
        yield Alarm.CLOCK
    if feed_status.refusal is not None:
        yield Alarm.FULL
    if feed_status.damaged:
        yield Alarm.DAMAGED
    if feed_status.gaps:
        yield Alarm.GAP
