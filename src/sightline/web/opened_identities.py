"""The identities open on officers' screens: visible for ten minutes, in the session that opened them.

A form opens it, and a page of its own shows it. Reloading that page, or reading it in another language, neither opens
anything again nor adds a second journal entry.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sightline.ledger.instants import to_microseconds
from sightline.web.context import RequestContext

LASTS_US = 10 * 60 * 1_000_000
"""How long a page shows what was opened, in microseconds: ten minutes."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Something that is open: its reason, its expiry, and how many rows are shown (None for all)."""

    why: str
    until_us: int
    rows: int | None = None


class Grants:
    """Everything that is open, by session and thing. A restart closes all, as it ends every session."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Grant] = {}
        self._lock = threading.Lock()

    def give(self, context: RequestContext, thing: str, why: str, rows: int | None = None) -> None:
        """Open a thing for the session of a request, after the journal has its entry."""
        now_us = to_microseconds(context.officer_session.clock())
        with self._lock:
            self._open = {key: grant for key, grant in self._open.items() if grant.until_us > now_us}
            self._open[context.live_session.session_id, thing] = Grant(why, now_us + LASTS_US, rows)

    def find(self, context: RequestContext, thing: str) -> Grant | None:
        """Return the grant of a thing, or None if this session did not open it or it expired."""
        grant = self._open.get((context.live_session.session_id, thing))
        return (
            grant if grant is not None and grant.until_us > to_microseconds(context.officer_session.clock()) else None
        )


def get_grants(context: RequestContext) -> Grants:
    """Return the grants of this server."""
    grants: Grants = context.request.app.state.grants
    return grants
