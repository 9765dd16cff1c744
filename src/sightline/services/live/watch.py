"""Watch live feeds: read what is new, register it part by part, and rebuild the leads."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from sightline.casework.cases import cases
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.instants import to_microseconds
from sightline.model import PartEnd
from sightline.model.progress import ignore_progress
from sightline.services.leads.rebuild import Overtaken, rebuild_leads
from sightline.services.live.brokers.broker_connection import connect_broker
from sightline.services.live.brokers.broker_feed import BrokerFeed
from sightline.services.live.brokers.broker_login import read_login
from sightline.services.live.brokers.url import BrokerUrl
from sightline.services.live.chain import NewPart, compute_feed_id, get_end_place, list_parts
from sightline.services.live.disk_space import DiskGuard
from sightline.services.live.dnstap_socket import LOST_BETWEEN, DnstapSocket
from sightline.services.live.dnstap_url import DnstapUrl
from sightline.services.live.freed_memory import give_back
from sightline.services.live.growing_file import GrowingFile
from sightline.services.live.lags import write_lags
from sightline.services.live.list_changes import (
    ListChanges,
    RevokedMeanwhile,
    format_rescan_command,
    group_lists_by_run,
    read_known_lists,
)
from sightline.services.live.part_scan import PartScan
from sightline.services.live.piece import FeedPiece, LiveFeed, Start
from sightline.services.live.read_positions import ReadPosition
from sightline.services.live.rebuild_budget import RebuildBudget
from sightline.services.live.request import STANDARD_INPUT, FeedInput, WatchRequest, make_absolute, name_input
from sightline.services.live.retained_parts import RetainedParts
from sightline.services.live.spool_folder import SpoolFolder
from sightline.services.live.standard_input import StandardInput
from sightline.services.live.starts import get_log_place, get_start_place, list_starts, register_starts
from sightline.services.live.urgent_hits import UrgentHits
from sightline.storage import generations
from sightline.storage.rows import FeedLag, FeedPart, FeedStart, Run, Segment
from sightline.storage.ulid import make_id
from sightline.workspace import leases
from sightline.workspace.superseded_leads import remove_superseded_files

REST = 4.0
"""While full parts come, a rebuild begins after this many times the duration of the one before."""
GIVE_BACK_EACH_S = 10.0
"""Seconds between two times that freed memory is given back after a rebuild: it takes a few milliseconds."""

REMOVE_EACH_S = 3600.0
"""Seconds between two times that files of leads are removed which newer ones replaced."""


@dataclass(slots=True)
class WatchTotals:
    """The totals of a watch so far. `end`: why it ended by itself, or None.

    `missing`, `repeated`: messages that a broker did not have any more, and that came again.
    `lists`: the lists that parts were read with, and from which part on. `rescans`: commands that compare retained
    parts with a newer list.
    `leads_wait`: whether there are hits that are in no lead yet, because a rebuild has to wait (`RebuildBudget`).
    `refusals`: what was said of disks with too little room, oldest first; `refusal`: why nothing is read now, or None.
    """

    parts: int = 0
    bytes: int = 0
    lines: int = 0
    hits: int = 0
    rejects: int = 0
    missing: int = 0
    repeated: int = 0
    gaps: list[str] = field(default_factory=list)
    leads: int | None = None
    rebuilds: int = 0
    leads_wait: bool = False
    end: str | None = None
    lists: list[str] = field(default_factory=list)
    rescans: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    refusal: str | None = None


LAG_EACH_S = 5.0
"""Seconds between two notes of how many messages of brokers wait."""

Tell = Callable[[WatchTotals], None]
"""Receives the totals after each part, and after each rebuild."""


@dataclass(slots=True)
class OpenFeed:
    """An input with its place in the chain of its parts."""

    feed: LiveFeed
    feed_id: str
    name: str
    next_number: int
    run: Run | None
    lists: ListChanges


def watch(officer_session: OfficerSession, request: WatchRequest, tell: Tell, stop: Event) -> WatchTotals:
    """Watch inputs until `stop` is set, all of them end, or the authority does. Returns what was done.

    Raises what a scan raises before it reads: NotAllowed, UntrustedList, UsageError, and the errors of its formats.
    """
    request.check()
    leases.sweep_intents(officer_session.workspace, officer_session.clock())
    if request.makes_leads:
        officer_session.require(Action.LEADS_REBUILD, "leads:all")
    with PartScan(officer_session, request.scan, request.retain) as scan, ExitStack() as stack:
        source_id = scan.context.source.source_id
        feeds = []
        for given in request.inputs:
            feeds.append(open_feed(officer_session, source_id, given, request))
            stack.callback(feeds[-1].feed.close)
        retained = None
        if request.retain is not None:
            retained = RetainedParts(request.retain)
            stack.callback(retained.close)
            retained.sweep([(feed.feed_id, feed.next_number) for feed in feeds])
        return Watch(officer_session, request, scan, feeds, tell, retained).run(stop)


def open_feed(officer_session: OfficerSession, source_id: str, given: FeedInput, request: WatchRequest) -> OpenFeed:
    """Open an input at the place up to which its parts are registered."""
    name = name_input(given)
    feed_id = compute_feed_id(source_id, name)
    with officer_session.workspace.read() as tables:
        parts = list_parts(tables, feed_id)
        starts = list_starts(tables, feed_id)
        run = tables[Run].get(parts[-1].run_id) if parts else None
        changes = ListChanges()
        if parts:
            used = group_lists_by_run(tables, [parts[-1].run_id])[parts[-1].run_id]
            changes.add(parts[-1], used, read_known_lists(tables))
    number = parts[-1].number + 1 if parts else 0
    if isinstance(given, BrokerUrl):
        feed: LiveFeed = _open_stream(
            given, request, feed_id, [*map(get_start_place, starts), *map(get_end_place, parts)]
        )
    elif isinstance(given, DnstapUrl):
        gap = LOST_BETWEEN if parts else None
        feed = DnstapSocket(given, request.part_bytes, f"stream {make_id(officer_session.clock())}", gap)
    else:
        feed = _open_path(officer_session, given, request.part_bytes, parts, starts)
    return OpenFeed(feed, feed_id, name, number, run, changes)


def _open_stream(url: BrokerUrl, request: WatchRequest, feed_id: str, places: list[ReadPosition]) -> BrokerFeed:
    source = connect_broker(url, read_login(request.broker_login), feed_id)
    return BrokerFeed(str(url), request.part_bytes, source, places)


def _open_path(
    officer_session: OfficerSession, path: Path, part_bytes: int, parts: list[FeedPart], starts: list[FeedStart]
) -> LiveFeed:
    places = [*map(get_log_place, starts), *map(get_end_place, parts)]
    if path == STANDARD_INPUT:
        was_cut = bool(parts) and parts[-1].closed_by is not PartEnd.END_OF_FILE
        return StandardInput(part_bytes, f"stream {make_id(officer_session.clock())}", was_cut=was_cut)
    if path.is_dir():
        if starts:
            # No start is registered for a spool folder.
            raise UsageError(
                f"{path}: it was watched as a log, and is a folder now", hint="put the log back, or name a new folder"
            )
        return SpoolFolder(make_absolute(path), part_bytes, places)
    read_us = parts[-1].read_at_us if parts else starts[-1].registered_at_us if starts else 0
    return GrowingFile(make_absolute(path), part_bytes, places, read_us * 1000)


class Watch:
    """A running watch."""

    def __init__(
        self,
        officer_session: OfficerSession,
        request: WatchRequest,
        scan: PartScan,
        feeds: list[OpenFeed],
        tell: Tell,
        retained: RetainedParts | None = None,
    ) -> None:
        self._officer_session, self._request = officer_session, request
        self._scan, self._feeds, self._tell, self._retained = scan, feeds, tell, retained
        self.totals = WatchTotals()
        self._has_new_hits, self._next_rebuild_s = False, 0.0
        self._hits_since_us: int | None = None
        self._next_lag_s = time.monotonic() + LAG_EACH_S
        self._next_giving_s = self._next_removal_s = 0.0
        self._budget = RebuildBudget(time.monotonic(), request.leads_day_bytes)
        self._urgent = UrgentHits(officer_session.workspace)
        self._guard = DiskGuard(
            officer_session, request.limits, [(feed.feed_id, feed.feed) for feed in feeds], request.retain
        )

    def run(self, stop: Event) -> WatchTotals:
        """Read and register until something ends it. What was there when it was stopped is still registered."""
        while self.totals.end is None:
            is_last = stop.is_set() or all(feed.feed.has_ended for feed in self._feeds)
            ends = [end for feed in self._feeds if self._has_room() and (end := self._read(feed)) is not None]
            self._note_lags()
            is_idle, is_behind = not ends, PartEnd.SIZE in ends
            if self._has_new_hits and self._has_room() and self._may_rebuild(is_behind=is_behind):
                self._rebuild()
            if is_last:
                break
            if is_idle:
                stop.wait(self._request.pause_s)
        if self._has_new_hits and self._has_room():
            self._rebuild()
        return self.totals

    def _note_lags(self) -> None:
        """Write what waits, for those who look."""
        if time.monotonic() < self._next_lag_s:
            return
        self._next_lag_s = time.monotonic() + LAG_EACH_S
        now_us = to_microseconds(self._officer_session.clock())
        since_us, due_us = self._hits_since_us if self.totals.leads_wait else None, None
        if since_us is not None and (due_s := self._budget.compute_due_s(time.monotonic())) is not None:
            due_us = now_us + int(due_s * 1_000_000)
        lags = [
            replace(_measure_lag(feed, now_us), leads_since_us=since_us, leads_due_us=due_us) for feed in self._feeds
        ]
        write_lags(self._officer_session.workspace, lags)

    def _has_room(self) -> bool:
        """Return whether the disks have room for more. Each refusal is counted and shown."""
        count = len(self.totals.refusals)
        self.totals.refusal = self._guard.check(self.totals.refusals.append)
        if len(self.totals.refusals) > count:
            self._tell(self.totals)
        return self.totals.refusal is None

    def _read(self, one: OpenFeed) -> PartEnd | None:
        """Register the next piece of an input, and return why it ended. None if there was no piece."""
        read_at_us = to_microseconds(self._officer_session.clock())
        piece = one.feed.read() if not self._is_over() and self._begin(one) else None
        if piece is None:
            return None
        try:
            part = self._scan_piece(NewPart(one.feed_id, one.name, one.next_number, piece, read_at_us), one.run)
        except NotAllowed:
            if self._is_over():
                return None
            raise
        one.feed.accept(piece)
        self._count(one, part, piece)
        self._tell(self.totals)
        return piece.closed_by

    def _begin(self, one: OpenFeed) -> bool:
        """Register where the input begins, if nothing says so. Return whether it may be read."""
        starts = one.feed.find_starts()
        if not starts:
            return True
        try:
            rows = register_starts(self._officer_session, self._scan.context, one.feed_id, one.name, starts)
        except NotAllowed:
            if self._is_over():
                return False
            raise
        find_place = get_log_place if isinstance(one.feed, GrowingFile) else get_start_place
        for row in rows:
            one.feed.begin(Start(row.number, row.file, find_place(row)), row.registered_at_us)
        return True

    def _scan_piece(self, new: NewPart, run: Run | None) -> FeedPart:
        """Scan and register a part with the lists that count now. A key that is revoked meanwhile takes effect with it.

        Raises RevokedMeanwhile if the lists stay the same, and what `refresh` raises if none is left.
        """
        self._scan.refresh()
        while True:
            keys = self._scan.context.keys
            try:
                return self._register(new, run)
            except RevokedMeanwhile:
                self._scan.refresh()
                if self._scan.context.keys == keys:
                    raise

    def _register(self, new: NewPart, run: Run | None) -> FeedPart:
        """Scan and register a part. If it is retained and is not registered, it is deleted."""
        retained = self._retained.write(new) if self._retained else None
        try:
            return self._scan.scan(new, run, retained)
        except Exception:
            # Whatever went wrong: no run refers to the retained file.
            if retained is not None:
                retained.unlink(missing_ok=True)
            raise

    def _is_over(self) -> bool:
        """Return whether the authority has ended. The totals then say why."""
        with self._officer_session.workspace.read() as tables:
            authority = cases.find_authority(tables, self._scan.context.authority.authority_id)
        try:
            cases.require_in_force(authority, self._scan.context.source, to_microseconds(self._officer_session.clock()))
        except NotAllowed as error:
            self.totals.end = str(error)
        return self.totals.end is not None

    def _count(self, one: OpenFeed, part: FeedPart, piece: FeedPiece) -> None:
        with self._officer_session.workspace.read() as tables:
            one.run = tables[Run].get(part.run_id)
            self._budget.earn(tables[Segment].select(run_id=part.run_id))
            used = group_lists_by_run(tables, [part.run_id])[part.run_id]
            change = one.lists.add(part, used, read_known_lists(tables))
        assert one.run is not None
        one.next_number = part.number + 1
        totals = self.totals
        if change is not None:
            totals.lists.append(f"{part.input}: {change.format_text()}")
            if change.is_newer and self._request.retain is not None:
                totals.rescans.append(self._format_rescan(self._request.retain))
        totals.parts += 1
        totals.bytes += len(piece.content)
        totals.lines += part.lines
        totals.hits += one.run.hits
        totals.rejects += sum(json.loads(one.run.account_json)["rejects"].values())
        if piece.delivery is not None:
            totals.missing += piece.delivery.missing
            totals.repeated += piece.delivery.repeated
        if part.gap is not None:
            totals.gaps.append(f"{part.input}: {part.gap}")
        if self._request.makes_leads and one.run.hits:
            self._has_new_hits = True
            self._hits_since_us = self._hits_since_us or part.registered_at_us
            self._urgent.add(part.run_id)

    def _format_rescan(self, folder: Path) -> str:
        """Return the command that compares the parts of before with the newer list."""
        context, options = self._scan.context, self._request.list_rescan_options()
        authority = context.authority.number
        return format_rescan_command(str(make_absolute(folder)), context.source.name, authority, options)

    def _may_rebuild(self, *, is_behind: bool) -> bool:
        """Return whether it is time for a rebuild. `is_behind`: full parts come.

        Hits of leads in danger or in an operation do not wait until a rebuild is earned.
        """
        now_s = time.monotonic()
        if is_behind and now_s < self._next_rebuild_s:
            return False
        self.totals.leads_wait = not self._budget.allows(now_s) and not self._urgent.has_any()
        return not self.totals.leads_wait

    def _rebuild(self) -> None:
        begun_s = time.monotonic()
        try:
            made = rebuild_leads(self._officer_session, ignore_progress)
        except Overtaken:
            # Other watches register leads all the time. The hits of this one are still to come into them.
            return
        if not made.was_there:
            with self._officer_session.workspace.read() as tables:
                self._budget.spend(made.generation, generations.read_stored_inputs(tables, made.generation.number))
        if self.totals.leads_wait:
            self._next_lag_s = 0.0
        self._has_new_hits = self.totals.leads_wait = False
        self._hits_since_us = None
        self._urgent.clear()
        self._next_rebuild_s = time.monotonic() + REST * (time.monotonic() - begun_s)
        self.totals.rebuilds += 1
        self.totals.leads = int(json.loads(made.generation.account_json)["leads"])
        if time.monotonic() >= self._next_removal_s:
            self._next_removal_s = time.monotonic() + REMOVE_EACH_S
            remove_superseded_files(self._officer_session.workspace)
        if time.monotonic() >= self._next_giving_s:
            self._next_giving_s = time.monotonic() + GIVE_BACK_EACH_S
            give_back()
        self._tell(self.totals)


def _measure_lag(one: OpenFeed, at_us: int) -> FeedLag:
    if isinstance(one.feed, BrokerFeed):
        return FeedLag(one.feed_id, None, one.feed.count_waiting_messages(), at_us)
    return FeedLag(one.feed_id, one.feed.count_waiting_bytes(), None, at_us)
