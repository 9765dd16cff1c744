"""One reader for all viewers of the live page: it reads the tables once a second while anybody looks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from sightline.casework.people.web_sessions import LiveSession, LiveSessions
from sightline.casework.permissions.access import Action
from sightline.errors import SightlineError
from sightline.ledger.instants import to_microseconds
from sightline.services.live.feed_status import FeedStatus
from sightline.services.live.status import FeedWatcher
from sightline.services.scan.live_status import LiveStatus, Watcher
from sightline.web.pages.live.newest import NewestLead, NewestLeads
from sightline.workspace.workspace import Workspace

EACH_S = 1.0
HEARTBEAT_S = 15.0
"""Seconds between writes to a connection, by which a closed one is noticed."""
Drawn = Callable[[LiveStatus, Sequence[FeedStatus], Sequence[NewestLead] | None, str], str]
"""Draws scans and sources, feeds and the newest leads (None: for who may not see leads) in a language."""


@dataclass(slots=True, eq=False)
class Listener:
    """A viewer: live session, language, and the newest update that was not sent yet."""

    live_session: LiveSession
    language: str
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(1))
    sent: str = ""

    def put(self, html: str | None) -> None:
        """Pass an update to the listener's own loop. None ends it."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(html)


class PageUpdates:
    """Updates for any number of listeners: one thread, one read a second, one rendering a language."""

    def __init__(
        self,
        workspace: Workspace,
        live_sessions: LiveSessions,
        clock: Callable[[], datetime],
        drawn: Drawn,
        action: Action,
        over: threading.Event,
        newest: NewestLeads,
    ) -> None:
        self._workspace, self._seats, self._clock, self._drawn = workspace, live_sessions, clock, drawn
        self._action, self._over, self._newest = action, over, newest
        self._watcher, self._feeds, self._lock = Watcher(), FeedWatcher(), threading.Lock()
        self._looking = threading.Lock()
        self._listeners: set[Listener] = set()
        self._thread: threading.Thread | None = None

    def look(self) -> tuple[LiveStatus, list[FeedStatus]]:
        """Return the current status of scans and sources, and of live feeds, read now."""
        with self._looking, self._workspace.read() as tables:
            now_us = to_microseconds(self._clock())
            return self._watcher.look(tables, now_us), self._feeds.look(tables, now_us)

    def read_newest_leads(self) -> Sequence[NewestLead]:
        """Return the leads with the newest visits, read now."""
        with self._looking:
            return self._newest.look()

    async def follow(self, live_session: LiveSession, language: str) -> AsyncIterator[tuple[str, str]]:
        """Yield changes as HTML until the client leaves, its session ends, or its officer loses permission."""
        listener = Listener(live_session, language, asyncio.get_running_loop())
        self._add(listener)
        try:
            while True:
                try:
                    html = await asyncio.wait_for(listener.queue.get(), HEARTBEAT_S)
                except TimeoutError:
                    yield "alive", ""
                    continue
                if html is None:
                    return
                yield "", html
        finally:
            self._drop(listener)

    @property
    def listeners(self) -> int:
        """Return the number of listeners."""
        return len(self._listeners)

    def _add(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="live")
                self._thread.start()

    def _drop(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)

    def _run(self) -> None:
        """Read until nobody listens, or the server stops."""
        while True:
            with self._lock:
                listeners = list(self._listeners)
                if not listeners or self._over.is_set():
                    self._thread = None
                    break
            # If the database is away for a moment, the next second tries again.
            with suppress(SightlineError):
                self._notify(self._select_permitted(listeners))
            self._over.wait(EACH_S)
        for listener in listeners:
            _hand_over(listener, None)

    def _notify(self, listeners: list[Listener]) -> None:
        status, feeds = self.look()
        may = self._seats.list_permitted([listener.live_session for listener in listeners], Action.LEADS_VIEW)
        newest = self.read_newest_leads() if may else ()
        drawn: dict[tuple[str, bool], str] = {}
        for viewer in listeners:
            key = viewer.language, viewer.live_session.session_id in may
            if key not in drawn:
                drawn[key] = self._drawn(status, feeds, newest if key[1] else None, viewer.language)
            if viewer.sent != drawn[key]:
                viewer.sent = drawn[key]
                _hand_over(viewer, viewer.sent)

    def _select_permitted(self, listeners: list[Listener]) -> list[Listener]:
        """Return the listeners who still have permission, and end the stream of the others."""
        here = self._seats.list_permitted([listener.live_session for listener in listeners], self._action)
        for viewer in listeners:
            if viewer.live_session.session_id not in here:
                _hand_over(viewer, None)
        return [listener for listener in listeners if listener.live_session.session_id in here]


def _hand_over(listener: Listener, html: str | None) -> None:
    with suppress(RuntimeError):  # its loop was closed: the server stops
        listener.loop.call_soon_threadsafe(listener.put, html)
