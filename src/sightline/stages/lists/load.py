"""Read a list file once: hash, verify and parse the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sightline.model import IndicatorKind, ListId
from sightline.stages.lists import trust
from sightline.stages.lists.junk import JunkNames, load_junk_names
from sightline.stages.lists.list_digests import ListDigests
from sightline.stages.lists.model import FlagList, Indicator, RowBatch, RowReject, Statement
from sightline.stages.lists.readers import read_batches
from sightline.stages.lists.row_statements import parse_statement
from sightline.stages.lists.signature import PublicKey


class HashedStream(io.RawIOBase):
    """Passes a list's bytes on and hashes them, so that the parsed bytes are the verified ones."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digests = ListDigests()
        self.size_bytes = 0

    def readable(self) -> bool:
        """Return True, as io requires."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Pass on and hash the next bytes, and return their number."""
        piece = self._stream.read(len(buffer))
        self._digests.update(piece)
        self.size_bytes += len(piece)
        buffer[: len(piece)] = piece
        return len(piece)

    def finish(self) -> None:
        """Read the rest, so that the digests cover the whole file."""
        while self.read(1 << 20):
            pass
        self._digests.finish()

    def close(self) -> None:
        """End the digests' thread where the reading ended early."""
        self._digests.abandon()
        super().close()

    @property
    def list_id(self) -> ListId:
        """Return the SHA-256 of the bytes read, in hex. Call `finish` before."""
        return ListId(self._digests.sha256)

    @property
    def prehash(self) -> bytes:
        """Return the BLAKE2b-512 of the bytes read. Call `finish` before."""
        return self._digests.blake2b


def load_list(
    path: Path,
    keys: Sequence[PublicKey] | None,
    now: datetime,
    digest_key: bytes | None = None,
    *,
    may_have_expired: bool = False,
    watch: Callable[[int], None] = lambda _bytes: None,
) -> FlagList:
    """Load the list at `path` into memory. `keys` None requires no signature (for a check, not a scan).

    Raises UntrustedList as `trust.verify_unexpired` does, UsageError for a file that is no list, DamagedInput for a
    truncated one. `watch` is called with the bytes read so far.
    """
    with path.open("rb") as stream:
        hashed = HashedStream(stream)
        junk = replace(load_junk_names(), digest_key=digest_key)
        result = _watch_batches(
            read_batches(io.BufferedReader(hashed, 1 << 16), str(path)), lambda: watch(hashed.size_bytes)
        )
        indicators, rejects = gather_indicators(result, junk)
        hashed.finish()
    signature = None
    if keys is not None:
        minisig = trust.read_signature_text(path)
        if may_have_expired:
            signature = trust.verify_genuine(hashed.prehash, minisig, keys, str(path))
        else:
            signature = trust.verify_unexpired(hashed.prehash, minisig, keys, now, str(path))
    return FlagList(str(path), hashed.list_id, signature, indicators, rejects)


def _watch_batches(row_batches: Iterable[RowBatch], tell: Callable[[], None]) -> Iterator[RowBatch]:
    for batch in row_batches:
        yield batch
        tell()


def gather_indicators(
    row_batches: Iterable[RowBatch], junk: JunkNames
) -> tuple[tuple[Indicator, ...], tuple[RowReject, ...]]:
    """Return indicators by kind and canonical value, and rejects by line.

    Equal statements of an indicator are stored once.
    """
    # Most indicators have one statement, and most of those are equal: each is stored once.
    shared: dict[Statement, tuple[Statement, ...]] = {}
    several: dict[tuple[IndicatorKind, str], dict[Statement, None]] = {}
    statements: dict[tuple[IndicatorKind, str], tuple[Statement, ...]] = {}
    rejects: list[RowReject] = []
    for batch in row_batches:
        bad: list[RowReject] = []
        for row in batch.rows:
            read = parse_statement(row, junk)
            if isinstance(read, RowReject):
                bad.append(read)
                continue
            kind, value, declared = read
            alone = shared.setdefault(declared, (declared,))
            first = statements.setdefault((kind, value), alone)
            if first is not alone:
                several.setdefault((kind, value), dict.fromkeys(first)).setdefault(declared)
        rejects += batch.list_all_rejects(bad)
    statements.update((key, tuple(declared)) for key, declared in several.items())
    indicators = tuple(Indicator(*key, statements.pop(key)) for key in sorted(statements))
    return indicators, tuple(sorted(rejects, key=lambda reject: reject.line))
