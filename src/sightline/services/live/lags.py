"""The unread input of feeds: as this machine sees it, and as running watches on any machine saw it last."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sightline.errors import OutputUnwritable, SightlineError, StoreUnreachable
from sightline.services.live.chain import get_end_place
from sightline.services.live.growing_file import GrowingFile
from sightline.services.live.spool_folder import SpoolFolder
from sightline.services.live.standard_input import PATH as STANDARD_INPUT
from sightline.storage.database import run_transaction
from sightline.storage.rows import FeedLag, FeedPart
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

FRESH_US = 60_000_000
"""A row that is older than a minute is of a watch that does not run."""
_FOLDERS: dict[Path, SpoolFolder] = {}


def write_lags(workspace: Workspace, lags: Sequence[FeedLag]) -> None:
    """Write what waits. If the database does not take it, the lag is unknown, and the watch goes on."""
    with suppress(StoreUnreachable, OutputUnwritable), run_transaction(workspace.engine, writes=True) as connection:
        table = Tables(connection)[FeedLag]
        known = set(table.list_values("feed_id"))
        for feed_lag in lags:
            if feed_lag.feed_id in known:
                table.put(feed_lag)
            else:
                table.add(feed_lag)


def read_lags(tables: Tables, now_us: int) -> dict[str, FeedLag]:
    """Return what waits, by feed. Only what was written within the last minute counts."""
    feed_lags = tables[FeedLag].select()
    return {
        feed_lag.feed_id: feed_lag for feed_lag in feed_lags if now_us - FRESH_US <= feed_lag.at_us <= now_us + FRESH_US
    }


def count_waiting_bytes(last: FeedPart) -> int | None:
    """Return how many bytes wait behind the newest part of a feed, or None if this machine cannot see its input."""
    path = Path(last.input)
    try:
        if path == STANDARD_INPUT or not path.exists():
            return None
        places = [get_end_place(last)]
        if path.is_dir():
            # The same object: it does not count a million files again for each look.
            return _FOLDERS.setdefault(path, SpoolFolder(path, 1)).count_waiting_bytes()
        return GrowingFile(path, 1, places).count_waiting_bytes()
    except (OSError, SightlineError):
        return None
