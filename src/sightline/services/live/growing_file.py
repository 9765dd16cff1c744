"""Read a file that grows, through rotation by rename, by copy and truncation, and with compression."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sightline.errors import DamagedInput
from sightline.services.live.packed_logs import PackedFileState, PackedLogs
from sightline.services.live.piece import FeedPiece, Start, count_leading_zeros, cut_piece, measure_line
from sightline.services.live.read_files import UNREAD, ReadFiles, pair_older_places
from sightline.services.live.read_positions import (
    PACKED,
    OpenLog,
    ReadPosition,
    find_file_id,
    is_beginning_of,
    list_rotated_logs,
    list_unreadable_logs,
    open_log,
    start_of,
)
from sightline.services.live.rotation_order import NamesSay, sort_rotated_logs

LOOKS = 20
"""How often the files are listed until two lists are the same."""


class _UnfinishedFile(Exception):
    """A packed file is still being written."""


class GrowingFile:
    """A log into which another program writes.

    `places`: where it was begun, with the files that were beside it then, and where the parts that are registered end,
    oldest first. `read_ns`: when the last of them was read, or it was begun.
    """

    has_ended = False

    def __init__(self, path: Path, limit: int, places: Sequence[ReadPosition] = (), read_ns: int = 0) -> None:
        self.path = path
        self._limit, self._read_ns = limit, read_ns
        self._place: ReadPosition | None = None
        self._read_ids: set[str] = set()
        self._files = ReadFiles()
        self._packed = PackedLogs()
        for place in places:
            if place.is_older:
                self._files.add_older(place)
            else:
                self._move_to(place)

    @property
    def name(self) -> str:
        """Return the input as messages name it."""
        return str(self.path)

    def find_starts(self) -> Sequence[Start]:
        """Return the beginning of the log as it is now, if nothing says where to read, and the files beside it.

        The start of their folder says that there were no others. It is missing if they were renamed all the time.
        """
        if self._place is not None:
            return ()
        for _ in range(LOOKS):
            with self._open_logs() as (current, rotated):
                start = Start(0, self.path, start_of(current))
                beside = [Start(2 + at, log.path, place) for at, (log, place) in enumerate(pair_older_places(rotated))]
                if _list_seen(current, rotated) == self._list_seen_files():
                    folder = ReadPosition(str(self.path.parent.stat().st_ino), 0, 0, "", is_start=True, is_older=True)
                    return (start, Start(1, self.path.parent, folder), *beside)
        return (start,)

    def begin(self, start: Start, at_us: int) -> None:
        """Read from a start. Files that are rotated after it are read too."""
        if start.place.is_older:
            self._files.add_older(start.place)
            return
        self._place, self._read_ns = start.place, at_us * 1000
        self._read_ids.add(start.place.file_id)

    def read(self) -> FeedPiece | None:
        """Return the next whole lines of the file, or None if no whole line follows yet."""
        if self._place is None:
            return None
        piece, seen = self._look(self._place)
        if piece is None:
            return None
        if piece.gap is None:
            # If the log was truncated meanwhile, what was read is in another file now.
            return piece if seen == self._list_seen_files() else None
        # Files that were renamed while they were listed are missing from the list. Nothing is lost before two looks
        # saw the same files.
        piece, again = self._look(self._place)
        return piece if piece is None or piece.gap is None or again == seen else None

    def _look(self, place: ReadPosition) -> tuple[FeedPiece | None, frozenset[tuple[Path, str]]]:
        """Return the next whole lines, and the files that were seen, each with its identity."""
        with self._open_logs() as (current, opened):
            seen = _list_seen(current, opened)
            rotated = [log for log in opened if not self._is_being_copied(log, current)]
            result = self._find(place, current, rotated)
            piece = self._read_next(place, result, current, rotated)
            is_current = result is not None and result is current and current.holds(place)
            if is_current and not self._files.has_noted(rotated) and seen == self._list_seen_files():
                self._files.note_older(rotated)
            return piece, seen

    @contextmanager
    def _open_logs(self) -> Iterator[tuple[OpenLog | None, list[OpenLog]]]:
        """Open the log and the files that rotation made of it."""
        with ExitStack() as stack:
            current = stack.enter_context(open_log(self.path))
            opened = [stack.enter_context(open_log(path)) for path in list_rotated_logs(self.path)]
            yield current, [log for log in opened if log is not None]

    def _is_being_copied(self, log: OpenLog, current: OpenLog | None) -> bool:
        """Return whether a file is a copy of the log that is not complete, or was not followed by truncation yet.

        An older file of the same lines is none: rotation made it by renaming.
        """
        if current is None or log.file_id in self._read_ids:
            return False
        may_be = current.file_id in self._read_ids or log.changed_ns >= current.changed_ns
        return may_be and is_beginning_of(log, current)

    def _list_seen_files(self) -> frozenset[tuple[Path, str]]:
        """Return the files that are there, each with its identity."""
        paths = (self.path, *list_rotated_logs(self.path))
        return frozenset((path, file_id) for path in paths if (file_id := find_file_id(path)) is not None)

    def accept(self, piece: FeedPiece) -> None:
        """Go on behind a piece that was registered."""
        self._move_to(piece.place)

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def count_waiting_bytes(self) -> int | None:
        """Return how many bytes of the current file are not read yet, or None if it is not there."""
        with open_log(self.path) as current:
            if current is None:
                return None
            is_read = self._place is not None and current.holds(self._place)
            return current.size_bytes - (self._place.offset if is_read and self._place else 0)

    def _move_to(self, place: ReadPosition) -> None:
        was = self._place
        is_other = was is not None and (was.file_id != place.file_id or place.first_offset != was.offset)
        if was is not None and was.offset and is_other:
            self._files.add_finished(was)
        self._place = place
        self._read_ids.add(place.file_id)

    def _read_next(
        self, place: ReadPosition, result: OpenLog | None, current: OpenLog | None, rotated: list[OpenLog]
    ) -> FeedPiece | None:
        gaps: list[str] = []
        try:
            if result is not None and result is current:
                piece = self._cut_first([(current, place.offset)], gaps, current)
                # The log may have been truncated while it was read.
                return piece if current.holds(place) else None
            newer = self._list_newer_files(place, result, rotated, current)
            if result is None and (gap := self._describe_gap(place, newer)):
                gaps.append(gap)
            begun = [(result, place.offset)] if result is not None else []
            return self._cut_first([*begun, *((log, 0) for log in newer)], gaps, current)
        except _UnfinishedFile:
            # Reading goes on when the file is whole, or has stayed as it is for a while.
            return None

    def _cut_first(
        self, files: list[tuple[OpenLog, int]], gaps: list[str], current: OpenLog | None
    ) -> FeedPiece | None:
        """Return the next whole lines of the first file that has any. Each file comes with where its reading begins."""
        is_cut_off = False
        for at, (log, offset) in enumerate(files):
            is_closed = at + 1 < len(files) or log.is_packed
            begin = offset or _skip_beginning(log, gaps, is_cut_off=is_cut_off)
            if begin is None:
                if not is_closed:
                    return None
                continue
            piece = self._cut(log, begin, gaps, is_closed=is_closed)
            if piece is None:
                is_cut_off = False
            elif piece.content.endswith(b"\n") or at + 1 == len(files) or not self._was_truncated(current, log):
                return piece
            elif (whole := self._cut(log, begin, gaps, is_closed=False)) is not None:
                return whole
            else:
                gaps.append(
                    f"a line that was cut in two when {self.path.name} was truncated:"
                    f" {len(piece.content):,} bytes at the end of {log.path.name}"
                )
                is_cut_off = True
        return None

    def _was_truncated(self, current: OpenLog | None, log: OpenLog) -> bool:
        """Return whether the log is the file that was read before, so that an older file is a copy of it."""
        return current is not None and current is not log and current.file_id in self._read_ids

    def _cut(self, log: OpenLog, offset: int, gaps: list[str], *, is_closed: bool) -> FeedPiece | None:
        """Return the next whole lines of a file. Why a packed one cannot be unpacked is added to the gaps.

        Raises _UnfinishedFile if it may still be being written.
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
        """Return what is missing if no file holds the place. Raises _UnfinishedFile if one may come to."""
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
        if place.is_start and not place.tail_bytes:
            return None
        logs = [*rotated, *([current] if current else [])]
        same = [log for log in logs if log.file_id == place.file_id and not log.is_packed]
        if not place.tail_bytes:
            return same[0] if same else None
        if place.is_start:
            logs = [*sort_rotated_logs(rotated, self.path.name)[0], *([current] if current else [])]
        logs.sort(key=lambda log: _is_being_packed(log, rotated))
        return next((log for log in [*same, *logs] if self._files.holds(log, place)), None)

    def _list_newer_files(
        self, place: ReadPosition, result: OpenLog | None, rotated: list[OpenLog], current: OpenLog | None
    ) -> list[OpenLog]:
        """Return the files that were written after the one that was read, oldest first, with the current one last.

        A compressed file beside its original is being written. Only of a log that was begun by an older version, times
        say which files were there before.
        """
        are_copies = current is not None and current is not result and current.file_id in self._read_ids
        ordered, says, ages = self._files.sort_logs(rotated, self.path.name, result, are_copies=are_copies)
        is_known = [ages.get(log.file_id, UNREAD) != UNREAD for log in ordered]
        first = max((at + 1 for at, known in enumerate(is_known) if known), default=0)
        if says is not NamesSay.PROVEN and result in ordered:
            first = ordered.index(result) + 1
        newer = [
            log
            for at, log in enumerate(ordered)
            if not is_known[at]
            and not _is_being_packed(log, rotated)
            and (
                self._files.is_complete
                or (at >= first and (says is NamesSay.PROVEN or (result is not None and says is NamesSay.USUAL)))
                or (says is not NamesSay.PROVEN and self._is_later(log, place, result))
            )
        ]
        return [*newer, *([current] if current is not None and current.size_bytes else [])]

    def _is_later(self, log: OpenLog, place: ReadPosition, result: OpenLog | None) -> bool:
        """Return whether the time of a file says that it came after the one that was read."""
        if result is None and log.file_id == place.file_id and not log.is_packed:
            return True
        return log.changed_ns > (result.changed_ns if result else self._read_ns)


def _is_being_packed(log: OpenLog, rotated: list[OpenLog]) -> bool:
    """Return whether a compressed file is beside its original."""
    return log.path.suffix in PACKED and any(other.path.name == log.path.stem for other in rotated)


def _list_seen(current: OpenLog | None, rotated: list[OpenLog]) -> frozenset[tuple[Path, str]]:
    return frozenset((log.path, log.file_id) for log in (current, *rotated) if log is not None)


def _skip_beginning(log: OpenLog, gaps: list[str], *, is_cut_off: bool) -> int | None:
    """Return where the first whole line of a file begins. What is before it is added to the gaps. None: nowhere yet.

    A writer that does not append leaves zeros where the log was truncated. `is_cut_off`: a line began before.
    """
    begin = 0 if log.is_packed else count_leading_zeros(log)
    if begin:
        gaps.append(f"{begin:,} bytes of zeros at the beginning of {log.path.name}: its writer does not append")
        if not log.read(begin, 1):
            return None
    if is_cut_off:
        length = measure_line(log, begin)
        if length is None:
            return None
        gaps.append(f"{length:,} bytes at the beginning of {log.path.name}, where the line that was cut in two ends")
        begin += length
    return begin
