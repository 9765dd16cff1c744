"""Sessions of the web app: rows that can be revoked. The opened keys are only in the server's memory."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sightline.casework.permissions.access import Action, allow
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.storage.database import run_transaction
from sightline.storage.rows import WebSession
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

LONGEST_US = 12 * 3600 * 1_000_000
IDLE_US = 30 * 60 * 1_000_000
NOTED_US = 60 * 1_000_000
"""Maximum age of the stored last activity, so that not every read writes."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A signed-in officer: the officer session, the session's id, and the token of its forms.

    `as_of`: the version of the workspace when the session was last found valid (`workspace/cache.py`).
    """

    officer_session: OfficerSession
    session_id: str
    form_token: str = field(repr=False)
    as_of: int | None = None


class LiveSessions:
    """The officers signed in at this process. Its end ends their sessions, because only this process has their keys.

    Other workers and servers of the workspace have sessions too: lists are of all, and anyone's can be ended here.
    """

    def __init__(self, workspace: Workspace, clock: Callable[[], datetime]) -> None:
        self._workspace, self._clock = workspace, clock
        self._seats: dict[str, LiveSession] = {}
        self._lock = threading.Lock()

    def begin(self, officer_session: OfficerSession, agent: str) -> str:
        """Begin a session of an officer, and return the token for its cookie, which is not stored."""
        token, now_us = secrets.token_urlsafe(32), to_microseconds(self._clock())
        session_id = compute_session_id(token)
        officer_id = officer_session.officer.officer_id
        row = WebSession(session_id, officer_id, now_us, now_us + LONGEST_US, now_us, agent[:120])
        with run_transaction(self._workspace.engine, writes=True) as connection:
            Tables(connection)[WebSession].add(row)
        self._workspace.append_to_journal(
            officer_id, JournalVerb.LOGIN_DONE, f"officer:{officer_id}", "web app", self._clock()
        )
        with self._lock:
            self._seats[session_id] = LiveSession(officer_session, session_id, secrets.token_urlsafe(24))
        return token

    def is_known(self, token: str | None) -> bool:
        """Return whether a token's session was open when last checked. Reads nothing."""
        return bool(token) and compute_session_id(token or "") in self._seats

    def find(self, token: str | None) -> LiveSession | None:
        """Return the live session of a cookie's token, or None if it ended or never existed."""
        live_session = self._seats.get(compute_session_id(token)) if token else None
        if live_session is None:
            return None
        now_us = to_microseconds(self._clock())
        with self._workspace.read() as tables:
            row = tables[WebSession].get(live_session.session_id)
            as_of = self._workspace.current.read_version(tables)
        if row is None or row.ended_at_us is not None:
            self._forget(live_session.session_id)
            return None
        if now_us >= row.until_us or now_us - row.seen_at_us >= IDLE_US:
            self._end(row, "its time was over")
            return None
        if now_us - row.seen_at_us >= NOTED_US:
            with run_transaction(self._workspace.engine, writes=True) as connection:
                Tables(connection)[WebSession].change([row.session_id], {"ended_at_us": None}, seen_at_us=now_us)
        return replace(live_session, as_of=as_of)

    def leave(self, live_session: LiveSession) -> None:
        """End one's own session."""
        with self._workspace.read() as tables:
            row = tables[WebSession].get(live_session.session_id)
        if row is not None and row.ended_at_us is None:
            self._end(row, "signed out")

    def end_of(self, officer_id: str, why: str, *, but: str | None = None) -> int:
        """End all sessions of an officer except `but`, and return their number."""
        open_ones = [
            web_session
            for web_session in self.open_ones()
            if web_session.officer_id == officer_id and web_session.session_id != but
        ]
        for open_session in open_ones:
            self._end(open_session, why)
        return len(open_ones)

    def revoke(self, officer_session: OfficerSession, session_id: str, why: str) -> None:
        """End a session: one's own, or another's with permission. Raises NotAllowed, UsageError."""
        with self._workspace.read() as tables:
            row = tables[WebSession].get(session_id)
        if row is None or row.officer_id != officer_session.officer.officer_id:
            officer_session.require(Action.SESSION_END, "session:all")
        if row is None or row.ended_at_us is not None:
            raise UsageError("this session has ended already", hint="reload the list")
        self._end(row, why)

    def open_ones(self) -> list[WebSession]:
        """Return the open sessions of all servers of the workspace, newest first.

        A session of a server that was killed counts as open until it is idle for too long.
        """
        now_us = to_microseconds(self._clock())
        with self._workspace.read() as tables:
            rows = tables[WebSession].select(ended_at_us=None)
        alive = [
            web_session
            for web_session in rows
            if now_us < web_session.until_us and now_us - web_session.seen_at_us < IDLE_US
        ]
        return sorted(alive, key=lambda one: -one.begun_at_us)

    def end_own(self, why: str) -> None:
        """End all sessions of this process, because it closes."""
        with self._lock:
            own, self._seats = list(self._seats), {}
        if not own:
            return
        now_us = to_microseconds(self._clock())
        with run_transaction(self._workspace.engine, writes=True) as connection:
            table = Tables(connection)[WebSession]
            for session_id in own:
                table.change([session_id], {"ended_at_us": None}, ended_at_us=now_us, ended_why=why)

    def list_permitted(self, live_sessions: Iterable[LiveSession], action: Action) -> frozenset[str]:
        """Return the ids of these sessions that are open and whose officers may still do this."""
        here = {web_session.session_id for web_session in self.open_ones()}
        with self._workspace.read() as tables:
            as_of = self._workspace.current.read_version(tables)
        open_sessions = (live_session for live_session in live_sessions if live_session.session_id in here)
        return frozenset(
            live_session.session_id
            for live_session in open_sessions
            if allow(live_session.officer_session.find_actor(as_of), action).allowed
        )

    def _end(self, row: WebSession, why: str) -> None:
        self._forget(row.session_id)
        now = self._clock()
        ended = replace(row, ended_at_us=to_microseconds(now), ended_why=why)
        with run_transaction(self._workspace.engine, writes=True) as connection:
            Tables(connection)[WebSession].put(ended)
        self._workspace.append_to_journal(
            row.officer_id, JournalVerb.LOGIN_ENDED, f"officer:{row.officer_id}", why, now
        )

    def _forget(self, session_id: str) -> None:
        with self._lock:
            self._seats.pop(session_id, None)


def compute_session_id(token: str) -> str:
    """Return the id of a session: the SHA-256 of its token."""
    return hashlib.sha256(token.encode()).hexdigest()
