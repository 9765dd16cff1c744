"""Sessions of the operations room: rows that can be revoked; the opened keys are in the memory of the server alone."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sightline.casework.access import Action, allow
from sightline.casework.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.instants import microseconds
from sightline.ledger.verbs import Seen
from sightline.storage.database import transaction
from sightline.storage.rows import WebSession
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

LONGEST_US = 12 * 3600 * 1_000_000
IDLE_US = 30 * 60 * 1_000_000
NOTED_US = 60 * 1_000_000
"""How much older a noted sign of life may be than the true one: a read is no write each time."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """An officer signed in: the desk, the id of the session, and the token that its forms carry.

    `as_of`: the version of the record when the session was last found to stand (`workspace/cache.py`).
    """

    officer_session: OfficerSession
    session_id: str
    form_token: str = field(repr=False)
    as_of: int | None = None


class LiveSessions:
    """Who is signed in at this server. A restart ends every session: the keys were only here."""

    def __init__(self, workspace: Workspace, clock: Callable[[], datetime]) -> None:
        self._workspace, self._clock = workspace, clock
        self._seats: dict[str, LiveSession] = {}
        self._lock = threading.Lock()

    def begin(self, officer_session: OfficerSession, agent: str) -> str:
        """A new session of an officer: the token for its cookie, which is nowhere kept."""
        token, now_us = secrets.token_urlsafe(32), microseconds(self._clock())
        session_id = session_of(token)
        officer_id = officer_session.officer.officer_id
        row = WebSession(session_id, officer_id, now_us, now_us + LONGEST_US, now_us, agent[:120])
        with transaction(self._workspace.engine, writes=True) as connection:
            Tables(connection)[WebSession].add(row)
        self._workspace.see(officer_id, Seen.LOGIN_DONE, f"officer:{officer_id}", "operations room", self._clock())
        with self._lock:
            self._seats[session_id] = LiveSession(officer_session, session_id, secrets.token_urlsafe(24))
        return token

    def is_known(self, token: str | None) -> bool:
        """Whether a cookie's token is of a session that was open when it was last looked for; nothing is read."""
        return bool(token) and session_of(token or "") in self._seats

    def find(self, token: str | None) -> LiveSession | None:
        """The seat of a cookie's token; None where its session is over, or never was."""
        live_session = self._seats.get(session_of(token)) if token else None
        if live_session is None:
            return None
        now_us = microseconds(self._clock())
        with self._workspace.reading() as tables:
            row = tables[WebSession].get(live_session.session_id)
            as_of = self._workspace.current.version(tables)
        if row is None or row.ended_at_us is not None:
            self._forget(live_session.session_id)
            return None
        if now_us >= row.until_us or now_us - row.seen_at_us >= IDLE_US:
            self._end(row, "its time was over")
            return None
        if now_us - row.seen_at_us >= NOTED_US:
            with transaction(self._workspace.engine, writes=True) as connection:
                Tables(connection)[WebSession].change([row.session_id], {"ended_at_us": None}, seen_at_us=now_us)
        return replace(live_session, as_of=as_of)

    def leave(self, live_session: LiveSession) -> None:
        """End an own session."""
        with self._workspace.reading() as tables:
            row = tables[WebSession].get(live_session.session_id)
        if row is not None and row.ended_at_us is None:
            self._end(row, "signed out")

    def end_of(self, officer_id: str, why: str, *, but: str | None = None) -> int:
        """End all sessions of an officer, but for one; how many."""
        open_ones = [one for one in self.open_ones() if one.officer_id == officer_id and one.session_id != but]
        for one in open_ones:
            self._end(one, why)
        return len(open_ones)

    def revoke(self, officer_session: OfficerSession, session_id: str, why: str) -> None:
        """End a session: an own one, or another's by whoever may. Raises NotAllowed, UsageError."""
        with self._workspace.reading() as tables:
            row = tables[WebSession].get(session_id)
        if row is None or row.officer_id != officer_session.officer.officer_id:
            officer_session.require(Action.SESSION_END, "session:all")
        if row is None or row.ended_at_us is not None:
            raise UsageError("there is no such session any more", hint="look at the list again")
        self._end(row, why)

    def open_ones(self) -> list[WebSession]:
        """The sessions that are not over, the newest first."""
        now_us = microseconds(self._clock())
        with self._workspace.reading() as tables:
            rows = tables[WebSession].where(ended_at_us=None)
        alive = [one for one in rows if now_us < one.until_us and now_us - one.seen_at_us < IDLE_US]
        return sorted((one for one in alive if one.session_id in self._seats), key=lambda one: -one.begun_at_us)

    def standing(self, live_sessions: Iterable[LiveSession], action: Action) -> frozenset[str]:
        """Those of these sessions that are not over, and whose officers may still: by id."""
        here = {one.session_id for one in self.open_ones()}
        with self._workspace.reading() as tables:
            as_of = self._workspace.current.version(tables)
        some = (one for one in live_sessions if one.session_id in here)
        return frozenset(one.session_id for one in some if allow(one.officer_session.actor(as_of), action).allowed)

    def _end(self, row: WebSession, why: str) -> None:
        self._forget(row.session_id)
        now = self._clock()
        ended = replace(row, ended_at_us=microseconds(now), ended_why=why)
        with transaction(self._workspace.engine, writes=True) as connection:
            Tables(connection)[WebSession].put(ended)
        self._workspace.see(row.officer_id, Seen.LOGIN_ENDED, f"officer:{row.officer_id}", why, now)

    def _forget(self, session_id: str) -> None:
        with self._lock:
            self._seats.pop(session_id, None)


def session_of(token: str) -> str:
    """The id of a session: the SHA-256 of its token."""
    return hashlib.sha256(token.encode()).hexdigest()
