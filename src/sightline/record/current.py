"""What was made of the record, kept for as long as the ledger tells of no change: every change has its entry."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from operator import eq, ge
from typing import Any, TypeVar

from sqlalchemy import func, select

from sightline.record.ledger.verbs import Verb
from sightline.record.store.schema import tables
from sightline.record.store.shelf import Shelves

T = TypeVar("T")
MOST = 64
"""How many things are kept; those that were asked for last."""


@dataclass(frozen=True, slots=True)
class _Kept:
    of: Any
    value: Any


class Current:
    """Keeps what was made of the record under the version of it; serves many threads."""

    def __init__(self) -> None:
        self._looked = (-1, -1)
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def version(self, shelves: Shelves) -> int:
        """The seq of the last entry that tells of a change, in this transaction: seals of the journal tell of none."""
        seq, verb = (tables["ledger"].c[name] for name in ("seq", "verb"))
        newest = select(func.max(seq))
        head = shelves.connection.execute(newest).scalar() or 0
        looked, last = self._looked
        if head == looked:
            return last
        # One who began before another looks behind what that other saw.
        begins, until = (looked, last) if head > looked else (-1, -1)
        changes = newest.where(seq > begins, seq <= head, verb != Verb.JOURNAL_SEALED.value)
        found = shelves.connection.execute(changes).scalar()
        version = until if found is None else int(found)
        with self._lock:
            self._looked = max(self._looked, (head, version))
        return version

    def kept(self, key: Hashable, version: int, make: Callable[[], T]) -> T:
        """What was made under a key since that version; made now where nothing was, by one for all who wait for it.

        `make` reads the record as it is: what it gives is of that version or newer, and never changes.
        """
        return self._made(key, version, make, ge)

    def only(self, name: str, of: Hashable, make: Callable[[], T]) -> T:
        """What was made of something that never changes; of a name the last such thing is kept, and no other."""
        return self._made(name, of, make, eq)

    def _made(
        self,
        key: Hashable,
        wanted: Any,  # noqa: ANN401  - a version, or what was made of
        make: Callable[[], T],
        serves: Callable[[Any, Any], bool],
    ) -> T:
        found = self._found(key, wanted, serves)
        if found is None:
            with self._lock:
                making = self._making.setdefault(key, threading.Lock())
            try:
                with making:
                    found = self._found(key, wanted, serves) or self._keep(key, _Kept(wanted, make()))
            finally:
                with self._lock:
                    self._making.pop(key, None)
        value: T = found.value
        return value

    def _found(self, key: Hashable, wanted: Any, serves: Callable[[Any, Any], bool]) -> _Kept | None:  # noqa: ANN401
        with self._lock:
            found = self._kept.get(key)
            if found is None or not serves(found.of, wanted):
                return None
            self._kept.move_to_end(key)
            return found

    def _keep(self, key: Hashable, made: _Kept) -> _Kept:
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return made
