"""Progress of a scan, written about once a second for those who watch. It proves nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from sightline.errors import StoreUnreachable
from sightline.ledger.instants import to_microseconds
from sightline.storage.database import run_transaction
from sightline.storage.rows import ScanProgress
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

EACH_S = 1.0


@dataclass(slots=True)
class ProgressRow:
    """The progress row of one group of a scan. If the database does not answer, the scan goes on."""

    workspace: Workspace
    clock: Callable[[], datetime]
    row: ScanProgress
    written_at_s: float = 0.0

    def begin(self) -> None:
        """Write that the group began."""
        self._write(lambda table, row: table[ScanProgress].add(row))

    def write_progress(self, bytes_done: int, frames: int, hits: int) -> None:
        """Write the progress, at most once a second."""
        if time.monotonic() - self.written_at_s >= EACH_S:
            self._put(replace(self.row, bytes_done=bytes_done, frames=frames, hits=hits))

    def end(self, *, files_done: int, bytes_done: int, frames: int, hits: int) -> None:
        """Write that the group was read, and what was counted."""
        self._put(replace(self.row, files_done=files_done, bytes_done=bytes_done, frames=frames, hits=hits))

    def finish(self) -> None:
        """Write that nothing more comes, however the scan ended."""
        self._put(replace(self.row, ended_at_us=to_microseconds(self.clock())))

    def _put(self, row: ScanProgress) -> None:
        self.row = replace(row, at_us=to_microseconds(self.clock()))
        self._write(lambda tables, row: tables[ScanProgress].put(row))

    def _write(self, how: Callable[[Tables, ScanProgress], None]) -> None:
        self.written_at_s = time.monotonic()
        with suppress(StoreUnreachable), run_transaction(self.workspace.engine, writes=True) as connection:
            how(Tables(connection), self.row)
