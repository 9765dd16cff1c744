"""Limits on disks: a watch reads nothing rather than fill a disk, and says when more waits for it than it may.

Each refusal and each end of one is a row of the journal, so that the status of the feed shows and counts it.
"""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import OutputUnwritable, StoreUnreachable, UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.live.piece import LiveFeed
from sightline.services.live.spool_folder import SpoolFolder
from sightline.storage.rows import StoredJournalRow
from sightline.storage.table import Tables

MIB = 1 << 20
SLACK = 16
"""A refusal ends only when a sixteenth more than the limit is free, or fewer wait: it does not begin again at once."""
LOOK_S = 1.0
"""Seconds between two looks at how much waits: each takes one system call a file of a spool folder."""
FULL = ".sightline-full"
"""The file of a spool folder that is there while more waits than may."""


NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class DiskLimits:
    """`least_free_bytes`: with less room on a disk that it writes to, a watch reads nothing.

    `most_waiting_bytes`: above it, an input is refused more. The watch goes on to read it.
    """

    least_free_bytes: int = 1 << 30
    most_waiting_bytes: int = 16 << 30


LIMITS = DiskLimits()


@dataclass(slots=True)
class Refusals:
    """The number of times that a feed was refused disk space, and the reason why it is refused now, or None."""

    count: int = 0
    reason: str | None = None


@dataclass(slots=True)
class RefusalReader:
    """Reads the refusals of all feeds repeatedly. It reads only rows of the journal that are new."""

    feeds: dict[str, Refusals] = field(default_factory=dict)
    _seq: int = -1

    def read(self, tables: Tables) -> dict[str, Refusals]:
        """Return the refusals by the id of the feed."""
        table = tables[StoredJournalRow]
        verbs = (JournalVerb.REFUSED_SPACE.value, JournalVerb.FEED_RESUMED.value)
        for row in table.read_each(table.get_column("seq") > self._seq, table.get_column("verb").in_(verbs)):
            one = self.feeds.setdefault(row.thing.removeprefix("feed:"), Refusals())
            is_refused = row.verb == JournalVerb.REFUSED_SPACE
            one.count += is_refused
            one.reason = (row.text or "its text was purged") if is_refused else None
            self._seq = max(self._seq, row.seq)
        return self.feeds


class DiskGuard:
    """Compares the disks and the inputs of one watch with its limits."""

    def __init__(
        self,
        officer_session: OfficerSession,
        limits: DiskLimits,
        feeds: Sequence[tuple[str, LiveFeed]],
        retain: Path | None,
    ) -> None:
        self._officer_session, self._limits, self._feeds = officer_session, limits, feeds
        workspace = officer_session.workspace
        where = workspace.segments.where
        self._folders = [workspace.folder, *([] if "://" in where else [Path(where)]), *([retain] if retain else [])]
        with workspace.read() as tables:
            known = RefusalReader().read(tables)
        self._kinds = {feed_id: "before" if known.get(feed_id, Refusals()).reason else "" for feed_id, _ in feeds}
        self._waiting: dict[str, int] = {}
        self._next_look_s = 0.0

    def check(self, tell: Callable[[str], None]) -> str | None:
        """Return why nothing may be read now, or None. `tell` receives each refusal when it begins, and its end."""
        short = self._find_shortage()
        self._look()
        for feed_id, feed in self._feeds:
            over = self._find_excess(feed_id)
            kind, reason = ("disk", short) if short else ("waiting", over) if over else ("", None)
            if kind == self._kinds[feed_id]:
                continue
            self._kinds[feed_id] = kind
            verb = JournalVerb.REFUSED_SPACE if reason else JournalVerb.FEED_RESUMED
            text = reason or "there is room again"
            tell(f"{feed.name}: {text}")
            session = self._officer_session
            # The journal may be on the disk that is full. What was told already stays told.
            with suppress(StoreUnreachable, OutputUnwritable):
                session.workspace.append_to_journal(
                    session.officer.officer_id, verb, f"feed:{feed_id}", text, session.clock()
                )
        return short

    def _find_shortage(self) -> str | None:
        least = self._limits.least_free_bytes
        wanted = least + least // SLACK if "disk" in self._kinds.values() else least
        for folder in self._folders:
            with suppress(FileNotFoundError):
                free = measure_free_bytes(folder)
                if free < wanted:
                    return (
                        f"the disk of {folder} has {free // MIB:,} MiB free, and the limit is {least // MIB:,} MiB:"
                        " nothing is read until there is room"
                    )
        return None

    def _look(self) -> None:
        """Measure the bytes that wait. If there are too many, mark the spool folders as full for their collectors."""
        if time.monotonic() < self._next_look_s:
            return
        self._next_look_s = time.monotonic() + LOOK_S
        for feed_id, feed in self._feeds:
            self._waiting[feed_id] = feed.count_waiting_bytes() or 0
            if isinstance(feed, SpoolFolder):
                _mark_full(feed.path, is_full=self._find_excess(feed_id) is not None)

    def _find_excess(self, feed_id: str) -> str | None:
        most, waiting_bytes = self._limits.most_waiting_bytes, self._waiting[feed_id]
        if waiting_bytes <= (most - most // SLACK if self._kinds[feed_id] == "waiting" else most):
            return None
        return f"{waiting_bytes // MIB:,} MiB wait, and the limit is {most // MIB:,} MiB: send no more until it is read"


def measure_free_bytes(folder: Path) -> int:
    """Return how many bytes this account can still write to the disk of a folder."""
    return shutil.disk_usage(folder).free


def _mark_full(folder: Path, *, is_full: bool) -> None:
    path = folder / FULL
    try:
        if is_full:
            path.touch()
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        if error.errno in NO_ROOM:
            # Its collectors meet the full disk too. Only reading on makes room.
            return
        raise UsageError(
            f"{path}: {error.strerror}", hint="let this account make and delete files in the spool folder"
        ) from None
