"""Read a file that grows, through rotation by rename, by copy and truncation, and with compression."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sightline.errors import DamagedInput
from sightline.services.live.packed_logs import PackedFileState, PackedLogs
from sightline.services.live.piece import FeedPiece, Start, cut_piece
from sightline.services.live.read_positions import (
    PACKED,
    OpenLog,
    ReadPosition,
    list_rotated_logs,
    list_unreadable_logs,
    open_log,
    start_of,
)

FINISHED = 64
"""How many files that were read to their end are remembered, so that none is read again under another name."""


class _UnfinishedFile(Exception):
    """A packed file is still being written."""


class GrowingFile:
    """A log into which another program writes.

    `places`: where it was begun, and where the parts that are registered end, oldest first. `read_ns`: when the last of
    them was read, or it was begun.
    """

    has_ended = False

    def __init__(self, path: Path, limit: int, places: Sequence[ReadPosition] = (), read_ns: int = 0) -> None:
        self.path = path
        self._limit, self._read_ns = limit, read_ns
        self._place: ReadPosition | None = None
        self._finished: list[ReadPosition] = []
        self._packed = PackedLogs()
        self._unpacked: dict[tuple[str, int, ReadPosition], bool] = {}
        for place in places:
            self._go_on(place)

    @property
    def name(self) -> str:
        """Return the input as messages name it."""
        return str(self.path)

    def find_starts(self) -> Sequence[Start]:
        """Return the beginning of the log as it is now, if nothing says where to read."""
        if self._place is not None:
            return ()
        with open_log(self.path) as current:
            return (Start(0, self.path, start_of(current)),)

    def begin(self, start: Start, at_us: int) -> None:
        """Read from a start. Files that are rotated after it are read too."""
        self._place, self._read_ns = start.place, at_us * 1000

    def read(self) -> FeedPiece | None:
        """Return the next whole lines, or None if there are none now."""
        if self._place is None:
            return None
        piece, seen = self._look(self._place)
        if piece is None or piece.gap is None:
            return piece
        # Files that were renamed while they were listed are missing from the list. Nothing is lost before two looks
        # saw the same files.
        piece, again = self._look(self._place)
        return piece if piece is None or piece.gap is None or again == seen else None

    def _look(self, place: ReadPosition) -> tuple[FeedPiece | None, frozenset[tuple[Path, str]]]:
        """Return the next whole lines, and the files that were seen, each with its identity."""
        with ExitStack() as stack:
            current = stack.enter_context(open_log(self.path))
            opened = [stack.enter_context(open_log(path)) for path in list_rotated_logs(self.path)]
            logs = [log for log in opened if log is not None]
            seen = frozenset((log.path, log.file_id) for log in (current, *logs) if log is not None)
            return self._next(place, current, logs), seen

    def accept(self, piece: FeedPiece) -> None:
        """Go on behind a piece that was registered."""
        self._go_on(piece.place)

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def waiting_bytes(self) -> int | None:
        """Return how many bytes of the current file are not read yet, or None if it is not there."""
        with open_log(self.path) as current:
            if current is None:
                return None
            is_read = self._place is not None and current.holds(self._place)
            return current.size_bytes - (self._place.offset if is_read and self._place else 0)

    def _go_on(self, place: ReadPosition) -> None:
        was = self._place
        if was is not None and was.offset and (was.file_id != place.file_id or place.offset <= was.offset):
            self._finished = [*self._finished[1 - FINISHED :], was]
        self._place = place
        self._unpacked.clear()

    def _next(self, place: ReadPosition, current: OpenLog | None, rotated: list[OpenLog]) -> FeedPiece | None:
        result = self._find(place, current, rotated)
        if result is not None and result is current:
            return cut_piece(current, place.offset, self._limit, is_closed=False)
        newer = self._list_newer_files(result, rotated, current)
        gaps: list[str] = []
        try:
            piece = None
            if result is not None:
                piece = self._cut(result, place.offset, gaps, is_closed=bool(newer) or result.is_packed)
            elif gap := self._describe_gap(place, newer):
                gaps.append(gap)
            if piece is not None:
                return piece
            for at, one in enumerate(newer):
                piece = self._cut(one, 0, gaps, is_closed=at + 1 < len(newer) or one.is_packed)
                if piece is not None:
                    return piece
        except _UnfinishedFile:
            # Reading goes on when the file is whole, or has stayed as it is for a while.
            return None
        return None

    def _cut(self, log: OpenLog, offset: int, gaps: list[str], *, is_closed: bool) -> FeedPiece | None:
        """Return the next whole lines of a file. Why a packed one cannot be unpacked is added to the gaps.

        Raises _Unfinished if it may still be being written.
        """
        try:
            if log.is_packed and not log.size_bytes:
                raise DamagedInput(f"{log.path}: it is empty")
            if log.is_packed and self._packed.find_packing(log) is PackedFileState.ALTERED:
                raise DamagedInput(f"{log.path}: its bytes are not those that were packed")
            return cut_piece(log, offset, self._limit, is_closed=is_closed, gap="; ".join(gaps) or None)
        except DamagedInput as error:
            if not log.is_packed:
                raise
            if not self._packed.is_given_up(log):
                raise _UnfinishedFile from None
            gaps.append(f"{log.path.name} is damaged from byte {offset} on, and was left out ({error})")
            return None

    def _describe_gap(self, place: ReadPosition, newer: list[OpenLog]) -> str | None:
        """Return what is missing if no file holds the place. Raises _Unfinished if one that is written may hold it."""
        if not place.tail_bytes and place.is_start:
            return None
        if any(map(self._packed.may_become_whole, newer)):
            raise _UnfinishedFile
        gap = f"the rest of {self.path.name} from byte {place.offset} on: no rotated file holds it"
        if others := list_unreadable_logs(self.path):
            gap = f"{gap} (not unpacked here: {', '.join(path.name for path in others)})"
        return gap

    def _find(self, place: ReadPosition, current: OpenLog | None, rotated: list[OpenLog]) -> OpenLog | None:
        """Return the file that holds the place: of several the one with its inode.

        A log that was begun empty is none of them: all that was written since comes after its start.
        """
        logs = [*([current] if current else []), *rotated]
        same = [log for log in logs if log.file_id == place.file_id and not log.is_packed]
        if place.is_start and not place.tail_bytes:
            return None
        if place.is_start:
            logs.sort(key=lambda one: one.changed_ns)
        if not place.tail_bytes:
            return same[0] if same else None
        return next((log for log in [*same, *logs] if self._holds(log, place)), None)

    def _holds(self, log: OpenLog, place: ReadPosition) -> bool:
        """Return whether a file holds a place. The answer for a compressed file is remembered: it takes long."""
        if not log.is_packed:
            return log.holds(place)
        key = log.file_id, log.changed_ns, place
        if key not in self._unpacked:
            self._unpacked[key] = log.holds(place)
        return self._unpacked[key]

    def _list_newer_files(
        self, current_log: OpenLog | None, rotated: list[OpenLog], current: OpenLog | None
    ) -> list[OpenLog]:
        """Return the files that were written after the one that was read, oldest first, with the current one last.

        A compressed file beside its original is being written, and one that holds an earlier place was read.
        """
        than_ns = current_log.changed_ns if current_log else self._read_ns
        names = {log.path.name for log in rotated}
        newer = [
            log
            for log in rotated
            if log is not current_log
            and log.changed_ns > than_ns
            and not (log.path.suffix in PACKED and log.path.stem in names)
            and not any(self._holds(log, place) for place in self._finished)
        ]
        newer.sort(key=lambda one: (one.changed_ns, one.path))
        return [*newer, *([current] if current is not None and current.size_bytes else [])]
