"""SHA-256 of files while they arrive. After a restart what is there already is hashed again, once."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from hashlib import _Hash

PIECE = 1 << 20
MOST = 256
"""Unfinished digests that are kept in memory."""


class ArrivingDigests:
    """Digests of the beginnings of files, by upload. An upload is appended to by one request at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: OrderedDict[str, tuple[_Hash, int]] = OrderedDict()

    def take(self, upload_id: str, stream: BinaryIO, size_bytes: int) -> _Hash:
        """Return the digest of the first `size_bytes` of a file. It is no longer kept until it is given back."""
        with self._lock:
            digest, hashed = self._begun.pop(upload_id, (hashlib.sha256(), 0))
        if hashed > size_bytes:
            digest, hashed = hashlib.sha256(), 0
        stream.seek(hashed)
        while hashed < size_bytes and (piece := stream.read(min(PIECE, size_bytes - hashed))):
            digest.update(piece)
            hashed += len(piece)
        return digest

    def give_back(self, upload_id: str, digest: _Hash, size_bytes: int) -> None:
        """Keep the digest of the first `size_bytes` of a file."""
        with self._lock:
            self._begun[upload_id] = digest, size_bytes
            while len(self._begun) > MOST:
                self._begun.popitem(last=False)
