"""Compute the digests of a list file while its pieces are read."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from queue import Full, Queue

_LARGE_BYTES = 1 << 18
"""A smaller piece is hashed sooner than another thread takes it."""
_MOST_PIECES = 8
"""Pieces that wait. With one, each thread waits for the other on a busy machine."""


class ListDigests:
    """SHA-256 and BLAKE2b-512 of the pieces so far. Large ones are hashed by a thread, while the caller reads them.

    At most eight pieces are held. `finish` or `abandon` ends the thread.
    """

    def __init__(self) -> None:
        self._sha256, self._blake2b = hashlib.sha256(), hashlib.blake2b()
        self._pieces: Queue[bytes | None] = Queue(_MOST_PIECES)
        self._thread: threading.Thread | None = None
        self._is_abandoned = False

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._thread is None and len(piece) >= _LARGE_BYTES:
            self._thread = threading.Thread(target=self._hash_pieces, name="digests of a list", daemon=True)
            self._thread.start()
        if self._thread is None:
            self._hash(piece)
        else:
            self._pieces.put(piece)

    def finish(self) -> None:
        """Wait until all pieces are hashed."""
        if self._thread is not None:
            self._pieces.put(None)
            self._thread.join()
            self._thread = None

    def abandon(self) -> None:
        """End the thread without waiting for it: nobody asks for the digests."""
        self._is_abandoned = True
        with suppress(Full):
            self._pieces.put_nowait(None)
        self._thread = None

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of all pieces in hex. Call `finish` before."""
        return self._sha256.hexdigest()

    @property
    def blake2b(self) -> bytes:
        """Return the BLAKE2b-512 of all pieces. Call `finish` before."""
        return self._blake2b.digest()

    def _hash_pieces(self) -> None:
        while (piece := self._pieces.get()) is not None and not self._is_abandoned:
            self._hash(piece)

    def _hash(self, piece: bytes) -> None:
        self._sha256.update(piece)
        self._blake2b.update(piece)
