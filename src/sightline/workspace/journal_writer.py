"""Write journal rows in groups: one writer commits all waiting rows in one transaction.

Every caller waits until its own row is committed. A hundred views at once wait for the store's lock a few times, not
each.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sightline.ledger import journal_seals
from sightline.ledger.instants import to_microseconds
from sightline.storage.database import run_transaction
from sightline.storage.table import Tables

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(slots=True)
class _PendingEntry:
    row: journal_seals.JournalEvent
    seq: int | None = None
    failed: Exception | None = None


class Journal:
    """The journal of one workspace. Safe for use by many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: list[_PendingEntry] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def append(self, now: datetime, actor: str, verb: str, thing: str, text: str) -> int:
        """Write a row and return its number once it is committed. Raises the store's errors."""
        pending = _PendingEntry(journal_seals.JournalEvent(to_microseconds(now), actor, verb, thing, text))
        with self._lock:
            self._waiting.append(pending)
        with self._writing:
            if pending.seq is None and pending.failed is None:
                with self._lock:
                    waiting_items, self._waiting = self._waiting, []
                self._write(waiting_items)
        if pending.failed is not None:
            raise pending.failed
        assert pending.seq is not None, "written or failed"
        return pending.seq

    def append_all_if(self, rows: Sequence[journal_seals.JournalEvent], require: Callable[[Tables], None]) -> None:
        """Write all rows in a transaction of their own, or none if `require` raises in it.

        No other writer comes between the reads of `require` and the rows.
        """
        with self._writing, run_transaction(self._engine, writes=True) as connection:
            tables = Tables(connection)
            require(tables)
            journal_seals.append_rows(tables, rows)

    def _write(self, waiting_items: list[_PendingEntry]) -> None:
        try:
            with run_transaction(self._engine, writes=True) as connection:
                stored_journal_rows = journal_seals.append_rows(
                    Tables(connection), [item.row for item in waiting_items]
                )
        except Exception as error:  # noqa: BLE001  - passed to the waiting caller
            if len(waiting_items) > 1:
                # A row that cannot be written must not affect the others.
                for waiting_item in waiting_items:
                    self._write([waiting_item])
                return
            for waiting_item in waiting_items:
                waiting_item.failed = error
        else:
            for waiting_item, seen in zip(waiting_items, stored_journal_rows, strict=True):
                waiting_item.seq = seen.seq
