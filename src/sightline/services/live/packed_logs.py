"""Packed files beside a growing log that cannot be unpacked: still being written, or damaged."""

from __future__ import annotations

import lzma
import time
import zlib
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from sightline.services.live.read_positions import OpenLog

T = TypeVar("T")
WAIT_S = 60.0
"""How long the feed waits for a packed file that stays as it is, before it goes on without the rest of it."""
CHUNK_BYTES = 1 << 20
MOST = 64
"""How many files are remembered."""


class PackedFileState(Enum):
    """The state of a packed file. What unpacks of a `CUT` one is right; of an `ALTERED` one nothing is sure."""

    WHOLE = "whole"
    CUT = "cut"
    ALTERED = "altered"


class PackedLogs:
    """The state of each packed file when it was last read, and since when each damaged one has been so."""

    def __init__(self) -> None:
        self._since_s: dict[tuple[str, int, int], float] = {}
        self._packings: dict[tuple[str, int, int], PackedFileState] = {}

    def find_packing(self, log: OpenLog) -> PackedFileState:
        """Return what a packed file is. It is unpacked to its end once."""
        return _remember(self._packings, log, lambda: _read_packing(log))

    def is_given_up(self, log: OpenLog) -> bool:
        """Return whether a file that is not whole has stayed as it is for long enough."""
        now_s = time.monotonic()
        since_s = _remember(self._since_s, log, lambda: now_s)
        return now_s - since_s >= WAIT_S

    def may_become_whole(self, log: OpenLog) -> bool:
        """Return whether a file is packed and not whole, and may still be being written."""
        return log.is_packed and self.find_packing(log) is not PackedFileState.WHOLE and not self.is_given_up(log)


def _remember(known: dict[tuple[str, int, int], T], log: OpenLog, find: Callable[[], T]) -> T:
    """Return what is known of a file as it is now, found at first."""
    key = log.file_id, log.changed_ns, log.size_bytes
    if key not in known:
        while len(known) >= MOST:
            del known[next(iter(known))]
        known[key] = find()
    return known[key]


def _read_packing(log: OpenLog) -> PackedFileState:
    """Unpack a file to its end. An empty one was not written yet."""
    try:
        log.stream.seek(0)
        while log.stream.read(CHUNK_BYTES):
            pass
    except EOFError:
        return PackedFileState.CUT
    except (lzma.LZMAError, zlib.error, OSError):
        return PackedFileState.ALTERED
    return PackedFileState.WHOLE if log.size_bytes else PackedFileState.CUT
