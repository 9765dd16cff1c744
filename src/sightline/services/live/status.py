"""Show how far the feeds of a workspace are: lag, rate, rejects, silence, and gaps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.casework.access import Action
from sightline.casework.officer_session import OfficerSession
from sightline.ledger.instants import microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.live.chain import list_breaks, list_parts, place_of
from sightline.services.live.growing_file import GrowingFile
from sightline.services.live.piece import Feed
from sightline.services.live.spool_folder import SpoolFolder
from sightline.services.live.standard_input import PATH as STANDARD_INPUT
from sightline.storage.rows import FeedPart, Run, Source
from sightline.storage.table import Tables

RATE_US = 60_000_000
"""The rate of a feed is that of its last minute."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """A feed. `lag_bytes`: what waits in its input, as far as this machine can see it; None otherwise.

    `silence_s`: seconds since its last part was registered. `breaks`: what is wrong with the chain of its parts.
    """

    feed: str
    source: str
    input: str
    parts: int
    bytes: int
    lines: int
    rejects: int
    hits: int
    lines_per_s: float
    lag_bytes: int | None
    silence_s: float
    last_us: int | None
    gaps: tuple[str, ...]
    breaks: tuple[str, ...]

    def row(self) -> tuple[str, ...]:
        """Return it as a row of a table."""
        lag = "?" if self.lag_bytes is None else f"{self.lag_bytes:,} B"
        counts = (f"{count:,}" for count in (self.parts, self.lines, self.rejects, self.hits))
        return (
            self.feed,
            self.source,
            self.input,
            *counts,
            f"{self.lines_per_s:,.1f}",
            lag,
            f"{self.silence_s:,.0f} s",
        )


def list_feeds(officer_session: OfficerSession) -> list[FeedStatus]:
    """Return the feeds of a workspace, by source and input. The view is written to the journal."""
    now_us = microseconds(officer_session.clock())
    with officer_session.read(Action.EXHIBIT_VIEW, "feed:all", JournalVerb.VIEW_EXHIBIT) as tables:
        ids = sorted(set(tables[FeedPart].values("feed_id")))
        found = [_status(tables, list_parts(tables, one), now_us) for one in ids]
    return sorted(found, key=lambda one: (one.source, one.input))


def _status(tables: Tables, parts: Sequence[FeedPart], now_us: int) -> FeedStatus:
    runs = {run.run_id: run for run in tables[Run].within("run_id", sorted({part.run_id for part in parts}))}
    source = tables[Source].get(parts[0].source_id)
    last = parts[-1]
    recent = sum(part.lines for part in parts if part.registered_at_us > now_us - RATE_US)
    span_us = min(RATE_US, max(1_000_000, now_us - parts[0].registered_at_us))
    return FeedStatus(
        last.feed_id,
        source.name if source else last.source_id,
        last.input,
        len(parts),
        sum(part.until_offset - part.first_offset for part in parts),
        sum(part.lines for part in parts),
        sum(sum(json.loads(runs[part.run_id].account_json)["rejects"].values()) for part in parts),
        sum(runs[part.run_id].hits for part in parts),
        recent * 1_000_000 / span_us,
        _lag(parts),
        (now_us - last.registered_at_us) / 1_000_000,
        max((part.last_us for part in parts if part.last_us is not None), default=None),
        tuple(f"part {part.number}: {part.gap}" for part in parts if part.gap is not None),
        tuple(list_breaks(parts)),
    )


def _lag(parts: Sequence[FeedPart]) -> int | None:
    """Return the bytes that wait, if the input can be seen from here."""
    path, places = Path(parts[-1].input), [place_of(part) for part in parts]
    if path == STANDARD_INPUT or not path.exists():
        return None
    feed: Feed = SpoolFolder(path, 1, places) if path.is_dir() else GrowingFile(path, 1, places)
    try:
        return feed.waiting_bytes()
    except OSError:
        return None
