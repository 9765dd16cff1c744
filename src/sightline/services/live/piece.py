"""A piece of a feed: whole lines that were read together, and the place that they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sightline.errors import DamagedInput
from sightline.model import PartEnd
from sightline.services.live.read_positions import OpenLog, ReadPosition, compute_place_after

ZEROS_BYTES = 1 << 20
"""How much is read at once of a stretch of zeros."""
LONGEST_LINE_BYTES = 64 << 20
"""A file whose next line is longer than this is refused: it is no log."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A broker's account of a piece: messages in it, positions without one, and messages that came again."""

    messages: int = 0
    missing: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class FeedPiece:
    """Whole lines of one file. `gap` says what is missing before them; `is_file_end`: nothing more comes from it.

    `file`: its path; of a broker's stream its URL, and offsets are then positions of messages.
    """

    content: bytes
    file: Path | str
    first_offset: int
    place: ReadPosition
    closed_by: PartEnd
    gap: str | None = None
    delivery: Delivery | None = None

    @property
    def is_file_end(self) -> bool:
        """Return whether nothing more comes from its file."""
        return self.closed_by is PartEnd.END_OF_FILE


@dataclass(frozen=True, slots=True)
class Start:
    """The start of reading. It is registered before anything is read. `number`: of the part of the input, from 0."""

    number: int
    file: Path | str
    place: ReadPosition


class LiveFeed(Protocol):
    """An input that is read piece by piece. A piece that was not accepted is read again."""

    @property
    def name(self) -> str:
        """Return the input as messages name it."""

    def find_starts(self) -> Sequence[Start]:
        """Return where reading begins, as far as no start and no part says so. Nothing may be read before."""

    def begin(self, start: Start, at_us: int) -> None:
        """Read from a start that was registered at that instant, in microseconds."""

    def read(self) -> FeedPiece | None:
        """Return the next piece, or None if there is no whole line now."""

    def accept(self, piece: FeedPiece) -> None:
        """Go on behind a piece that was registered."""

    def close(self) -> None:
        """End connections."""

    def count_waiting_bytes(self) -> int | None:
        """Return how many bytes are waiting to be read, or None if that cannot be known."""

    @property
    def has_ended(self) -> bool:
        """Return whether nothing can come any more."""


def format_path(path: Path | str) -> str:
    r"""Return a path as text. Bytes that are not UTF-8 are written as `\xHH`."""
    return str(path).encode(errors="surrogateescape").decode(errors="backslashreplace")


def count_leading_zeros(log: OpenLog) -> int:
    """Return how many zero bytes a file begins with. A line of a log has none."""
    count, length = 0, 64
    while content := log.read(count, length):
        zeros = len(content) - len(content.lstrip(b"\0"))
        count, length = count + zeros, ZEROS_BYTES
        if zeros < len(content):
            break
    return count


def measure_line(log: OpenLog, offset: int) -> int | None:
    """Return the length of the line at an offset, with its end. None if it has none yet."""
    length = 0
    while length <= LONGEST_LINE_BYTES and (content := log.read(offset + length, 1 << 16)):
        if end := content.find(b"\n") + 1:
            return length + end
        length += len(content)
    return None


def cut_piece(log: OpenLog, offset: int, limit: int, *, is_closed: bool, gap: str | None = None) -> FeedPiece | None:
    """Return whole lines from an offset: up to the line with which they reach `limit` bytes, or to the last one there.

    `is_closed`: nobody writes into the file any more, so its last line needs no line end.
    """
    content = log.read(offset, limit)
    is_full = len(content) >= limit
    while is_full and not content.endswith(b"\n"):
        more = log.read(offset + len(content), min(limit, 1 << 16))
        length = more.find(b"\n") + 1
        content += more[:length] if length else more
        is_full = bool(more)
        if len(content) > limit + LONGEST_LINE_BYTES:
            raise DamagedInput(
                f"{log.path}: a line of more than {LONGEST_LINE_BYTES >> 20} MiB at {offset + limit}",
                hint="it is no log; move it away, and the feed goes on with the next file",
            )
    if not is_full and not is_closed:
        content = content[: content.rfind(b"\n") + 1]
    if not content:
        return None
    end = PartEnd.SIZE if is_full else PartEnd.END_OF_FILE if is_closed else PartEnd.NO_MORE_BYTES
    return FeedPiece(content, log.path, offset, compute_place_after(log.file_id, offset, content), end, gap)
