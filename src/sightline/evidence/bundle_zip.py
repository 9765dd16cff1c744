"""Write the zip of a bundle in one fixed form, so that every byte of it can be checked (ADR 13)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from hashlib import sha256
from typing import BinaryIO

from sightline.errors import UsageError

LARGEST = (1 << 32) - 1
MOST_FILES = 0xFFFF

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
VERSION, NO_FLAGS, STORED, NO_TIME, FIRST_OF_1980 = 20, 0, 0, 0, 33


class StoredZip:
    """A writer of a zip with stored files, without dates or extensions. The same files give the same bytes.

    Raises UsageError for what needs a zip with extensions: 4 GiB, or 65,535 files.
    """

    def __init__(self, out: BinaryIO) -> None:
        """Write from the start of a file that can be sought in."""
        self._out = out
        self._listing: list[bytes] = []

    def add(self, name: str, parts: Iterable[bytes]) -> str:
        """Write a file from these parts. Return the SHA-256 of its bytes, as 64 hex digits."""
        start, raw_name = self._out.tell(), name.encode("ascii")
        self._out.write(bytes(LOCAL.size) + raw_name)
        digest, crc, size = sha256(), 0, 0
        for part in parts:
            self._out.write(part)
            digest.update(part)
            crc, size = zlib.crc32(part, crc), size + len(part)
        self._check_room()
        fields = (VERSION, NO_FLAGS, STORED, NO_TIME, FIRST_OF_1980, crc, size, size, len(raw_name), 0)
        self._out.seek(start)
        self._out.write(LOCAL.pack(b"PK\3\4", *fields))
        self._out.seek(start + LOCAL.size + len(raw_name) + size)
        self._listing.append(CENTRAL.pack(b"PK\1\2", VERSION, *fields, 0, 0, 0, 0, start) + raw_name)
        return digest.hexdigest()

    def close(self) -> None:
        """Write the zip's directory. The underlying file stays open."""
        listing, count = b"".join(self._listing), len(self._listing)
        self._out.write(listing + END.pack(b"PK\5\6", 0, 0, count, count, len(listing), self._out.tell(), 0))
        self._check_room()

    def _check_room(self) -> None:
        if self._out.tell() > LARGEST or len(self._listing) >= MOST_FILES:
            raise UsageError(
                "a bundle has at most 4 GiB and 65,534 files, and this one would have more",
                hint="make one for each exhibit, or for fewer source addresses",
            )
