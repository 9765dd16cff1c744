"""How many messages of a broker wait, as the watch on this machine saw it last. It is no part of the proof.

The watch writes a small file for each feed into the workspace's folder. Who looks from another machine does not see it.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

FOLDER = "feeds"
FRESH_US = 60_000_000
"""A file that is older than a minute is of a watch that does not run."""


def write_lag(folder: Path, feed_id: str, messages: int, at_us: int) -> None:
    """Write how many messages wait. A disk that takes no file changes nothing: the lag is then unknown."""
    path = folder / FOLDER / f"{feed_id}.json"
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps({"at_us": at_us, "messages": messages}), encoding="utf-8")
        new.replace(path)


def read_lag(folder: Path, feed_id: str, now_us: int) -> int | None:
    """Return how many messages wait, or None. Only a number of the last minute counts, of a watch on this machine."""
    try:
        found = json.loads((folder / FOLDER / f"{feed_id}.json").read_bytes())
        is_fresh = now_us - FRESH_US <= found["at_us"] <= now_us + FRESH_US
        return int(found["messages"]) if is_fresh else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
