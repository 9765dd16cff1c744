"""Read how far the feeds of a workspace are, from their parts and the journal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.live.alarms import LIMITS, Alarm, AlarmLimits
from sightline.services.live.chain import list_breaks, list_parts
from sightline.services.live.disk_space import RefusalReader, Refusals
from sightline.services.live.feed_counts import FeedCounts
from sightline.services.live.feed_status import FeedStatus
from sightline.services.live.lags import read_lags
from sightline.services.live.list_changes import KnownLists, group_lists_by_run, read_known_lists
from sightline.storage.rows import Exhibit, FeedDelivery, FeedPart, Run, Source
from sightline.storage.table import Tables


def list_feeds(officer_session: OfficerSession, limits: AlarmLimits = LIMITS) -> list[FeedStatus]:
    """Return the feeds of a workspace, by source and input. The view is written to the journal."""
    now_us = to_microseconds(officer_session.clock())
    with officer_session.read(Action.EXHIBIT_VIEW, "feed:all", JournalVerb.VIEW_EXHIBIT) as tables:
        feed_statuses = FeedWatcher().look(tables, now_us, limits)
        broken = {
            feed_status.feed: tuple(list_breaks(list_parts(tables, feed_status.feed))) for feed_status in feed_statuses
        }
    return [_with_breaks(feed_status, broken[feed_status.feed]) for feed_status in feed_statuses]


def _with_breaks(feed_status: FeedStatus, breaks: tuple[str, ...]) -> FeedStatus:
    more = (Alarm.GAP,) if breaks and Alarm.GAP not in feed_status.alarms else ()
    return replace(feed_status, breaks=breaks, alarms=(*feed_status.alarms, *more))


@dataclass(slots=True)
class FeedWatcher:
    """Reads the status of feeds repeatedly. It reads only parts that are new."""

    _since_us: int = -1
    _counts: dict[str, FeedCounts] = field(default_factory=dict)
    _refusals: RefusalReader = field(default_factory=RefusalReader)

    def look(self, tables: Tables, now_us: int, limits: AlarmLimits = LIMITS) -> list[FeedStatus]:
        """Return the current status of all feeds, by source and input."""
        self._read_new(tables)
        names = {source.source_id: source.name for source in tables[Source].select()} if self._counts else {}
        refused = self._refusals.read(tables) if self._counts else {}
        lags = read_lags(tables, now_us) if self._counts else {}
        feed_statuses = [
            feed_counts.build_status(
                names.get(feed_counts.last.source_id, ""),
                now_us,
                limits,
                refused.get(feed_id, Refusals()),
                lags.get(feed_id),
            )
            for feed_id, feed_counts in self._counts.items()
        ]
        return sorted(feed_statuses, key=lambda feed_status: (feed_status.source, feed_status.input))

    def _read_new(self, tables: Tables) -> None:
        registered = tables[FeedPart].get_column("registered_at_us")
        new = sorted(
            tables[FeedPart].read_each(registered >= self._since_us),
            key=lambda feed_part: (feed_part.feed_id, feed_part.number),
        )
        fresh = [
            part
            for part in new
            if part.feed_id not in self._counts or part.number > self._counts[part.feed_id].last.number
        ]
        runs = {run.run_id: run for run in tables[Run].select_within("run_id", sorted({part.run_id for part in fresh}))}
        exhibits = tables[Exhibit].select_within("exhibit_id", sorted({part.exhibit_id for part in fresh}))
        sizes = {exhibit.exhibit_id: exhibit.size_bytes for exhibit in exhibits}
        feed_deliveries = tables[FeedDelivery].select_within("part_id", sorted(part.part_id for part in fresh))
        deliveries = {feed_delivery.part_id: feed_delivery for feed_delivery in feed_deliveries}
        lists = group_lists_by_run(tables, [part.run_id for part in fresh])
        known = read_known_lists(tables) if fresh else KnownLists()
        for part in fresh:
            counts = self._counts.setdefault(part.feed_id, FeedCounts(part, part.registered_at_us))
            counts.add(part, runs[part.run_id], sizes[part.exhibit_id], deliveries.get(part.part_id))
            counts.lists.add(part, lists[part.run_id], known)
            self._since_us = max(self._since_us, part.registered_at_us)
