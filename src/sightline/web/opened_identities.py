"""What officers of this server have open on their screens: for some minutes, in the session in which it was opened.

An opening is a form; what it opened is a page of its own. To reload that page, or to read it in another language, opens
nothing again, and leaves no second row in the journal.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sightline.ledger.instants import microseconds
from sightline.web.context import RequestContext

LASTS_US = 10 * 60 * 1_000_000
"""How long a page shows what was opened: ten minutes."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Something that is open: for which reason, until when, and the first how many of its rows; None for all."""

    why: str
    until_us: int
    rows: int | None = None


class Grants:
    """What is open, by session and thing. A restart closes all, as it ends every session."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Grant] = {}
        self._lock = threading.Lock()

    def give(self, visit: RequestContext, thing: str, why: str, rows: int | None = None) -> None:
        """Keep a thing open for the session of a visit, once the journal has it."""
        now_us = microseconds(visit.officer_session.clock())
        with self._lock:
            self._open = {key: one for key, one in self._open.items() if one.until_us > now_us}
            self._open[visit.live_session.session_id, thing] = Grant(why, now_us + LASTS_US, rows)

    def find(self, visit: RequestContext, thing: str) -> Grant | None:
        """The grant of a thing; None where it was not opened in this session, or its minutes are over."""
        found = self._open.get((visit.live_session.session_id, thing))
        return found if found is not None and found.until_us > microseconds(visit.officer_session.clock()) else None


def grants_of(visit: RequestContext) -> Grants:
    """The grants of this server."""
    found: Grants = visit.request.app.state.grants
    return found
