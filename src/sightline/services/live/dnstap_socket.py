"""Read dnstap from a UNIX socket into which name servers write, by the Frame Streams protocol.

A part is a frame stream of its own: a start, the frames as they came, and a stop. What a server sends while no watch
reads is lost, as with a pipe.
"""

from __future__ import annotations

import errno
import hashlib
import selectors
import socket
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sightline.errors import Refused, UsageError
from sightline.model import PartEnd
from sightline.services.live.dnstap_url import DnstapUrl
from sightline.services.live.frame_streams import START, STOP, FrameReceiver, NotFrames, build_control_frame
from sightline.services.live.piece import FeedPiece, Start
from sightline.services.live.read_positions import TAIL_BYTES, ReadPosition

MOST_SENDERS = 64
"""Most connections at once: each may hold one unfinished frame."""
READ_BYTES = 1 << 16
LOOK_S = 0.1
"""Seconds after which the thread looks whether it is to end, or has room again."""
LOST_BETWEEN = "what the name servers sent between two watches was not read"
"""The gap before the first part of every watch but the first."""
MOST_REFUSALS = 8
"""Most refusals of senders that one part names. All are counted."""


@dataclass(slots=True)
class DnstapSender:
    """A connection of a name server."""

    connection: socket.socket
    receiver: FrameReceiver = field(default_factory=FrameReceiver)


class DnstapSocket:
    """A socket of our own, read by a thread. `gap`: what is missing before the first part, or None.

    No more than twice the limit is held: then nothing more is read, and the server holds it or drops it.
    """

    has_ended = False

    def __init__(self, url: DnstapUrl, limit: int, stream_id: str, gap: str | None) -> None:
        self.name = str(url)
        self._path, self._limit, self._id = url.path, limit, stream_id
        self._offset, self._taken = 0, 0
        self._frames: deque[bytes] = deque()
        self._bytes, self._refused, self._told = 0, 0, (0, 0)
        self._reasons: list[str] = [] if gap is None else [gap]
        self._lock, self._end = threading.Lock(), threading.Event()
        self._listener = _open_listener(url.path)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name="dnstap", daemon=True)
        self._thread.start()

    def find_starts(self) -> Sequence[Start]:
        """Return nothing: a stream begins with itself."""
        return ()

    def begin(self, start: Start, at_us: int) -> None:
        """Do nothing: there is no start."""

    def read(self) -> FeedPiece | None:
        """Return the frames that are there, up to the limit, as a frame stream."""
        with self._lock:
            taken, size = [], 0
            for frame in self._frames:
                taken.append(frame)
                size += len(frame)
                if size >= self._limit:
                    break
            gap, counts = self._describe_gap(), (len(self._reasons), self._refused)
        if not taken:
            return None
        self._taken, self._told = len(taken), counts
        content = b"".join((build_control_frame(START), *taken, build_control_frame(STOP)))
        tail = content[-TAIL_BYTES:]
        place = ReadPosition(self._id, self._offset + size, len(tail), hashlib.sha256(tail).hexdigest())
        end = PartEnd.SIZE if size >= self._limit else PartEnd.NO_MORE_BYTES
        return FeedPiece(content, self.name, self._offset, place, end, gap)

    def accept(self, piece: FeedPiece) -> None:
        """Go on behind a piece that was registered."""
        with self._lock:
            for _ in range(self._taken):
                self._bytes -= len(self._frames.popleft())
            # What was refused while the piece was registered is told with the next one.
            del self._reasons[: self._told[0]]
            self._refused -= self._told[1]
        self._offset, self._taken = piece.place.offset, 0

    def count_waiting_bytes(self) -> int | None:
        """Return how many bytes were received and not registered. What the servers hold cannot be known."""
        return self._bytes

    def close(self) -> None:
        """End all connections, and take the socket away."""
        self._end.set()
        self._thread.join(5)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()
        self._path.unlink(missing_ok=True)

    def _describe_gap(self) -> str | None:
        more = f"; {self._refused} senders were cut off in all" if self._refused else ""
        return "; ".join(self._reasons) + more if self._reasons else None

    def _serve(self) -> None:
        while not self._end.is_set():
            if self._bytes >= 2 * self._limit:
                self._end.wait(LOOK_S)
                continue
            for key, _ in self._selector.select(LOOK_S):
                if key.data is None:
                    self._greet()
                else:
                    self._take(key.data)

    def _greet(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            if len(self._selector.get_map()) > MOST_SENDERS:
                connection.close()
                self._refuse(f"more than {MOST_SENDERS} senders")
                return
            connection.setblocking(False)
            self._selector.register(connection, selectors.EVENT_READ, DnstapSender(connection))

    def _take(self, sender: DnstapSender) -> None:
        receiver, why = sender.receiver, None
        is_over = False
        try:
            content = sender.connection.recv(READ_BYTES)
            is_over = not content
            receiver.feed(content)
            # A sender that does not take a few bytes is none.
            sender.connection.sendall(receiver.reply)
            receiver.reply = b""
        except (NotFrames, OSError) as error:
            is_over, why = True, f"a sender was cut off: {error}"
        with self._lock:
            self._frames.extend(receiver.frames)
            self._bytes += sum(map(len, receiver.frames))
        receiver.frames = []
        if is_over and why is None and receiver.held_bytes and not receiver.has_ended:
            why = "a sender went away in the middle of a frame"
        if is_over or receiver.has_ended:
            self._drop(sender, why)

    def _drop(self, sender: DnstapSender, why: str | None) -> None:
        self._selector.unregister(sender.connection)
        sender.connection.close()
        if why is not None:
            self._refuse(why)

    def _refuse(self, why: str) -> None:
        with self._lock:
            self._refused += 1
            if len(self._reasons) < MOST_REFUSALS:
                self._reasons.append(why)


def _open_listener(path: Path) -> socket.socket:
    """Return a listening socket. One that nobody listens on any more is taken away first."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() and not _is_alive(path):
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o660)
        listener.listen(MOST_SENDERS)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Refused(
                f"{path} is there already, and another program listens on it", hint="stop it, or name another path"
            ) from None
        raise UsageError(
            f"{path}: {error.strerror or error}", hint="name a path of at most 107 bytes in a folder that is there"
        ) from None
    return listener


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
    return True
