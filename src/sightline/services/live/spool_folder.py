"""Read a spool folder: files that a collector closed, renamed into the folder, and never writes again.

A file is destroyed once all of it is registered: a spool belongs to the watch.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from sightline.errors import DamagedInput, UsageError
from sightline.services.live.piece import FeedPiece, Start, cut_piece
from sightline.services.live.read_positions import UNFINISHED, OpenLog, ReadPosition, open_log
from sightline.stages.scan.reference import tar
from sightline.stages.scan.reference.containers import FOREIGN, is_container

DAMAGED = ".damaged-"
"""Begins the name of a file that was set aside because it cannot be read."""
LONG_S = 0.1
COUNT_EACH = 10
"""If a count of waiting bytes took longer than `LONG_S`, the next one begins after this many times its duration."""


class SpoolFolder:
    """A folder of closed files, read in the order in which they were last written, then by name."""

    has_ended = False

    def __init__(self, path: Path, limit: int, places: Sequence[ReadPosition] = ()) -> None:
        self.path = path
        self._limit = limit
        self._places = {place.file_id: place for place in places}
        self._gap: str | None = None
        self._listed: list[str] = []
        self._waiting_bytes, self._next_count_s = 0, 0.0

    @property
    def name(self) -> str:
        """Return the input as messages name it."""
        return str(self.path)

    def find_starts(self) -> Sequence[Start]:
        """Return nothing: a file stays in the folder until it is registered."""
        return ()

    def begin(self, start: Start, at_us: int) -> None:
        """Do nothing: there is no start."""

    def read(self) -> FeedPiece | None:
        """Return the next whole lines of the oldest file, or None if the folder holds none."""
        is_listed_now = False
        while self._listed or not is_listed_now:
            if not self._listed:
                # Files that come meanwhile are read after these: a full folder is not listed again for each file.
                self._listed = self._list_names()
                is_listed_now = True
            while self._listed:
                piece = self._read_file(self.path / self._listed[-1])
                if piece is not None:
                    return piece
                self._listed.pop()
        return None

    def _read_file(self, path: Path) -> FeedPiece | None:
        """Return the next whole lines of a file, or None if nothing of it is left. It is then not there any more."""
        offset = 0
        try:
            with open_log(path) as log:
                if log is None:
                    return None
                self._refuse_unreadable_packing(log)
                place = self._places.get(build_closed_id(log))
                offset = place.offset if place is not None and log.holds(place) else 0
                piece = cut_piece(open_closed(log), offset, self._limit, is_closed=True, gap=self._gap)
        except DamagedInput as error:
            self._set_aside(path, offset, error)
            return None
        if piece is None:
            _destroy(path)
        return piece

    def accept(self, piece: FeedPiece) -> None:
        """Go on behind a piece that was registered. A file of which nothing is left is destroyed."""
        self._places[piece.place.file_id] = piece.place
        self._gap = None
        if piece.is_file_end:
            _destroy(Path(piece.file))
            del self._places[piece.place.file_id]

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def count_waiting_bytes(self) -> int | None:
        """Return how many bytes of files are in the folder.

        Counting a million files takes seconds. So what took long is counted again only after ten times as long.
        """
        begun_s = time.monotonic()
        if begun_s >= self._next_count_s:
            self._waiting_bytes = sum(about.st_size for _, about in self._find_files())
            took_s = time.monotonic() - begun_s
            self._next_count_s = begun_s + (COUNT_EACH * took_s if took_s > LONG_S else 0.0)
        return self._waiting_bytes

    def _refuse_unreadable_packing(self, log: OpenLog) -> None:
        """Raise DamagedInput if a scan cannot unpack a file, or not from one part.

        A scan unpacks archives, and what is not unpacked here by its name. Of a file that was cut it unpacks nothing.
        """
        head = log.read(0, tar.BLOCK_BYTES)
        if FOREIGN.match(head):
            raise DamagedInput("it is packed with 7-Zip, RAR, lz4 or compress, which Sightline does not unpack")
        if is_container(head) and log.read(self._limit, 1):
            raise DamagedInput(f"it is packed or an archive, and does not fit in one part of {self._limit:,} bytes")

    def _set_aside(self, path: Path, offset: int, why: DamagedInput) -> None:
        """Rename a file that cannot be read, so that the feed goes on. The next part names it as a gap."""
        aside = path.with_name(f"{DAMAGED}{path.name}")
        try:
            path.rename(aside)
        except OSError as error:
            raise UsageError(
                f"{path}: it is damaged and cannot be renamed: {error.strerror}",
                hint="let this account rename files of the spool folder",
            ) from None
        gap = f"{path.name} is damaged from byte {offset} on, and was set aside as {aside.name} ({why})"
        self._gap = gap if self._gap is None else f"{self._gap}; {gap}"

    def _list_names(self) -> list[str]:
        """Return the names of the files that are ready. The last one is read first: the one that was written first."""
        about = [(state.st_mtime_ns, name) for name, state in self._find_files()]
        about.sort(reverse=True)
        return [name for _, name in about]

    def _find_files(self) -> Iterator[tuple[str, os.stat_result]]:
        """Yield name and state of each file that is ready, in the order of the folder, one at a time in memory.

        A file that vanishes meanwhile is none: who deletes from a spool says so elsewhere.
        """
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name.endswith(UNFINISHED):
                        continue
                    with suppress(FileNotFoundError):
                        if entry.is_file(follow_symlinks=False):
                            yield entry.name, entry.stat(follow_symlinks=False)
        except OSError as error:
            raise UsageError(
                f"{self.path}: {error.strerror}", hint="give a folder that this account may read"
            ) from None


def list_damaged_files(folder: Path) -> list[str]:
    """Return the names of files that were set aside, as far as the folder can be seen from here."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.name.startswith(DAMAGED))
    except OSError:
        return []


def build_closed_id(log: OpenLog) -> str:
    """Return the identity of a closed file. Its inode may be used again, so size and time belong to it."""
    return f"{log.file_id}:{log.size_bytes}:{log.changed_ns}"


def open_closed(log: OpenLog) -> OpenLog:
    """Return an open file under the identity of a closed one."""
    return OpenLog(log.path, log.stream, build_closed_id(log), log.size_bytes, log.changed_ns)


def _destroy(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{path}: it was registered and cannot be deleted: {error.strerror}",
            hint="let this account delete files of the spool folder",
        ) from None
