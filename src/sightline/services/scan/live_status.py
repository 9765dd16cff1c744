"""Current scans, the newest exhibits, and for every source when it last delivered and whether it is late.

A source's own habit decides: it is late after twice, and silent after three times, the usual time between the last
lines of two deliveries. What was seized once is not expected again. Fewer than three deliveries make no habit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from statistics import median

from sightline.model import ListUse, SourceKind
from sightline.storage.rows import Run, ScanProgress, Source
from sightline.storage.table import Tables
from sightline.workspace.leases import LEASE

ONCE = frozenset({SourceKind.SEIZED_SERVER, SourceKind.SEIZED_DEVICE, SourceKind.TIP})
LATE, SILENT = 2, 3
LEAST_GAP_US = 3600 * 1_000_000
HABIT_OF = 3
BETWEEN_GROUPS_US = 10 * 1_000_000
SHOWN_US = 24 * 3600 * 1_000_000
LATEST = 20
DAY_S = 86_400


class SourceHealth(StrEnum):
    """The health of a source: whether it delivers as usual."""

    ALIVE = "alive"
    LATE = "late"
    SILENT = "silent"
    ONCE = "once"
    UNKNOWN = "unknown"
    NEVER = "never"


FIRST = (SourceHealth.SILENT, SourceHealth.LATE, SourceHealth.ALIVE, SourceHealth.UNKNOWN)


class ScanState(StrEnum):
    """The state of a scan."""

    READING = "reading"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class NewExhibit:
    """An exhibit that was read, from its run's manifest. `lines_per_day` is by its own time, not of the reading."""

    run_id: str
    exhibit_id: str
    source_id: str
    format: str
    frames: int
    hits: int
    first_us: int | None
    last_us: int | None
    at_us: int
    read_s: float
    is_counted_only: bool

    @property
    def lines_per_day(self) -> float | None:
        """Return how busy its source was, or None if its lines span no time."""
        if self.first_us is None or self.last_us is None or self.last_us <= self.first_us:
            return None
        return self.frames / ((self.last_us - self.first_us) / 1_000_000) * DAY_S


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source: its last line, the time since, its habit and its health."""

    source: Source
    exhibits: int
    last_us: int | None
    lines_per_day: float | None
    lag_us: int | None
    usual_us: int | None
    hearing: SourceHealth


@dataclass(frozen=True, slots=True)
class ScanStatus:
    """A scan: its progress, speed and state."""

    progress: ScanProgress
    state: ScanState

    @property
    def bytes_per_s(self) -> float:
        """Return the bytes read per second since the start."""
        return self.progress.bytes_done / self._took_s

    @property
    def frames_per_s(self) -> float:
        """Return the frames read per second since the start."""
        return self.progress.frames / self._took_s

    @property
    def _took_s(self) -> float:
        return max(1_000_000, self.progress.at_us - self.progress.begun_at_us) / 1_000_000

    @property
    def left_s(self) -> float | None:
        """Return the estimated seconds left at this rate, or None if unknown."""
        bytes_total, rate = self.progress.bytes_total, self.bytes_per_s
        if bytes_total is None or rate <= 0 or self.state is not ScanState.READING:
            return None
        return max(0, bytes_total - self.progress.bytes_done) / rate


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """The status of scans, exhibits and sources at one instant."""

    at_us: int
    scans: Sequence[ScanStatus]
    sources: Sequence[SourceState]
    came: Sequence[NewExhibit]
    names: Mapping[str, str]


@dataclass(slots=True)
class Watcher:
    """Reads the status repeatedly. It reads only runs that are new."""

    _since_us: int = -1
    _known: dict[str, NewExhibit] = field(default_factory=dict)

    def look(self, tables: Tables, now_us: int) -> LiveStatus:
        """Return the current status."""
        self._read_new(tables)
        sources = tables[Source].select()
        by_source: dict[str, list[NewExhibit]] = {source.source_id: [] for source in sources}
        for new_exhibit in self._known.values():
            by_source[new_exhibit.source_id].append(new_exhibit)
        latest = sorted(self._known.values(), key=lambda one: (-one.at_us, one.run_id))[:LATEST]
        names = {source.source_id: source.name for source in sources}
        heard = [_find_state(source, by_source[source.source_id], now_us) for source in sources]
        return LiveStatus(now_us, list_scans(tables, now_us), sorted(heard, key=_rank_by_urgency), latest, names)

    def _read_new(self, tables: Tables) -> None:
        """Read new runs, and those of the last one's instant again: another may have come with it."""
        registered = tables[Run].get_column("registered_at_us")
        for run in tables[Run].read_each(registered >= self._since_us):
            self._known[run.run_id] = _build_new_exhibit(run)
            self._since_us = max(self._since_us, run.registered_at_us)


def _rank_by_urgency(source_state: SourceState) -> tuple[int, str]:
    """Return a sort key: silent sources first, then late ones."""
    return FIRST.index(source_state.hearing) if source_state.hearing in FIRST else len(FIRST), source_state.source.name


def list_scans(tables: Tables, now_us: int) -> list[ScanStatus]:
    """Return the scans of the last day, running ones first, each by its newest row."""
    newest: dict[tuple[str, int], ScanProgress] = {}
    for row in tables[ScanProgress].read_each(tables[ScanProgress].get_column("at_us") > now_us - SHOWN_US):
        key = row.source_id, row.begun_at_us
        if key not in newest or newest[key].at_us <= row.at_us:
            newest[key] = row
    running_scans = [ScanStatus(row, _derive_state(row, now_us)) for row in newest.values()]
    return sorted(
        running_scans,
        key=lambda running_scan: (running_scan.state is not ScanState.READING, -running_scan.progress.at_us),
    )[:LATEST]


def _derive_state(row: ScanProgress, now_us: int) -> ScanState:
    """Return a scan's state. It is over when its last group is, and dead without news past its lease."""
    if row.ended_at_us is None:
        is_told = now_us - row.at_us < LEASE.total_seconds() * 1_000_000
        return ScanState.READING if is_told else ScanState.STOPPED
    if row.files_done >= row.files:
        return ScanState.DONE
    return ScanState.READING if now_us - row.at_us < BETWEEN_GROUPS_US else ScanState.STOPPED


def _build_new_exhibit(run: Run) -> NewExhibit:
    account, manifest = json.loads(run.account_json), json.loads(run.manifest_json)
    sketch = account.get("sketch", {})
    took = datetime.fromisoformat(manifest["ended"]) - datetime.fromisoformat(manifest["begun"])
    return NewExhibit(
        run.run_id,
        run.exhibit_id,
        run.source_id,
        run.format,
        account["frames"],
        run.hits,
        sketch.get("earliest_us"),
        sketch.get("latest_us"),
        run.registered_at_us,
        took.total_seconds(),
        run.use is ListUse.STATISTICS,
    )


def _find_state(source: Source, came: Sequence[NewExhibit], now_us: int) -> SourceState:
    newest = max(came, key=lambda new_exhibit: (new_exhibit.last_us or 0, new_exhibit.at_us), default=None)
    lasts = sorted({exhibit.last_us for exhibit in came if exhibit.last_us is not None})
    last_us = lasts[-1] if lasts else None
    lag_us = None if last_us is None else max(0, now_us - last_us)
    usual = _compute_usual_gap(lasts) if source.kind not in ONCE else None
    return SourceState(
        source,
        len({exhibit.exhibit_id for exhibit in came}),
        last_us,
        newest.lines_per_day if newest else None,
        lag_us,
        usual,
        assess_source(source.kind, lag_us, usual),
    )


def _compute_usual_gap(lasts: Sequence[int]) -> int | None:
    """Return the usual time between the last lines of two deliveries, or None for fewer than three deliveries."""
    if len(lasts) < HABIT_OF:
        return None
    gaps = [after - before for before, after in pairwise(lasts)]
    return max(LEAST_GAP_US, round(median(gaps)))


def assess_source(kind: SourceKind, lag_us: int | None, usual_us: int | None) -> SourceHealth:
    """Return a source's health, by its habit."""
    if lag_us is None:
        return SourceHealth.NEVER
    if kind in ONCE:
        return SourceHealth.ONCE
    if usual_us is None:
        return SourceHealth.UNKNOWN
    if lag_us > SILENT * usual_us:
        return SourceHealth.SILENT
    return SourceHealth.LATE if lag_us > LATE * usual_us else SourceHealth.ALIVE
