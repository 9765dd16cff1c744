"""Compute the digests of a list file while its pieces are read."""

from __future__ import annotations

import hashlib
import threading

_LARGE_BYTES = 1 << 18
"""A smaller piece is hashed sooner than another thread takes it."""


class ListDigests:
    """SHA-256 and BLAKE2b-512 of the pieces so far. A large one is hashed by a thread, while the caller reads it.

    At most one piece is held. `finish` or `abandon` ends the thread.
    """

    def __init__(self) -> None:
        self._sha256, self._blake2b = hashlib.sha256(), hashlib.blake2b()
        self._piece: bytes | None = None
        self._given, self._taken = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._thread is None and len(piece) >= _LARGE_BYTES:
            self._given.acquire()
            self._thread = threading.Thread(target=self._work, name="digests of a list", daemon=True)
            self._thread.start()
        if self._thread is None:
            self._hash(piece)
        else:
            self._give(piece)

    def finish(self) -> None:
        """Wait until all pieces are hashed."""
        if self._thread is not None:
            self._give(None)
            self._thread.join()
            self._thread = None
            self._given.release()
            self._taken.release()

    def abandon(self) -> None:
        """End the thread without waiting for it: nobody asks for the digests."""
        self._piece = None
        if self._thread is not None and self._given.locked():
            self._given.release()
        self._thread = None

    def sha256(self) -> str:
        """Return the SHA-256 of all pieces in hex. Call `finish` before."""
        return self._sha256.hexdigest()

    def blake2b(self) -> bytes:
        """Return the BLAKE2b-512 of all pieces. Call `finish` before."""
        return self._blake2b.digest()

    def _give(self, piece: bytes | None) -> None:
        # It is free when the piece before was hashed.
        self._taken.acquire()
        self._piece = piece
        self._given.release()

    def _work(self) -> None:
        while True:
            self._given.acquire()
            piece = self._piece
            if piece is None:
                return
            self._hash(piece)
            self._taken.release()

    def _hash(self, piece: bytes) -> None:
        self._sha256.update(piece)
        self._blake2b.update(piece)
