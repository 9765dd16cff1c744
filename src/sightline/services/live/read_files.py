"""The files beside a growing log: which were read or existed before it was begun, and in what order.

A file is known by its inode and its bytes, never by its time alone: clocks are set back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sightline.errors import DamagedInput
from sightline.services.live.read_positions import OpenLog, ReadPosition, compute_end_place
from sightline.services.live.rotation_order import NamesSay, sort_rotated_logs

FINISHED = 1024
"""How many files that were read to their end are remembered, so that none is read again under another name."""
ANSWERS = 16_384
"""How many answers about compressed files are remembered: each takes long."""
OLDER, READ_NOW, UNREAD = 0, 1 << 30, (1 << 30) + 1
"""The ages of files: those before the log was begun, those read to their end by number, that being read, new ones."""


class ReadFiles:
    """The files beside a log that need not be read. `is_complete`: every other file is new."""

    def __init__(self) -> None:
        self.is_complete = False
        self._finished: list[ReadPosition] = []
        self._older: list[ReadPosition] = []
        self._noted: dict[tuple[str, int, int], int] = {}
        self._unpacked: dict[tuple[tuple[str, int, int], ReadPosition], bool] = {}

    def add_finished(self, place: ReadPosition) -> None:
        """Note the place at which a file was read to its end."""
        self._finished = [*self._finished[1 - FINISHED :], place]

    def add_older(self, place: ReadPosition) -> None:
        """Note a file that was there before the log was begun. The place of a folder says that all of it are noted."""
        if place.tail_bytes:
            self._older.append(place)
        else:
            self.is_complete = True

    def has_noted(self, logs: Iterable[OpenLog]) -> bool:
        """Return whether all of these files are noted as they are now."""
        return self.is_complete and all(_make_key(log) in self._noted for log in logs)

    def note_older(self, logs: Sequence[OpenLog]) -> None:
        """Note the files that are beside the log while it is read itself: all are older than it."""
        ages = {log.path: self._find_age(log, logs, is_copy=log.is_packed) for log in logs}
        self._noted = {}
        for log in logs:
            age = ages[log.path]
            if age is None:
                age = OLDER
                self._older.extend(place for _, place in pair_older_places([log]))
            self._noted[_make_key(log)] = age
        self._older = self._older[-FINISHED:]
        self.is_complete = True

    def sort_logs(
        self, rotated: Sequence[OpenLog], name: str, result: OpenLog | None, *, are_copies: bool
    ) -> tuple[list[OpenLog], NamesSay, Mapping[str, int]]:
        """Return rotated files, oldest first, what their names say of it, and by inode the ages of those known.

        `result`: the one that is being read. `are_copies`: each is a copy of the log, with an inode of its own.
        The same lines may come again in another file. So content does not count against names that are sure, unless
        the file that was read is gone and this is it, packed.
        """
        ages = {log.file_id: age for log in rotated if (age := self._find_same(log)) is not None}
        if result is not None:
            ages[result.file_id] = READ_NOW
        ordered, says = sort_rotated_logs(rotated, name, ages)
        behind = ordered[ordered.index(result) + 1 :] if result in ordered else []
        for log in rotated:
            is_later = says is NamesSay.PROVEN or (result is not None and log.changed_ns > result.changed_ns)
            is_new = log in behind and says is not NamesSay.NOTHING and is_later
            if log.file_id in ages or (is_new and not are_copies and not self._is_packed_since(log, rotated)):
                continue
            age = self._find_age(log, rotated, is_copy=are_copies or log.is_packed)
            if age is not None:
                ages[log.file_id] = age
            elif self.is_complete:
                ages[log.file_id] = UNREAD
        return *sort_rotated_logs(rotated, name, ages), ages

    def holds(self, log: OpenLog, place: ReadPosition) -> bool:
        """Return whether a file holds a place. The answer for a compressed file is remembered: it takes long."""
        if not log.is_packed:
            return log.holds(place)
        key = _make_key(log), place
        if key not in self._unpacked:
            if len(self._unpacked) >= ANSWERS:
                self._unpacked.clear()
            self._unpacked[key] = log.holds(place)
        return self._unpacked[key]

    def _is_packed_since(self, log: OpenLog, rotated: Sequence[OpenLog]) -> bool:
        """Return whether a packed file alone has the bytes of one that was read to its end."""
        return log.is_packed and any(
            self.holds(log, place) and not any(self.holds(other, place) for other in rotated if other is not log)
            for place in self._finished
        )

    def _find_same(self, log: OpenLog) -> int | None:
        """Return the age of a file that is known by its inode, and has the bytes that it had."""
        if (age := self._noted.get(_make_key(log))) is not None:
            return age
        for number, place in enumerate(self._finished):
            if place.file_id == log.file_id and self.holds(log, place):
                return number + 1
        return OLDER if any(older.file_id == log.file_id and self.holds(log, older) for older in self._older) else None

    def _find_age(self, log: OpenLog, rotated: Sequence[OpenLog], *, is_copy: bool) -> int | None:
        """Return the age of a file that has the bytes of a known one, whatever its inode is.

        A known one that is still there, among the rotated files, is another file. Only a copy may be one of it.
        """
        if (age := self._find_same(log)) is not None:
            return age
        by_id = {other.file_id: other for other in rotated if not other.is_packed}
        known = [(place, number + 1) for number, place in enumerate(self._finished)]
        known += [(place, OLDER) for place in self._older if not place.is_start]
        for place, age in sorted(known, key=lambda pair: pair[0].offset):
            if not log.is_packed and place.offset != log.size_bytes and not is_copy:
                continue
            original = by_id.get(place.file_id)
            if self.holds(log, place) and (is_copy or original is None or not original.holds(place)):
                return age
        return None


def pair_older_places(logs: Iterable[OpenLog]) -> list[tuple[OpenLog, ReadPosition]]:
    """Return each file with the place by which it is known again. One that is empty or damaged has none."""
    pairs = []
    for log in logs:
        try:
            place = compute_end_place(log)
        except DamagedInput:
            continue
        if place.tail_bytes:
            pairs.append((log, place))
    return pairs


def _make_key(log: OpenLog) -> tuple[str, int, int]:
    """Return what a file was known by when it was looked at. A file that is still packed may keep its time."""
    return log.file_id, log.changed_ns, log.size_bytes
