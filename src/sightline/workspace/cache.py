"""Cache results of workspace reads until the ledger has a relevant change. Every change has its ledger entry."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from operator import eq, ge
from typing import Any, TypeVar

from sqlalchemy import func, select

from sightline.ledger.verbs import Verb
from sightline.storage.schema import schema_tables
from sightline.storage.table import Tables

T = TypeVar("T")
SEQ, VERB = schema_tables["ledger"].c.seq, schema_tables["ledger"].c.verb
HEAD = select(func.max(SEQ))
MOST = 512
"""The maximum number of cached results. The most recently used ones stay."""
NOTES = frozenset({Verb.LEAD_NOTED, Verb.NOTE_CHANGED, Verb.VIEW_SAVED, Verb.VIEW_DROPPED})
"""Verbs that change no cached result: notes and saved filters."""
WORK = NOTES | {Verb.LEADS_ASSIGNED, Verb.LEADS_CLOSED, Verb.LEADS_REOPENED}
"""Officers' daily acts on leads. Results about officers, scans, notices and replies do not depend on them."""


@dataclass(frozen=True, slots=True)
class _CachedResult:
    of: Any
    value: Any


class VersionedCache:
    """Caches results of workspace reads by version. Safe for use by many threads."""

    def __init__(self) -> None:
        self._looked = -1
        self._told: dict[str, int] = {}
        self._kept: OrderedDict[Hashable, _CachedResult] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def read_version(self, tables: Tables) -> int:
        """Return the seq of the ledger's last entry in this transaction, the version for `get_cached`."""
        if tables.version is not None:
            return tables.version
        head: int = tables.connection.execute(HEAD).scalar() or 0
        if tables.is_snapshot:
            tables.version = head
        looked = self._looked
        if head > looked:
            newest = select(VERB, func.max(SEQ)).where(SEQ.between(looked + 1, head)).group_by(VERB)
            versions = {str(name): int(last) for name, last in tables.connection.execute(newest)}
            with self._lock:
                self._told |= {name: max(last, self._told.get(name, -1)) for name, last in versions.items()}
                self._looked = max(self._looked, head)
        return head

    def get_cached(self, key: Hashable, version: int, make: Callable[[], T], but: Collection[Verb] = NOTES) -> T:
        """Return a cached result, or make it if a relevant change came since. One thread makes it for all that wait.

        `make` reads the current workspace: its result is of that version or newer, and never changes. `but`: verbs that
        it never depends on. No result depends on a seal of the journal.
        """
        beside = {Verb.JOURNAL_SEALED, *but}
        with self._lock:
            last = max((seq for name, seq in self._told.items() if name not in beside), default=0)
        # Other threads may have seen changes after this version, which `make` need not see.
        return self._make_result(key, min(version, last), make, ge)

    def get_only(self, name: str, of: Hashable, make: Callable[[], T]) -> T:
        """Return a result that depends on `of` alone. The cache holds only the last result for each name."""
        return self._make_result(name, of, make, eq)

    def _make_result(
        self,
        key: Hashable,
        wanted: Any,  # noqa: ANN401  - a version, or what was made of
        make: Callable[[], T],
        serves: Callable[[Any, Any], bool],
    ) -> T:
        cached_result = self._find_result(key, wanted, serves)
        if cached_result is None:
            with self._lock:
                making = self._making.setdefault(key, threading.Lock())
            try:
                with making:
                    cached_result = self._find_result(key, wanted, serves) or self._keep(
                        key, _CachedResult(wanted, make())
                    )
            finally:
                with self._lock:
                    self._making.pop(key, None)
        value: T = cached_result.value
        return value

    def _find_result(
        self,
        key: Hashable,
        wanted: Any,  # noqa: ANN401
        serves: Callable[[Any, Any], bool],
    ) -> _CachedResult | None:
        with self._lock:
            cached_result = self._kept.get(key)
            if cached_result is None or not serves(cached_result.of, wanted):
                return None
            self._kept.move_to_end(key)
            return cached_result

    def _keep(self, key: Hashable, made: _CachedResult) -> _CachedResult:
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return made
