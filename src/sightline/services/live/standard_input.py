"""Read standard input: a pipe into which a program writes lines.

What is in the pipe when the watch is killed is lost: a spool folder is the way to lose nothing.
"""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sightline.errors import UsageError
from sightline.services.live.piece import FeedPiece, Start, cut_piece
from sightline.services.live.read_positions import OpenLog

PATH = Path("/dev/stdin")


class StandardInput:
    """Standard input as a stream of its own. `was_cut`: the last one did not come to its end."""

    def __init__(self, limit: int, stream_id: str, *, was_cut: bool) -> None:
        if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
            raise UsageError("standard input is closed, or a terminal", hint="pipe a log into it, or name a file")
        self.path = PATH
        self._limit, self._id = limit, stream_id
        self._gap = "what the last stream held when the watch ended was not registered" if was_cut else None
        self._waiting, self._offset, self._is_closed = b"", 0, False

    @property
    def has_ended(self) -> bool:
        """Return whether the stream ended and all of it was registered."""
        return self._is_closed and not self._waiting

    @property
    def name(self) -> str:
        """Return the input as messages name it."""
        return str(self.path)

    def find_starts(self) -> Sequence[Start]:
        """Return nothing: a stream begins with itself."""
        return ()

    def begin(self, start: Start, at_us: int) -> None:
        """Do nothing: there is no start."""

    def read(self) -> FeedPiece | None:
        """Return the whole lines that are there, up to the limit. Never reads more than the limit ahead."""
        while not self._is_closed and len(self._waiting) < self._limit and select.select([0], [], [], 0)[0]:
            more = os.read(0, min(1 << 20, self._limit))
            self._waiting += more
            self._is_closed = not more
        stream = io.BytesIO(self._waiting)
        log = OpenLog(PATH, stream, self._id, len(self._waiting), 0)
        piece = cut_piece(log, 0, self._limit, is_closed=self._is_closed, gap=self._gap)
        return None if piece is None else self._shift_piece(piece)

    def accept(self, piece: FeedPiece) -> None:
        """Go on behind a piece that was registered."""
        self._waiting = self._waiting[len(piece.content) :]
        self._offset, self._gap = piece.place.offset, None

    def close(self) -> None:
        """Do nothing: it stays open for the process."""

    def count_waiting_bytes(self) -> int | None:
        """Return how many bytes were read and not registered. What is in the pipe cannot be known."""
        return len(self._waiting)

    def _shift_piece(self, piece: FeedPiece) -> FeedPiece:
        place = replace(piece.place, offset=self._offset + piece.place.offset)
        return replace(piece, first_offset=self._offset, place=place)
