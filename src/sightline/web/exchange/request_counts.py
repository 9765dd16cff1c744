"""Count requests without a valid token, so that any number of them needs only a few journal rows."""

from __future__ import annotations

import threading
from datetime import datetime

from sightline.storage.ulid import make_id
from sightline.web.exchange.token_store import Store
from sightline.web.rate_limits import derive_place
from sightline.workspace.anonymous_counts import AnonymousCounts, EventCount

MANY = "several"
ACT = "without a token"


class RequestCounts:
    """The counts of one exchange, by status. Safe for many threads."""

    def __init__(self, store: Store) -> None:
        self._store, self._tally = store, AnonymousCounts()
        self._ids: dict[str, str] = {}
        self._lock = threading.Lock()

    def record_request(self, now: datetime, client: str, act: str, status: int, error: str) -> str:
        """Count a refused request. Returns the id of its journal row, written now or within a quarter of an hour."""
        kind = str(status)
        with self._lock:
            seen_id = self._ids.setdefault(kind, make_id(now))
            due = self._tally.add(kind, now, {"why": error.partition(":")[0], "from": derive_place(client)})
            if due is not None:
                first = (client, act, error) if due.total == 1 else None
                self._write(now, kind, due, first)
        return seen_id

    def tell(self, now: datetime, *, at_end: bool = False) -> None:
        """Write the counts that waited a quarter of an hour, or with `at_end` all that wait."""
        with self._lock:
            for kind, due in self._tally.take_due(now, at_end=at_end):
                self._write(now, kind, due, None)

    def _write(self, now: datetime, kind: str, count: EventCount, first: tuple[str, str, str] | None) -> None:
        places = list(count.by["from"])
        client, act, error = first or (places[0] if len(places) == 1 else MANY, ACT, str(count))
        self._store.record_request(now, None, client, act, int(kind), error[:2000], seen_id=self._ids.pop(kind))
