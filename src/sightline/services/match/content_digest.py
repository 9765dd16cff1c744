"""Digests of what a log contains once unpacked, equal for the plain and the packed copy of one log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sightline.model import DAMAGE
from sightline.services.match.engine import Engine
from sightline.services.match.inputs import ChosenExhibit
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.options import DecompressionLimits, ReadOptions

if TYPE_CHECKING:
    from sightline.stages.scan.reference.streams import ByteSource

PIECE_BYTES = 1 << 20
HELD_BYTES = 256 << 20
"""Maximum memory for formats that only the engine can unpack (zstd, zip)."""


class DigestScope(Enum):
    """The content that a digest covers: all of one log, all of an archive, or only a part."""

    LOG = auto()
    ARCHIVE = auto()
    FIRST_MEMBER = auto()
    UNTIL_A_BREAK = auto()
    TOO_LARGE = auto()


@dataclass(frozen=True, slots=True)
class Content:
    """The unpacked bytes of an exhibit. `beginnings`: digests of their first bytes, by length."""

    kind: DigestScope
    size_bytes: int
    sha256: str
    beginnings: dict[int, str]


class Digest:
    """SHA-256 of a stream, and of its beginnings of the given lengths."""

    def __init__(self, lengths: Iterable[int]) -> None:
        self._digest, self.size_bytes = hashlib.sha256(), 0
        self._lengths = sorted(set(lengths), reverse=True)
        self.beginnings: dict[int, str] = {}

    def add(self, piece: bytes) -> None:
        """Add the next bytes."""
        while self._lengths and self._lengths[-1] <= self.size_bytes + len(piece):
            length = self._lengths.pop()
            cut = length - self.size_bytes
            self._update(piece[:cut])
            piece = piece[cut:]
            self.beginnings[length] = self.sha256
        self._update(piece)

    def _update(self, piece: bytes) -> None:
        self._digest.update(piece)
        self.size_bytes += len(piece)

    @property
    def sha256(self) -> str:
        """Return the digest of all bytes so far."""
        return self._digest.hexdigest()


class AsLong:
    """A file at the length that it had when chosen. What is appended while it is read does not count.

    Calls `going_on` before each piece.
    """

    def __init__(self, stream: BinaryIO, size_bytes: int, going_on: Callable[[], None]) -> None:
        self._stream, self._left_bytes, self._going_on = stream, size_bytes, going_on

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        self._going_on()
        piece = self._stream.read(min(size, self._left_bytes))
        self._left_bytes -= len(piece)
        return piece


@dataclass(frozen=True, slots=True)
class Unpacker:
    """Unpacks exhibits to compare their content. Calls `going_on` now and then."""

    engine: Engine
    options: ReadOptions
    limits: DecompressionLimits
    going_on: Callable[[], None] = lambda: None

    def compute_stored_sha256(self, path: Path, size_bytes: int) -> str:
        """Return the SHA-256 of a file as stored, packed or not."""
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            source = AsLong(stream, size_bytes, self.going_on)
            while piece := source.read(PIECE_BYTES):
                digest.update(piece)
        return digest.hexdigest()

    def digest_content(self, exhibit: ChosenExhibit, lengths: Iterable[int] = ()) -> Content:
        """Return the digest of an exhibit's content, and those of its beginnings."""
        # Loaded only where logs begin alike: a match on one log starts without it.
        from sightline.stages.scan.reference.streams import BrokenError  # noqa: PLC0415

        digest = Digest(lengths)
        try:
            kind = self._feed(exhibit, digest.add)
        except BrokenError:
            kind = DigestScope.UNTIL_A_BREAK
        return Content(kind, digest.size_bytes, digest.sha256, digest.beginnings)

    def _feed(self, exhibit: ChosenExhibit, take: Callable[[bytes], None]) -> DigestScope:
        """Unpack as a stream what Python can, and leave the rest to the engine."""
        from sightline.stages.scan.reference import containers, streams, tar  # noqa: PLC0415

        path, size_bytes = exhibit.scan.path, exhibit.size_bytes
        assert path is not None
        assert size_bytes is not None
        budget = streams.Budget(self.limits, size_bytes)
        with path.open("rb") as stream:
            inner: ByteSource | None = AsLong(stream, size_bytes, self.going_on)
            for _ in range(self.limits.nesting + 1):
                assert inner is not None
                source = streams.PrefixedSource(inner, tar.BLOCK_BYTES)
                if containers.ZSTD.match(source.head) or containers.ZIP.match(source.head):
                    return self._feed_held(exhibit, path, take)
                inner = containers.decode_source(source, budget)
                if inner is None:
                    break
            while piece := source.read(streams.PIECE_BYTES):
                take(piece)
        return DigestScope.ARCHIVE if tar.is_header(source.head) else DigestScope.LOG

    def _feed_held(self, exhibit: ChosenExhibit, path: Path, take: Callable[[bytes], None]) -> DigestScope:
        """Digest what the engine unpacks first: everything, if the engine's scan finds no other frame."""
        content, _ = self.engine.read_head(path, b"", self.limits, HELD_BYTES + 1)
        take(content[:HELD_BYTES])
        if len(content) > HELD_BYTES:
            return DigestScope.TOO_LARGE
        program = exhibit.scan.program
        (scanned,), _ = self.engine.scan(
            [replace(exhibit.scan, members=None)], [], self.options, EngineSettings(limits=self.limits)
        )
        if DAMAGE.intersection(scanned.rejects):
            return DigestScope.UNTIL_A_BREAK
        is_all = scanned.frames == self.engine.score_format(program, self.options, content).frames
        return DigestScope.LOG if is_all else DigestScope.FIRST_MEMBER
