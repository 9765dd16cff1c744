"""What waits in the inputs of feeds, as running watches saw it last, for those who look from any machine."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from sightline.errors import OutputUnwritable, StoreUnreachable
from sightline.storage.database import transaction
from sightline.storage.rows import FeedLag
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

FRESH_US = 60_000_000
"""A row that is older than a minute is of a watch that does not run."""


def write_lags(workspace: Workspace, lags: Sequence[FeedLag]) -> None:
    """Write what waits. If the database does not take it, the lag is unknown, and the watch goes on."""
    with suppress(StoreUnreachable, OutputUnwritable), transaction(workspace.engine, writes=True) as connection:
        table = Tables(connection)[FeedLag]
        known = set(table.values("feed_id"))
        for one in lags:
            if one.feed_id in known:
                table.put(one)
            else:
                table.add(one)


def read_lags(tables: Tables, now_us: int) -> dict[str, FeedLag]:
    """Return what waits, by feed. Only what was written within the last minute counts."""
    found = tables[FeedLag].where()
    return {one.feed_id: one for one in found if now_us - FRESH_US <= one.at_us <= now_us + FRESH_US}
