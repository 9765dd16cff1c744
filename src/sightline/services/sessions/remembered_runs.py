"""Current runs with hits that a process remembers: after new runs, only their exhibits are looked at again.

Every change has its entry in the ledger, in the same transaction. So the verbs of the entries since the last look say
whether anything else than new runs can have changed which runs are current. If so, all are looked at.
"""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from weakref import WeakKeyDictionary

from sightline.ledger.verbs import Verb
from sightline.services.sessions.current_runs import (
    CurrentRun,
    list_current_runs_of,
    list_current_runs_with_hits,
    list_run_ids_of_hit_exhibits,
)
from sightline.storage.rows import LedgerRow, Run
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

INERT = frozenset(
    {
        Verb.EXHIBIT_REGISTERED,
        Verb.EXHIBIT_HELD,
        Verb.EXHIBIT_RECEIVED,
        Verb.EXHIBIT_OPENED,
        Verb.FEED_START_REGISTERED,
        Verb.FEED_DELIVERY_REGISTERED,
        Verb.FEED_PART_REGISTERED,
        Verb.SCAN_SWEPT,
        Verb.LEADS_REBUILT,
        Verb.LEAD_MARKED,
        Verb.LEAD_UNMARKED,
        Verb.LEAD_VISITED,
        Verb.LEAD_REPORTED,
        Verb.LEAD_NOTED,
        Verb.NOTE_CHANGED,
        Verb.LEADS_ASSIGNED,
        Verb.LEADS_CLOSED,
        Verb.LEADS_REOPENED,
        Verb.VIEW_SAVED,
        Verb.VIEW_DROPPED,
        Verb.OPERATION_BEGUN,
        Verb.OPERATION_ADDED,
        Verb.OPERATION_TAKEN_OUT,
        Verb.JOURNAL_SEALED,
        Verb.CHECKPOINT_COUNTERSIGNED,
    }
)
"""Verbs that change neither a run nor whether one is current. After any other one, all runs are looked at again."""
MOST_NEW = 1 << 11
"""With more new runs than these, all are looked at again: one at a time in memory."""


@dataclass(slots=True)
class _RunMemory:
    """Current runs by exhibit, as of an entry of the ledger. `order`: the exhibits in order.

    `others`: the ids of the other runs of exhibits with hits, by exhibit.
    """

    seq: int
    leaf_hash: bytes
    exhibits: dict[str, list[CurrentRun]]
    order: list[str]
    others: dict[str, list[str]]


class RememberedRuns:
    """The current runs with hits of each open workspace of this process."""

    def __init__(self) -> None:
        self._last: WeakKeyDictionary[Workspace, _RunMemory] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def list_current(self, workspace: Workspace, tables: Tables) -> list[CurrentRun]:
        """Return what `list_current_runs_with_hits` returns."""
        return self.list_current_and_others(workspace, tables)[0]

    def list_current_and_others(self, workspace: Workspace, tables: Tables) -> tuple[list[CurrentRun], list[str]]:
        """Return the current runs with hits, and the ids of all other runs of exhibits with hits, in order."""
        head = tables[LedgerRow].find_last("seq")
        if head is None:
            return list_current_runs_with_hits(tables), []
        with self._lock:
            last = self._last.pop(workspace, None)
            new = None if last is None else _find_new_runs(tables, last, head)
            if last is None or new is None:
                last = _RunMemory(head.seq, head.leaf_hash, {}, [], {})
                _put(last, list_current_runs_with_hits(tables), list_run_ids_of_hit_exhibits(tables))
            else:
                _look_again(tables, last, new)
                last.seq, last.leaf_hash = head.seq, head.leaf_hash
            self._last[workspace] = last
            current_runs = list(chain.from_iterable(map(last.exhibits.__getitem__, last.order)))
            return current_runs, sorted(chain.from_iterable(last.others.values()))

    def forget(self) -> None:
        """Forget all runs."""
        with self._lock:
            self._last.clear()


REMEMBERED_RUNS = RememberedRuns()


def _find_new_runs(tables: Tables, last: _RunMemory, head: LedgerRow) -> list[Run] | None:
    """Return the runs that are new since the last look. None if anything else may have changed what is current."""
    entries = tables[LedgerRow]
    known = entries.get(last.seq)
    if head.seq < last.seq or known is None or known.leaf_hash != last.leaf_hash:
        # An older snapshot, or a workspace that was restored.
        return None
    is_new = entries.get_column("seq") > last.seq
    if not INERT.issuperset(set(entries.list_values("verb", is_new)) - {Verb.RUN_REGISTERED.value}):
        return None
    things = entries.list_values("thing", is_new, entries.get_column("verb") == Verb.RUN_REGISTERED.value)
    if len(things) > MOST_NEW:
        return None
    return tables[Run].select_within("run_id", [str(thing).removeprefix("run:") for thing in things])


def _look_again(tables: Tables, last: _RunMemory, new: Iterable[Run]) -> None:
    """Look at the exhibits of new runs."""
    known = last.exhibits, last.others
    exhibits = sorted({run.exhibit_id for run in new if run.hits or any(run.exhibit_id in one for one in known)})
    for exhibit_id in exhibits:
        last.others.pop(exhibit_id, None)
        if last.exhibits.pop(exhibit_id, None) is not None:
            last.order.remove(exhibit_id)
    _put(last, list_current_runs_of(tables, exhibits), list_run_ids_of_hit_exhibits(tables, exhibits))


def _put(last: _RunMemory, current_runs: Iterable[CurrentRun], every_id: Iterable[tuple[str, str]]) -> None:
    current_ids = set()
    for current_run in current_runs:
        exhibit_id = current_run.run.exhibit_id
        current_ids.add(current_run.run.run_id)
        if exhibit_id not in last.exhibits:
            insort(last.order, exhibit_id)
        last.exhibits.setdefault(exhibit_id, []).append(current_run)
    for exhibit_id, run_id in every_id:
        if run_id not in current_ids:
            last.others.setdefault(exhibit_id, []).append(run_id)
