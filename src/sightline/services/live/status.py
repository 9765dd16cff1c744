"""Show how far the feeds of a workspace are: lag, rate, rejects, silence, gaps, and what is alarming."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sightline.casework.access import Action
from sightline.casework.officer_session import OfficerSession
from sightline.counts import count_noun
from sightline.errors import SightlineError
from sightline.ledger.instants import microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.live.alarms import CLOCK_AHEAD_US, LIMITS, Alarm, AlarmLimits
from sightline.services.live.chain import list_breaks, list_parts, place_of
from sightline.services.live.disk_space import RefusalReader, Refusals
from sightline.services.live.growing_file import GrowingFile
from sightline.services.live.lags import read_lags
from sightline.services.live.list_changes import ListChanges, known_signatures, lists_of_runs
from sightline.services.live.piece import Feed
from sightline.services.live.spool_folder import SpoolFolder, damaged_files
from sightline.services.live.standard_input import PATH as STANDARD_INPUT
from sightline.storage.rows import Exhibit, FeedDelivery, FeedLag, FeedPart, Run, Source
from sightline.storage.table import Tables

RATE_US = 60_000_000
"""The rate of a feed is that of its last minute."""
GAPS = 100
"""Most gaps of a feed that are shown, the newest."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """A feed. `lag_bytes`: what waits in its input, as this machine sees it, or else as its running watch does.
    `lag_messages`: messages of its broker that are not registered, as its running watch sees it. None if unknown.

    `silence_s`: seconds since its last part was registered. `breaks`: what is wrong with the chain of its parts.
    `recent_rejects_percent`: of the lines of the last minute, or of the last part. `damaged`: files set aside.
    `refusals`: how often it was refused room; `refusal`: why it is now, or None.
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
    lists: tuple[str, ...] = ()
    missing: int = 0
    repeated: int = 0
    alarms: tuple[Alarm, ...] = ()
    lag_messages: int | None = None

    def row(self) -> tuple[str, ...]:
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


def list_feeds(officer_session: OfficerSession, limits: AlarmLimits = LIMITS) -> list[FeedStatus]:
    """Return the feeds of a workspace, by source and input. The view is written to the journal."""
    now_us = microseconds(officer_session.clock())
    with officer_session.read(Action.EXHIBIT_VIEW, "feed:all", JournalVerb.VIEW_EXHIBIT) as tables:
        found = FeedWatcher().look(tables, now_us, limits)
        broken = {one.feed: tuple(list_breaks(list_parts(tables, one.feed))) for one in found}
    return [_with_breaks(one, broken[one.feed]) for one in found]


def _with_breaks(one: FeedStatus, breaks: tuple[str, ...]) -> FeedStatus:
    more = (Alarm.GAP,) if breaks and Alarm.GAP not in one.alarms else ()
    return replace(one, breaks=breaks, alarms=(*one.alarms, *more))


@dataclass(slots=True)
class FeedCounts:
    """What is known of a feed from its parts, oldest first."""

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
        self.last_us = max((one for one in (self.last_us, part.last_us) if one is not None), default=None)
        if part.gap is not None:
            self.gaps.append(f"part {part.number}: {part.gap}")
        self.recent.append((part.registered_at_us, part.lines, rejects))

    def status(
        self, source: str, now_us: int, limits: AlarmLimits, refused: Refusals, lag: FeedLag | None
    ) -> FeedStatus:
        """Return the status now."""
        while len(self.recent) > 1 and self.recent[0][0] <= now_us - RATE_US:
            self.recent.popleft()
        fresh = sum(lines for at_us, lines, _ in self.recent if at_us > now_us - RATE_US)
        lines, rejects = (sum(one[at] for one in self.recent) for at in (1, 2))
        span_us = min(RATE_US, max(1_000_000, now_us - self.first_at_us))
        last, lag_bytes = self.last, _lag_bytes(self.last)
        if lag_bytes is None and lag is not None:
            lag_bytes = lag.waiting_bytes
        found = FeedStatus(
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
            tuple(damaged_files(Path(last.input))),
            refused.count,
            refused.reason,
            tuple(self.lists.changes),
            self.missing,
            self.repeated,
            lag_messages=None if lag is None else lag.waiting_messages,
        )
        return replace(found, alarms=tuple(_alarms(found, last, limits)))


@dataclass(slots=True)
class FeedWatcher:
    """Reads the status of feeds repeatedly. It reads only parts that are new."""

    _since_us: int = -1
    _counts: dict[str, FeedCounts] = field(default_factory=dict)
    _refusals: RefusalReader = field(default_factory=RefusalReader)

    def look(self, tables: Tables, now_us: int, limits: AlarmLimits = LIMITS) -> list[FeedStatus]:
        """Return the current status of all feeds, by source and input."""
        self._read_new(tables)
        names = {one.source_id: one.name for one in tables[Source].where()} if self._counts else {}
        refused = self._refusals.read(tables) if self._counts else {}
        lags = read_lags(tables, now_us) if self._counts else {}
        found = [
            one.status(
                names.get(one.last.source_id, ""),
                now_us,
                limits,
                refused.get(feed_id, Refusals()),
                lags.get(feed_id),
            )
            for feed_id, one in self._counts.items()
        ]
        return sorted(found, key=lambda one: (one.source, one.input))

    def _read_new(self, tables: Tables) -> None:
        registered = tables[FeedPart].column("registered_at_us")
        new = sorted(tables[FeedPart].each(registered >= self._since_us), key=lambda one: (one.feed_id, one.number))
        fresh = [
            one for one in new if one.feed_id not in self._counts or one.number > self._counts[one.feed_id].last.number
        ]
        runs = {run.run_id: run for run in tables[Run].within("run_id", sorted({one.run_id for one in fresh}))}
        exhibits = tables[Exhibit].within("exhibit_id", sorted({one.exhibit_id for one in fresh}))
        sizes = {one.exhibit_id: one.size_bytes for one in exhibits}
        found = tables[FeedDelivery].within("part_id", sorted(one.part_id for one in fresh))
        deliveries = {one.part_id: one for one in found}
        lists = lists_of_runs(tables, [one.run_id for one in fresh])
        known = known_signatures(tables) if fresh else {}
        for part in fresh:
            counts = self._counts.setdefault(part.feed_id, FeedCounts(part, part.registered_at_us))
            counts.add(part, runs[part.run_id], sizes[part.exhibit_id], deliveries.get(part.part_id))
            counts.lists.add(part, lists[part.run_id], known)
            self._since_us = max(self._since_us, part.registered_at_us)


def _alarms(found: FeedStatus, last: FeedPart, limits: AlarmLimits) -> Iterable[Alarm]:
    if (found.lag_bytes or 0) > limits.lag_bytes or (found.lag_messages or 0) > limits.lag_messages:
        yield Alarm.LAG
    if found.silence_s > limits.silence_s:
        yield Alarm.SILENT
    if found.recent_rejects_percent > limits.rejects_percent:
        yield Alarm.REJECTS
    if last.last_us is not None and last.last_us > last.registered_at_us + CLOCK_AHEAD_US:
        yield Alarm.CLOCK
    if found.refusal is not None:
        yield Alarm.FULL
    if found.damaged:
        yield Alarm.DAMAGED
    if found.gaps:
        yield Alarm.GAP


def _lag_bytes(last: FeedPart) -> int | None:
    """Return the bytes that wait, if the input can be seen from here."""
    path = Path(last.input)
    try:
        if path == STANDARD_INPUT or not path.exists():
            return None
        places = [place_of(last)]
        feed: Feed = SpoolFolder(path, 1, places) if path.is_dir() else GrowingFile(path, 1, places)
        return feed.waiting_bytes()
    except (OSError, SightlineError):
        return None


METRICS = {
    "sightline_feed_parts": ("counter", "Parts registered."),
    "sightline_feed_bytes": ("counter", "Bytes registered."),
    "sightline_feed_lines": ("counter", "Lines registered."),
    "sightline_feed_rejects": ("counter", "Lines rejected."),
    "sightline_feed_hits": ("counter", "Hits found."),
    "sightline_feed_lines_per_second": ("gauge", "Lines of the last minute, a second."),
    "sightline_feed_lag_bytes": ("gauge", "Bytes that wait in the input."),
    "sightline_feed_lag_messages": ("gauge", "Messages of the broker that are not registered."),
    "sightline_feed_silence_seconds": ("gauge", "Seconds since the last part."),
    "sightline_feed_refusals": ("counter", "Times that it was refused room on a disk."),
    "sightline_feed_damaged_files": ("gauge", "Files of the spool folder that were set aside."),
    "sightline_feed_missing_messages": ("counter", "Messages that the broker did not have any more."),
    "sightline_feed_repeated_messages": ("counter", "Messages that came again and were left out."),
    "sightline_feed_gaps": ("gauge", "Gaps and breaks that are known."),
    "sightline_feed_alarm": ("gauge", "1 for each alarm that is on."),
}


def metrics(feeds: Sequence[FeedStatus]) -> str:
    """Return the status in the text format of Prometheus."""
    lines = []
    for name, (kind, about) in METRICS.items():
        lines += [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
        for one in feeds:
            values = {
                "sightline_feed_parts": one.parts,
                "sightline_feed_bytes": one.bytes,
                "sightline_feed_lines": one.lines,
                "sightline_feed_rejects": one.rejects,
                "sightline_feed_hits": one.hits,
                "sightline_feed_lines_per_second": round(one.lines_per_s, 3),
                "sightline_feed_lag_bytes": one.lag_bytes,
                "sightline_feed_lag_messages": one.lag_messages,
                "sightline_feed_silence_seconds": round(one.silence_s, 3),
                "sightline_feed_refusals": one.refusals,
                "sightline_feed_damaged_files": len(one.damaged),
                "sightline_feed_missing_messages": one.missing,
                "sightline_feed_repeated_messages": one.repeated,
                "sightline_feed_gaps": len(one.gaps) + len(one.breaks),
            }
            labels = f"feed={_quoted(one.feed)},source={_quoted(one.source)},input={_quoted(one.input)}"
            if name == "sightline_feed_alarm":
                lines += [f"{name}{{{labels},alarm={_quoted(alarm)}}} {int(alarm in one.alarms)}" for alarm in Alarm]
            elif (value := values[name]) is not None:
                lines.append(f"{name}{{{labels}}} {value}")
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
